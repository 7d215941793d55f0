/* How a server ends: what was begun is finished within the grace, and nothing is left behind. */
#include "web.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

#include "until.h"

enum { QUEUE_MAX = 5 };

struct fixture {
    struct cm_http_server *server;
    struct cm_metrics *metrics;
    unsigned port;
    pthread_mutex_t gate;            /* held by a test: workers wait at it */
    struct cm_http_request *waiting; /* of the loop's thread */
    sem_t arrived;
    atomic_int closed;
};

static void wait_at_gate(struct cm_http_request *rq, void *ctx)
{
    struct fixture *fx = ctx;

    sem_post(&fx->arrived);
    pthread_mutex_lock(&fx->gate);
    pthread_mutex_unlock(&fx->gate);
    cm_http_reply(rq, 200, "text/plain", CM_STR("worked"));
}

static void wait_for_ever(struct cm_http_request *rq, void *ctx)
{
    struct fixture *fx = ctx;

    fx->waiting = rq;
    sem_post(&fx->arrived);
}

static void reply_hello(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_http_reply(rq, 200, "text/plain", CM_STR("hello"));
}

static void on_loop_close(void *ctx, struct cm_loop *loop, unsigned index)
{
    struct fixture *fx = ctx;

    (void)loop;
    (void)index;
    atomic_fetch_add(&fx->closed, 1);
}

static const struct cm_http_route routes[] = {
    { "GET", "/", reply_hello, CM_HTTP_INLINE, 0 },
    { "GET", "/gate", wait_at_gate, CM_HTTP_WORKER, 0 },
    { "GET", "/waits", wait_for_ever, CM_HTTP_INLINE, 0 },
    { 0 },
};

static int start(void **state)
{
    static struct fixture fx;

    memset(&fx, 0, sizeof fx);
    pthread_mutex_init(&fx.gate, NULL);
    sem_init(&fx.arrived, 0, 0);
    fx.metrics = cm_metrics_new();
    fx.server = serve((struct cm_http_options){ .routes = routes,
                                                .ctx = &fx,
                                                .workers = 1,
                                                .queue_max = QUEUE_MAX,
                                                .metrics = fx.metrics,
                                                .loop_close = on_loop_close });
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
    sem_destroy(&fx->arrived);
    return 0;
}

static struct peer begin(struct fixture *fx, const char *request, int arrivals)
{
    struct peer peer = peer_dial(fx->port);

    peer_say(&peer, request);
    while (arrivals--)
        while (sem_wait(&fx->arrived) != 0)
            ;
    return peer;
}

static void *stop_slowly(void *ctx)
{
    struct fixture *fx = ctx;

    cm_http_server_stop(fx->server, WAIT_MS);
    return NULL;
}

static void *stop_at_once(void *ctx)
{
    struct fixture *fx = ctx;

    cm_http_server_stop(fx->server, 0);
    return NULL;
}

/* Waits until nobody listens any more: the stop is under way. */
static void wait_for_drain(struct peer *idle)
{
    assert_true(peer_hear_end(idle, WAIT_MS));
}

static void what_is_at_work_is_finished_within_the_grace(void **state)
{
    struct fixture *fx = *state;
    struct peer idle = peer_dial(fx->port), busy;
    pthread_t stopper;
    struct answer a;

    pthread_mutex_lock(&fx->gate);
    busy = begin(fx, "GET /gate HTTP/1.1\r\nHost: x\r\n\r\n", 1);
    assert_int_equal(pthread_create(&stopper, NULL, stop_slowly, fx), 0);
    wait_for_drain(&idle);
    pthread_mutex_unlock(&fx->gate);
    a = peer_hear(&busy);
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_header(&a, "Connection"), "close");
    answer_finish(&a);
    pthread_join(stopper, NULL);
    assert_int_equal(atomic_load(&fx->closed), 1);
    peer_close(&busy);
    peer_close(&idle);
}

