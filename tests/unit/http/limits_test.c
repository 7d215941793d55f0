/* What is over a bound: bodies, headers, requests that wait for a worker. */
#include "web.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "until.h"

enum { ENDLESS = 67108864 };

struct fixture {
    struct cm_http_server *server;
    struct cm_metrics *metrics;
    unsigned port;
    pthread_mutex_t gate; /* held by a test: workers wait at it */
};

static void reply_hello(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_http_reply(rq, 200, "text/plain", CM_STR("hello"));
}

static void wait_at_gate(struct cm_http_request *rq, void *ctx)
{
    struct fixture *fx = ctx;

    pthread_mutex_lock(&fx->gate);
    pthread_mutex_unlock(&fx->gate);
    cm_http_reply(rq, 200, "text/plain", CM_STR("passed"));
}

static const struct cm_http_route routes[] = {
    { "GET", "/", reply_hello, CM_HTTP_INLINE, 0 },
    { "POST", "/calls/{id}", reply_hello, CM_HTTP_INLINE, 1000 },
    { "GET", "/gate", wait_at_gate, CM_HTTP_WORKER, 0 },
    { 0 },
};

static int start(void **state)
{
    static struct fixture fx;

    fx = (struct fixture){ .metrics = cm_metrics_new() };
    pthread_mutex_init(&fx.gate, NULL);
    fx.server = serve((struct cm_http_options){
        .routes = routes, .ctx = &fx, .workers = 1, .queue_max = 2, .metrics = fx.metrics });
    fx.port = cm_http_server_port(fx.server);
    *state = &fx;
    return 0;
}

static int stop(void **state)
{
    struct fixture *fx = *state;

    cm_http_server_free(fx->server);
    cm_metrics_free(fx->metrics);
    pthread_mutex_destroy(&fx->gate);
    return 0;
}

static void a_full_queue_of_workers_is_503_with_retry_after(void **state)
{
    struct fixture *fx = *state;
    struct cm_metric *refused =
        cm_counter(fx->metrics, "callmill_http_refused_total", "", "reason=\"queue\"");
    struct peer peers[8];
    unsigned ok = 0, busy = 0;

    pthread_mutex_lock(&fx->gate);
    for (int i = 0; i < 8; i++) {
        peers[i] = peer_dial(fx->port);
        peer_say(&peers[i], "GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    until(cm_metric_value(refused) >= 5); /* one is at work, two wait */
    pthread_mutex_unlock(&fx->gate);
    for (int i = 0; i < 8; i++) {
        struct answer a = peer_hear(&peers[i]);

        if (a.status == 200)
            ok++;
        if (a.status == 503 && strcmp(answer_header(&a, "Retry-After"), "1") == 0)
            busy++;
        answer_finish(&a);
        peer_close(&peers[i]);
    }
    assert_int_equal(ok + busy, 8);
    assert_in_range(ok, 2, 3);
}

static void a_client_that_leaves_while_a_worker_has_its_request_harms_nobody(void **state)
{
    struct fixture *fx = *state;

    for (int round = 0; round < 20; round++) {
        struct peer peer = peer_dial(fx->port);

        pthread_mutex_lock(&fx->gate);
        peer_say(&peer, "GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
        peer_close(&peer);
        pthread_mutex_unlock(&fx->gate);
        assert_answer(fx->port, "GET /gate HTTP/1.1\r\nHost: x\r\n\r\n", 200, "passed");
    }
}

static void a_body_over_the_cap_is_413_and_the_next_request_works(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);
    char body[1002];
    struct answer a;

    memset(body, 'x', sizeof body - 1);
    body[1001] = '\0';
    peer_say(&peer, "POST /calls/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
    peer_say(&peer, body);
    a = peer_hear(&peer);
    assert_int_equal(a.status, 413);
    answer_finish(&a);
    peer_say(&peer, "POST /calls/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
    peer_say_bytes(&peer, body, 1000);
    a = peer_hear(&peer);
    assert_int_equal(a.status, 200);
    answer_finish(&a);
    peer_close(&peer);
}

static void a_huge_announced_body_is_refused_before_it_is_sent(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(ask_status(fx->port, "POST /calls/1 HTTP/1.1\r\nHost: x\r\n"
                                          "Content-Length: 99999999999\r\n\r\n"),
                     413);
    assert_int_equal(ask_status(fx->port, "POST /calls/1 HTTP/1.1\r\nHost: x\r\n"
                                          "Content-Length: 2000\r\nExpect: 100-continue\r\n\r\n"),
                     413);
    assert_int_equal(
        ask_status(fx->port, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"), 413);
}

static void an_endless_chunked_body_is_cut(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);
    CM_OWN_BUF struct cm_buf chunk = { 0 };
    size_t sent = 0;

    cm_buf_printf(&chunk, "1000\r\n%04096d\r\n", 0);
    peer_say(&peer, "POST /calls/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (sent < ENDLESS && peer_try_say(&peer, chunk.at, chunk.len))
        sent += chunk.len;
    assert_true(sent < ENDLESS);
    peer_close(&peer);
    assert_answer(fx->port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200, "hello");
}

static void expect_100_continue_is_honoured(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);
    struct answer a;

    peer_say(&peer, "POST /calls/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
                    "Expect: 100-continue\r\n\r\n");
    assert_true(peer_hear_text(&peer, "HTTP/1.1 100 Continue\r\n\r\n", WAIT_MS));
    peer_say(&peer, "abc");
    a = peer_hear(&peer);
    assert_int_equal(a.status, 200);
    answer_finish(&a);
    peer_close(&peer);
}

static void headers_up_to_32_kib_work_and_far_larger_ones_are_431(void **state)
{
    struct fixture *fx = *state;
    struct cm_buf request = { 0 };

    cm_buf_text(&request, "GET / HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; request.len < 31744; i++)
        cm_buf_printf(&request, "X-Header-%d: %0100d\r\n", i, i);
    cm_buf_text(&request, "X-Last: ");
    while (request.len < 32764)
        cm_buf_char(&request, 'x');
    cm_buf_text(&request, "\r\n\r\n");
    assert_int_equal(ask_status(fx->port, request.at), 200);

    cm_buf_clear(&request);
    cm_buf_text(&request, "GET / HTTP/1.1\r\nHost: x\r\nX-Large: ");
    while (request.len < 131072)
        cm_buf_char(&request, 'x');
    assert_int_equal(ask_status(fx->port, request.at), 431);
    cm_buf_finish(&request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_queue_of_workers_is_503_with_retry_after),
        cmocka_unit_test(a_client_that_leaves_while_a_worker_has_its_request_harms_nobody),
        cmocka_unit_test(a_body_over_the_cap_is_413_and_the_next_request_works),
        cmocka_unit_test(a_huge_announced_body_is_refused_before_it_is_sent),
        cmocka_unit_test(an_endless_chunked_body_is_cut),
        cmocka_unit_test(expect_100_continue_is_honoured),
        cmocka_unit_test(headers_up_to_32_kib_work_and_far_larger_ones_are_431),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
