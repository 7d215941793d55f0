/* Answers whose bytes come through a pipe, from a thread that writes as slowly as it likes. */
#include "web.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { FILE_BYTES = 3000000, STEP = 4096 };

struct fixture {
    struct cm_http_server *server;
    unsigned port;
    char *bytes;
    pthread_t writer;
    struct cm_http_wanted wanted;
    int to_fd;
    bool has_writer;
    size_t gives_up_after; /* bytes; 0: never */
    atomic_bool goes_on;   /* false: the writer waits after its first step */
    atomic_bool broke;     /* nobody reads any more */
};

static void *write_it(void *ctx)
{
    struct fixture *fx = ctx;
    size_t done = 0, end = fx->gives_up_after ? fx->gives_up_after : fx->wanted.len;

    while (done < end && !atomic_load(&fx->broke)) {
        size_t len = end - done < STEP ? end - done : STEP;
        ssize_t put = write(fx->to_fd, fx->bytes + fx->wanted.from + done, len);

        if (put < 0)
            atomic_store(&fx->broke, true);
        done += put > 0 ? (size_t)put : 0;
        while (!atomic_load(&fx->goes_on))
            sched_yield(); /* ctest's deadline is this one's */
    }
    close(fx->to_fd);
    return NULL;
}

static void reply_pipe(struct cm_http_request *rq, void *ctx)
{
    struct fixture *fx = ctx;

    if (!cm_http_want_part(rq, FILE_BYTES, "\"v1\"", &fx->wanted))
        return;
    fx->to_fd = cm_http_reply_pipe(rq, &fx->wanted, "audio/mpeg");
    fx->has_writer = fx->to_fd >= 0;
    if (fx->has_writer)
        assert_int_equal(pthread_create(&fx->writer, NULL, write_it, fx), 0);
}

static const struct cm_http_route routes[] = {
    { "GET", "/file", reply_pipe, CM_HTTP_INLINE, 0 },
    { 0 },
};

static int start(void **state)
{
    static struct fixture fx;

    signal(SIGPIPE, SIG_IGN);
    fx = (struct fixture){ .bytes = test_malloc(FILE_BYTES) };
    atomic_store(&fx.goes_on, true);
    for (size_t i = 0; i < FILE_BYTES; i++)
        fx.bytes[i] = (char)(i * 2654435761u >> 24);
    fx.server = serve((struct cm_http_options){ .routes = routes, .ctx = &fx });
    fx.port = cm_http_server_port(fx.server);
    *state = &fx;
    return 0;
}

static void join_writer(struct fixture *fx)
{
    if (fx->has_writer)
        pthread_join(fx->writer, NULL);
    fx->has_writer = false;
}

static int stop(void **state)
{
    struct fixture *fx = *state;

    atomic_store(&fx->goes_on, true);
    if (fx->server)
        cm_http_server_free(fx->server);
    join_writer(fx);
    test_free(fx->bytes);
    return 0;
}

static struct answer get(struct fixture *fx, const char *headers)
{
    char request[500];

    snprintf(request, sizeof request, "GET /file HTTP/1.1\r\nHost: x\r\n%s\r\n", headers);
    return ask(fx->port, request);
}

static void assert_bytes(struct fixture *fx, struct answer *a, unsigned status, size_t from,
                         size_t len)
{
    assert_int_equal(a->status, status);
    assert_true(a->whole);
    assert_int_equal(a->body.len, len);
    assert_memory_equal(a->body.at, fx->bytes + from, len);
    answer_finish(a);
    join_writer(fx);
}

static void all_of_it_and_a_part_of_it_come_with_their_length(void **state)
{
    struct fixture *fx = *state;
    struct answer a = get(fx, "");

    assert_string_equal(answer_header(&a, "Content-Length"), "3000000");
    assert_string_equal(answer_header(&a, "ETag"), "\"v1\"");
    assert_bytes(fx, &a, 200, 0, FILE_BYTES);
    a = get(fx, "Range: bytes=100-2000099\r\n");
    assert_string_equal(answer_header(&a, "Content-Range"), "bytes 100-2000099/3000000");
    assert_bytes(fx, &a, 206, 100, 2000000);
}

static void nobody_writes_where_no_bytes_are_wanted(void **state)
{
    static const struct {
        const char *request;
        unsigned status;
    } cases[] = {
        { "HEAD /file HTTP/1.1\r\nHost: x\r\n\r\n", 200 },
        { "GET /file HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"v1\"\r\n\r\n", 304 },
        { "GET /file HTTP/1.1\r\nHost: x\r\nRange: bytes=3000000-\r\n\r\n", 416 },
    };
    struct fixture *fx = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer peer = peer_dial(fx->port);
        struct answer a;

        peer_say(&peer, cases[i].request);
        a = peer_hear_head(&peer);
        assert_int_equal(a.status, cases[i].status);
        assert_false(fx->has_writer);
        if (i == 0)
            assert_string_equal(answer_header(&a, "Content-Length"), "3000000");
        answer_finish(&a);
        peer_close(&peer);
    }
}

static void an_end_that_comes_too_early_ends_the_connection(void **state)
{
    struct fixture *fx = *state;
    struct answer a;

    fx->gives_up_after = 1000000;
    a = get(fx, "");
    assert_int_equal(a.status, 200);
    assert_false(a.whole);
    answer_finish(&a);
}

static void a_client_that_leaves_breaks_the_pipe(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);
    struct answer a;

    atomic_store(&fx->goes_on, false); /* or the sockets may have taken all of it by then */
    peer_say(&peer, "GET /file HTTP/1.1\r\nHost: x\r\n\r\n");
    a = peer_hear_head(&peer);
    assert_int_equal(a.status, 200);
    answer_finish(&a);
    peer_close(&peer);
    atomic_store(&fx->goes_on, true);
    join_writer(fx);
    assert_true(atomic_load(&fx->broke));
}

static void a_server_that_stops_does_not_wait_for_the_writer(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);
    int64_t began_ms = cm_mono_ms();
    struct answer a;

    atomic_store(&fx->goes_on, false);
    peer_say(&peer, "GET /file HTTP/1.1\r\nHost: x\r\n\r\n");
    a = peer_hear_head(&peer);
    assert_int_equal(a.status, 200);
    answer_finish(&a);
    cm_http_server_free(CM_STEAL(fx->server));
    assert_true(cm_mono_ms() - began_ms < WAIT_MS);
    assert_true(peer_hear_end(&peer, WAIT_MS));
    peer_close(&peer);
    atomic_store(&fx->goes_on, true);
    join_writer(fx);
    assert_true(atomic_load(&fx->broke));
}

int main(void)
{
#define PIPE_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        PIPE_TEST(all_of_it_and_a_part_of_it_come_with_their_length),
        PIPE_TEST(nobody_writes_where_no_bytes_are_wanted),
        PIPE_TEST(an_end_that_comes_too_early_ends_the_connection),
        PIPE_TEST(a_client_that_leaves_breaks_the_pipe),
        PIPE_TEST(a_server_that_stops_does_not_wait_for_the_writer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