static void a_request_that_is_coming_in_is_still_answered(void **state)
{
    struct fixture *fx = *state;
    struct peer idle = peer_dial(fx->port), slow = peer_dial(fx->port);
    pthread_t stopper;
    struct answer a;

    /* The answer to the first tells that the second one's line was read. */
    peer_say(&slow, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: ");
    a = peer_hear(&slow);
    answer_finish(&a);
    assert_int_equal(ask_status(fx->port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    assert_int_equal(pthread_create(&stopper, NULL, stop_slowly, fx), 0);
    wait_for_drain(&idle);
    peer_say(&slow, "x\r\n\r\n");
    a = peer_hear(&slow);
    assert_int_equal(a.status, 200);
    answer_finish(&a);
    pthread_join(stopper, NULL);
    peer_close(&slow);
    peer_close(&idle);
}

static void what_waits_beyond_the_grace_is_told_503(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = begin(fx, "GET /waits HTTP/1.1\r\nHost: x\r\n\r\n", 1);
    int64_t began_ms = cm_mono_ms();
    struct answer a;

    cm_http_server_stop(fx->server, 100);
    assert_in_range(cm_mono_ms() - began_ms, 90, WAIT_MS);
    a = peer_hear(&peer);
    assert_int_equal(a.status, 503);
    answer_finish(&a);
    peer_close(&peer);
}

static void what_waits_for_a_worker_at_the_end_is_told_503(void **state)
{
    struct fixture *fx = *state;
    struct cm_metric *refused =
        cm_counter(fx->metrics, "callmill_http_refused_total", "", "reason=\"queue\"");
    struct peer idle = peer_dial(fx->port), at_work, queued[QUEUE_MAX + 1];
    int told = 0;
    pthread_t stopper;
    struct answer a;

    pthread_mutex_lock(&fx->gate);
    at_work = begin(fx, "GET /gate HTTP/1.1\r\nHost: x\r\n\r\n", 1);
    for (int i = 0; i <= QUEUE_MAX; i++)
        queued[i] = begin(fx, "GET /gate HTTP/1.1\r\nHost: x\r\n\r\n", 0);
    until(cm_metric_value(refused) == 1); /* whoever was one too many: so all others wait */
    assert_int_equal(pthread_create(&stopper, NULL, stop_at_once, fx), 0);
    wait_for_drain(&idle);
    pthread_mutex_unlock(&fx->gate);
    pthread_join(stopper, NULL);
    a = peer_hear(&at_work);
    assert_int_equal(a.status, 200);
    answer_finish(&a);
    for (int i = 0; i <= QUEUE_MAX; i++) {
        a = peer_hear(&queued[i]);
        assert_int_equal(a.status, 503);
        told += strstr(a.body.at, "The server is stopping.") != NULL;
        answer_finish(&a);
        peer_close(&queued[i]);
    }
    assert_int_equal(told, QUEUE_MAX);
    peer_close(&at_work);
    peer_close(&idle);
}

static void a_server_may_be_freed_with_everything_under_way(void **state)
{
    struct fixture *fx = *state;
    struct peer peers[4];

    peers[0] = begin(fx, "GET /waits HTTP/1.1\r\nHost: x\r\n\r\n", 1);
    peers[1] = begin(fx, "GET / HTTP/1.1\r\nHos", 0);
    peers[2] = peer_dial(fx->port);
    peers[3] = begin(fx, "GET /gate HTTP/1.1\r\nHost: x\r\n\r\n", 1);
    cm_http_server_free(fx->server);
    fx->server = NULL;
    for (int i = 0; i < 4; i++) {
        assert_true(peer_hear_end(&peers[i], WAIT_MS));
        peer_close(&peers[i]);
    }
}

static void stopping_twice_is_stopping_once(void **state)
{
    struct fixture *fx = *state;

    cm_http_server_stop(fx->server, 10);
    cm_http_server_stop(fx->server, 10);
    assert_int_equal(atomic_load(&fx->closed), 1);
}

#define STOP_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STOP_TEST(what_is_at_work_is_finished_within_the_grace),
        STOP_TEST(a_request_that_is_coming_in_is_still_answered),
        STOP_TEST(what_waits_beyond_the_grace_is_told_503),
        STOP_TEST(what_waits_for_a_worker_at_the_end_is_told_503),
        STOP_TEST(a_server_may_be_freed_with_everything_under_way),
        STOP_TEST(stopping_twice_is_stopping_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
