/* Streams: what is put arrives at once, to many clients; who leaves or lags is noticed. */
#include "web.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "until.h"

enum { STREAMS_MAX = 600, QUEUE_BYTES = 65536, EVENT_BYTES = 16384, DEADLINE_MS = 1000 };

/* The streams of the one loop, touched by its thread only; tests reach them by posting. */
struct fixture {
    struct cm_http_server *server;
    unsigned port;
    struct cm_loop *loop;
    struct cm_http_stream *streams[STREAMS_MAX];
    size_t count;
    atomic_int open, gone, refused;
};

struct place {
    struct fixture *fx;
    size_t i;
};

static void on_gone(void *ctx)
{
    struct place *place = ctx;

    place->fx->streams[place->i] = NULL;
    atomic_fetch_add(&place->fx->gone, 1);
    atomic_fetch_sub(&place->fx->open, 1);
}

static void open_stream(struct cm_http_request *rq, void *ctx)
{
    struct fixture *fx = ctx;
    struct place *place = CM_NEW(cm_http_arena(rq), struct place); /* lives as long as the stream */

    place->fx = fx;
    place->i = fx->count++;
    fx->streams[place->i] =
        cm_http_reply_stream(rq, "text/event-stream", QUEUE_BYTES, on_gone, place);
    atomic_fetch_add(&fx->open, 1);
}

static void end_all(struct cm_http_request *rq, void *ctx)
{
    struct fixture *fx = ctx;

    for (size_t i = 0; i < fx->count; i++)
        if (fx->streams[i])
            cm_http_stream_end(fx->streams[i]);
    cm_http_reply_empty(rq, 204);
}

/* Puts the body into every stream. */
static void put_all(struct cm_http_request *rq, void *ctx)
{
    struct fixture *fx = ctx;

    for (size_t i = 0; i < fx->count; i++)
        if (fx->streams[i] && !cm_http_stream_put(fx->streams[i], cm_http_body(rq)))
            atomic_fetch_add(&fx->refused, 1);
    cm_http_reply_empty(rq, 204);
}

static const struct cm_http_route routes[] = {
    { "GET", "/events", open_stream, CM_HTTP_INLINE, 0 },
    { "POST", "/end", end_all, CM_HTTP_INLINE, 0 },
    { "POST", "/put", put_all, CM_HTTP_INLINE, 100000 },
    { 0 },
};

static int start_with(void **state, struct cm_http_options options)
{
    static struct fixture fx;

    fx.count = 0;
    atomic_store(&fx.open, 0);
    atomic_store(&fx.gone, 0);
    atomic_store(&fx.refused, 0);
    options.routes = routes;
    options.ctx = &fx;
    fx.server = serve(options);
    fx.port = cm_http_server_port(fx.server);
    *state = &fx;
    return 0;
}

static int start(void **state)
{
    return start_with(state, (struct cm_http_options){ 0 });
}

static int start_hasty(void **state)
{
    return start_with(state, (struct cm_http_options){ .idle_ms = DEADLINE_MS,
                                                       .request_deadline_ms = DEADLINE_MS });
}

static int stop(void **state)
{
    struct fixture *fx = *state;

    cm_http_server_free(fx->server);
    return 0;
}

static struct peer listen_to(struct fixture *fx)
{
    struct peer peer = peer_dial(fx->port);
    struct answer a;

    peer_say(&peer, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    a = peer_hear_head(&peer);
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_header(&a, "Content-Type"), "text/event-stream");
    return peer;
}

static void put(struct fixture *fx, const char *text)
{
    char request[500];

    snprintf(request, sizeof request,
             "POST /put HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s", strlen(text), text);
    assert_int_equal(ask_status(fx->port, request), 204);
}

static void what_is_put_arrives_at_once(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = listen_to(fx);

    for (int i = 0; i < 100; i++) {
        char text[40];

        snprintf(text, sizeof text, "data: %d\n\n", i);
        put(fx, text);
        assert_true(peer_hear_text(&peer, text, WAIT_MS));
    }
    peer_close(&peer);
    until(atomic_load(&fx->gone) == 1);
}

static void a_silent_stream_outlives_every_limit_of_requests(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = listen_to(fx);

    assert_false(peer_hear_end(&peer, 3 * DEADLINE_MS));
    put(fx, "still here");
    assert_true(peer_hear_text(&peer, "still here", WAIT_MS));
    peer_close(&peer);
}

