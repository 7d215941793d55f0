/* Clients that take their time: each way of holding a connection has its end, and the others are
 * served meanwhile.
 */
#include "web.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "until.h"

enum { DEADLINE_MS = 1000, PATIENT_MS = 8000, SLOW = 1200 };

struct fixture {
    struct cm_http_server *server;
    struct cm_metrics *metrics;
    unsigned port;
};

static void reply_hello(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_http_reply(rq, 200, "text/plain", CM_STR("hello"));
}

static void reply_much(struct cm_http_request *rq, void *ctx)
{
    enum { MUCH = 32 * 1024 * 1024 };
    struct cm_buf body = { 0 };

    (void)ctx;
    memset(cm_buf_reserve(&body, MUCH), 'm', MUCH);
    body.len = MUCH;
    cm_http_reply_buf(rq, 200, "text/plain", &body);
}

static void reply_after_a_while(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_pause_ms(2 * DEADLINE_MS); /* the work itself is what takes long here */
    cm_http_reply(rq, 200, "text/plain", CM_STR("done"));
}

static const struct cm_http_route routes[] = {
    { "GET", "/", reply_hello, CM_HTTP_INLINE, 0 },
    { "POST", "/", reply_hello, CM_HTTP_INLINE, 100000 },
    { "GET", "/much", reply_much, CM_HTTP_INLINE, 0 },
    { "GET", "/work", reply_after_a_while, CM_HTTP_WORKER, 0 },
    { 0 },
};

static int start_with(void **state, struct cm_http_options options)
{
    static struct fixture fx;

    fx.metrics = cm_metrics_new();
    options.routes = routes;
    options.metrics = fx.metrics;
    options.workers = 1;
    fx.server = serve(options);
    fx.port = cm_http_server_port(fx.server);
    *state = &fx;
    return 0;
}

static int start(void **state)
{
    return start_with(state, (struct cm_http_options){ .request_deadline_ms = DEADLINE_MS,
                                                       .idle_ms = DEADLINE_MS });
}

static int start_patient(void **state)
{
    return start_with(
        state, (struct cm_http_options){ .request_deadline_ms = PATIENT_MS, .idle_ms = WAIT_MS });
}

static int start_small(void **state)
{
    return start_with(state, (struct cm_http_options){ .connections_max = 10,
                                                       .request_deadline_ms = DEADLINE_MS,
                                                       .idle_ms = 60 * 1000 });
}

static int stop(void **state)
{
    struct fixture *fx = *state;

    cm_http_server_free(fx->server);
    cm_metrics_free(fx->metrics);
    return 0;
}

static int64_t refused(struct fixture *fx, const char *labels)
{
    return cm_metric_value(cm_counter(fx->metrics, "callmill_http_refused_total", "", labels));
}

static void wait_for_connections(struct fixture *fx, int64_t want)
{
    struct cm_metric *open = cm_gauge(fx->metrics, "callmill_http_connections", "", NULL);

    until(cm_metric_value(open) == want);
}

/* Says the text byte by byte, its last one again and again, until the server has enough of it. */
static void drip_until_408(struct peer *peer, const char *text)
{
    int64_t until_ms = cm_mono_ms() + WAIT_MS;
    bool heard = false;

    while (!heard && cm_mono_ms() < until_ms) {
        peer_try_say(peer, text, 1);
        text += text[1] ? 1 : 0;
        heard = peer_hear_text(peer, "HTTP/1.1 408 ", 50);
    }
    assert_true(heard);
}