static void a_client_that_leaves_is_noticed_though_nothing_is_sent(void **state)
{
    struct fixture *fx = *state;
    struct peer peers[20];

    for (int i = 0; i < 20; i++)
        peers[i] = listen_to(fx);
    until(atomic_load(&fx->open) == 20);
    for (int i = 0; i < 20; i++)
        peer_close(&peers[i]);
    until(atomic_load(&fx->gone) == 20);
    until(atomic_load(&fx->open) == 0);
}

static void a_stream_that_is_ended_ends_properly(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = listen_to(fx);

    put(fx, "last words");
    assert_int_equal(ask_status(fx->port, "POST /end HTTP/1.1\r\nHost: x\r\n\r\n"), 204);
    assert_true(peer_hear_text(&peer, "last words", WAIT_MS));
    assert_true(peer_hear_text(&peer, "\r\n0\r\n\r\n", WAIT_MS));
    until(atomic_load(&fx->gone) == 1);
    peer_close(&peer);
}

static void a_client_that_reads_too_slowly_is_ended_and_others_are_not(void **state)
{
    struct fixture *fx = *state;
    struct peer slow = listen_to(fx), quick = listen_to(fx);
    CM_OWN_BUF struct cm_buf request = { 0 };
    struct peer putter = peer_dial(fx->port);

    cm_buf_printf(&request,
                  "POST /put HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%0*dend of event\n\n",
                  EVENT_BYTES, EVENT_BYTES - 14, 0);
    for (int i = 0; i < 2000 && atomic_load(&fx->gone) == 0; i++) {
        struct answer a;

        peer_say_bytes(&putter, request.at, request.len);
        a = peer_hear(&putter);
        assert_int_equal(a.status, 204);
        assert_true(peer_hear_text(&quick, "end of event\n\n\r\n", WAIT_MS));
    }
    until(atomic_load(&fx->gone) == 1);
    assert_int_equal(atomic_load(&fx->refused), 1);
    put(fx, "for the quick");
    assert_true(peer_hear_text(&quick, "for the quick", WAIT_MS));
    peer_close(&slow);
    peer_close(&quick);
    peer_close(&putter);
}

static void hundreds_of_streams_all_get_everything(void **state)
{
    struct fixture *fx = *state;
    struct peer peers[500];

    for (int i = 0; i < 500; i++)
        peers[i] = listen_to(fx);
    for (int round = 0; round < 20; round++) {
        char text[40];

        snprintf(text, sizeof text, "data: round %d\n\n", round);
        put(fx, text);
        for (int i = 0; i < 500; i++)
            assert_true(peer_hear_text(&peers[i], text, WAIT_MS));
    }
    for (int i = 0; i < 500; i++)
        peer_close(&peers[i]);
    until(atomic_load(&fx->gone) == 500);
}

static void streams_end_when_the_server_stops(void **state)
{
    struct fixture *fx = *state;
    struct peer peers[10];

    for (int i = 0; i < 10; i++)
        peers[i] = listen_to(fx);
    put(fx, "bye");
    cm_http_server_stop(fx->server, WAIT_MS);
    assert_int_equal(atomic_load(&fx->gone), 10);
    for (int i = 0; i < 10; i++) {
        assert_true(peer_hear_text(&peers[i], "bye", WAIT_MS));
        assert_true(peer_hear_end(&peers[i], WAIT_MS));
        peer_close(&peers[i]);
    }
}

static void streams_are_gone_after_a_stop_without_grace(void **state)
{
    struct fixture *fx = *state;
    struct peer peers[10];

    for (int i = 0; i < 10; i++)
        peers[i] = listen_to(fx);
    cm_http_server_stop(fx->server, 0);
    assert_int_equal(atomic_load(&fx->gone), 10);
    for (int i = 0; i < 10; i++)
        peer_close(&peers[i]);
}

#define STREAM_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STREAM_TEST(what_is_put_arrives_at_once),
        cmocka_unit_test_setup_teardown(a_silent_stream_outlives_every_limit_of_requests,
                                        start_hasty, stop),
        STREAM_TEST(a_client_that_leaves_is_noticed_though_nothing_is_sent),
        STREAM_TEST(a_stream_that_is_ended_ends_properly),
        STREAM_TEST(a_client_that_reads_too_slowly_is_ended_and_others_are_not),
        STREAM_TEST(hundreds_of_streams_all_get_everything),
        STREAM_TEST(streams_end_when_the_server_stops),
        STREAM_TEST(streams_are_gone_after_a_stop_without_grace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