static void a_request_that_drips_is_answered_408_at_the_deadline(void **state)
{
    struct fixture *fx = *state;
    int64_t began_ms = cm_mono_ms();
    struct peer peer = peer_dial(fx->port);

    drip_until_408(&peer, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: a");
    assert_in_range(cm_mono_ms() - began_ms, DEADLINE_MS, WAIT_MS);
    assert_true(peer_hear_end(&peer, WAIT_MS));
    assert_int_equal(refused(fx, "reason=\"deadline\""), 1);
    peer_close(&peer);
}

static void the_deadline_holds_for_the_second_request_too(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);
    struct answer a;

    peer_say(&peer, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    a = peer_hear(&peer);
    assert_int_equal(a.status, 200);
    answer_finish(&a);
    drip_until_408(&peer, "G");
    peer_close(&peer);
}

static void an_idle_connection_is_closed_without_a_word(void **state)
{
    struct fixture *fx = *state;
    int64_t began_ms = cm_mono_ms();
    struct peer peer = peer_dial(fx->port);

    assert_false(peer_hear_text(&peer, "HTTP", WAIT_MS));
    assert_in_range(cm_mono_ms() - began_ms, DEADLINE_MS, WAIT_MS - 1);
    peer_close(&peer);
}

static void work_may_take_longer_than_every_limit(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(ask_status(fx->port, "GET /work HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
}

static void a_client_that_does_not_read_its_answer_is_ended(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);

    peer_say(&peer, "GET /much HTTP/1.1\r\nHost: x\r\n\r\n");
    until(refused(fx, "reason=\"slow_reader\"") == 1);
    wait_for_connections(fx, 0);
    peer_close(&peer);
}

static void a_client_that_reads_steadily_gets_all_of_a_long_answer(void **state)
{
    struct fixture *fx = *state;
    struct answer a = ask(fx->port, "GET /much HTTP/1.1\r\nHost: x\r\n\r\n");

    assert_true(a.whole);
    assert_int_equal(a.body.len, 32 * 1024 * 1024);
    answer_finish(&a);
}

static void connections_over_the_cap_are_told_503_and_freed_ones_serve_again(void **state)
{
    struct fixture *fx = *state;
    struct peer idle[10], extra;
    struct answer a;

    for (int i = 0; i < 10; i++) {
        idle[i] = peer_dial(fx->port);
        peer_say(&idle[i], "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        a = peer_hear(&idle[i]);
        assert_int_equal(a.status, 200);
        answer_finish(&a);
    }
    extra = peer_dial(fx->port);
    a = peer_hear(&extra);
    assert_int_equal(a.status, 503);
    assert_string_equal(answer_header(&a, "Retry-After"), "1");
    answer_finish(&a);
    peer_close(&extra);
    assert_int_equal(refused(fx, "reason=\"connections\""), 1);

    for (int i = 0; i < 10; i++)
        peer_close(&idle[i]);
    until(ask_status(fx->port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") == 200);
}

/* Half of them drip their headers and half their bodies while others are served. */
struct drips {
    struct peer peers[SLOW];
    atomic_bool stop;
    unsigned port;
};

static void *drip(void *ctx)
{
    struct drips *drips = ctx;

    while (!atomic_load(&drips->stop)) {
        for (int i = 0; i < SLOW; i++)
            peer_try_say(&drips->peers[i], "x", 1);
        cm_pause_ms(50);
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return (*(const int64_t *)a > *(const int64_t *)b) -
           (*(const int64_t *)a < *(const int64_t *)b);
}

static void many_slow_clients_do_not_keep_others_waiting(void **state)
{
    static struct drips drips;
    static int64_t took_us[2000];
    struct fixture *fx = *state;
    struct rlimit files = { 0 };
    pthread_t thread;
    int64_t began_ms;
    size_t n = 0;

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    for (int i = 0; i < SLOW; i++)
        drips.peers[i] = peer_dial(fx->port);
    wait_for_connections(fx, SLOW);
    for (int i = 0; i < SLOW; i++)
        peer_say(&drips.peers[i], i % 2
                                      ? "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n"
                                      : "GET / HTTP/1.1\r\nHost: x\r\nX: ");
    assert_int_equal(pthread_create(&thread, NULL, drip, &drips), 0);
    began_ms = cm_mono_ms();
    for (; n < 2000 && (n <= 20 || cm_mono_ms() - began_ms < 1000); n++) {
        int64_t from_us = cm_now_us();

        assert_int_equal(ask_status(fx->port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
        took_us[n] = cm_now_us() - from_us;
    }
    wait_for_connections(fx, SLOW); /* all that time */
    for (int i = 0; i < SLOW; i++)
        assert_true(peer_hear_end(&drips.peers[i], WAIT_MS));
    assert_in_range(cm_mono_ms() - began_ms, 0, PATIENT_MS + WAIT_MS);
    atomic_store(&drips.stop, true);
    pthread_join(thread, NULL);
    for (int i = 0; i < SLOW; i++)
        peer_close(&drips.peers[i]);

    qsort(took_us, n, sizeof took_us[0], compare);
    print_message("beside %d slow clients: %zu requests, median %lld us, 99 %% within %lld us\n",
                  SLOW, n, (long long)took_us[n / 2], (long long)took_us[n * 99 / 100]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_that_drips_is_answered_408_at_the_deadline, start,
                                        stop),
        cmocka_unit_test_setup_teardown(the_deadline_holds_for_the_second_request_too, start, stop),
        cmocka_unit_test_setup_teardown(an_idle_connection_is_closed_without_a_word, start, stop),
        cmocka_unit_test_setup_teardown(work_may_take_longer_than_every_limit, start, stop),
        cmocka_unit_test_setup_teardown(a_client_that_does_not_read_its_answer_is_ended, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_client_that_reads_steadily_gets_all_of_a_long_answer,
                                        start_patient, stop),
        cmocka_unit_test_setup_teardown(
            connections_over_the_cap_are_told_503_and_freed_ones_serve_again, start_small, stop),
        cmocka_unit_test_setup_teardown(many_slow_clients_do_not_keep_others_waiting, start_patient,
                                        stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
