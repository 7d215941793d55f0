/* The exporter before a collector that is well, busy, rude or away. */
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/span.h"
#include "service/otlp.h"
#include "service/otlp_options.h"
#include "until.h"

enum { ROOM = 4, ASKED_MAX = 16, NOBODY = 1 };

struct seen { /* by the collector */
    size_t asked;
    int64_t at_ms[ASKED_MAX];
    char body[4096], key[32]; /* of the last request */
};

struct fixture {
    struct cm_http_server *server;
    struct cm_service_spec spec;
    struct cm_service service;
    struct otlp *otlp;
    const unsigned *answers; /* ended by 0, from where on it is 200 */

    pthread_mutex_t lock; /* guards `seen` */
    struct seen seen;
};

/* ---- the collector ---- */

static void take(struct cm_http_request *rq, void *ctx)
{
    struct fixture *fx = ctx;
    struct cm_str key = { 0 };
    unsigned status = *fx->answers ? *fx->answers++ : 200;

    cm_http_header(rq, "X-Key", &key);
    pthread_mutex_lock(&fx->lock);
    if (fx->seen.asked < ASKED_MAX)
        fx->seen.at_ms[fx->seen.asked] = cm_mono_ms();
    snprintf(fx->seen.body, sizeof fx->seen.body, "%.*s", CM_STR_FMT(cm_http_body(rq)));
    snprintf(fx->seen.key, sizeof fx->seen.key, "%.*s", CM_STR_FMT(key));
    fx->seen.asked++;
    pthread_mutex_unlock(&fx->lock);
    if (status == 429)
        cm_http_set(rq, "Retry-After", "1");
    cm_http_reply(rq, status, "application/json", CM_STR("{}"));
}

static const struct cm_http_route routes[] = {
    { "POST", "/v1/traces", take, CM_HTTP_INLINE, 1000000 },
    { 0 },
};

static struct seen seen_by(struct fixture *fx)
{
    struct seen seen;

    pthread_mutex_lock(&fx->lock);
    seen = fx->seen;
    pthread_mutex_unlock(&fx->lock);
    return seen;
}

/* ---- the process ---- */

static int setup(void **state)
{
    static const unsigned always_200[] = { 0 };
    struct fixture *fx = calloc(1, sizeof *fx);
    struct cm_http_options options = { .addr = "127.0.0.1:0", .routes = routes, .ctx = fx };
    struct cm_err err = { 0 };

    fx->answers = always_200;
    pthread_mutex_init(&fx->lock, NULL);
    if (cm_http_server_start(&options, &fx->server, &err))
        fail_msg("%s", err.msg);
    *state = fx;
    return 0;
}

static void given_an_exporter(struct fixture *fx, unsigned port, const char *delay_ms)
{
    static const struct cm_setting *const tables[] = { otlp_settings, NULL };
    struct cm_err err = { 0 };
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%u", port);
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url, 1);
    setenv("OTEL_EXPORTER_OTLP_HEADERS", "X-Key=a%20key", 1);
    setenv("OTEL_BSP_MAX_QUEUE_SIZE", "4", 1);
    setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2", 1);
    setenv("OTEL_BSP_SCHEDULE_DELAY", delay_ms, 1);
    setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "60000", 1); /* an end is none of its doing */
    fx->spec.name = "transcriber";
    fx->service = (struct cm_service){ .spec = &fx->spec, .metrics = cm_metrics_new() };
    if (cm_config_load(tables, getenv, &fx->service.config, &err) ||
        otlp_new(&fx->service, &fx->otlp, &err) || otlp_start(fx->otlp, &err))
        fail_msg("%s", err.msg);
}

static void given_a_collector(struct fixture *fx, const unsigned *answers)
{
    fx->answers = answers;
    given_an_exporter(fx, cm_http_server_port(fx->server), "50");
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    otlp_stop(fx->otlp, 0);
    otlp_free(fx->otlp);
    cm_config_free(fx->service.config);
    cm_metrics_free(fx->service.metrics);
    cm_http_server_free(fx->server);
    pthread_mutex_destroy(&fx->lock);
    free(fx);
    return 0;
}

static void record(const char *name)
{
    static const struct cm_trace parent = { .trace_id = { 1 }, .span_id = { 2 }, .sampled = true };
    struct cm_span span;

    cm_span_begin(&span, &parent, CM_SPAN_INTERNAL, name);
    cm_span_end(&span);
}

static int64_t counted(struct fixture *fx, const char *name, const char *labels)
{
    return cm_metric_value(cm_counter(fx->service.metrics, name, "", labels));
}

static int64_t exported(struct fixture *fx)
{
    return counted(fx, "callmill_spans_exported_total", NULL);
}

static int64_t dropped(struct fixture *fx, const char *labels)
{
    return counted(fx, "callmill_spans_dropped_total", labels);
}

/* ---- stories ---- */

static void spans_reach_the_collector_before_long(void **state)
{
    struct fixture *fx = *state;
    struct seen seen;

    given_a_collector(fx, (const unsigned[]){ 0 });
    record("alone");
    until(exported(fx) == 1);
    seen = seen_by(fx);
    assert_string_equal(seen.key, "a key");
    assert_non_null(strstr(seen.body, "\"name\":\"alone\""));
    assert_non_null(strstr(seen.body, "{\"key\":\"service.name\",\"value\":{\"stringValue\":"
                                      "\"transcriber\"}}"));
}

static void what_a_busy_collector_turns_away_comes_again(void **state)
{
    struct fixture *fx = *state;
    struct seen seen;

    given_a_collector(fx, (const unsigned[]){ 503, 502, 504, 0 });
    record("patient");
    until(exported(fx) == 1);
    seen = seen_by(fx);
    assert_int_equal(seen.asked, 4);
    assert_non_null(strstr(seen.body, "\"name\":\"patient\""));
    assert_int_equal(dropped(fx, "reason=\"away\"") + dropped(fx, "reason=\"refused\""), 0);
}

static void it_is_asked_when_it_said(void **state)
{
    struct fixture *fx = *state;
    struct seen seen;

    given_a_collector(fx, (const unsigned[]){ 429, 0 });
    record("patient");
    until(exported(fx) == 1);
    seen = seen_by(fx);
    assert_int_equal(seen.asked, 2);
    assert_true(seen.at_ms[1] - seen.at_ms[0] >= 950);
}

static void what_it_refuses_is_dropped_and_the_next_goes_on(void **state)
{
    struct fixture *fx = *state;
    struct seen seen;

    given_a_collector(fx, (const unsigned[]){ 400, 0 });
    record("wrong");
    until(dropped(fx, "reason=\"refused\"") == 1);
    record("right");
    until(exported(fx) == 1);
    seen = seen_by(fx);
    assert_int_equal(seen.asked, 2);
    assert_non_null(strstr(seen.body, "\"name\":\"right\""));
}

static void without_one_nothing_waits_and_all_is_counted(void **state)
{
    struct fixture *fx = *state;
    int64_t began_ms = cm_mono_ms();

    given_an_exporter(fx, NOBODY, "50");
    for (int i = 0; i < 100; i++)
        record("lost");
    assert_in_range(dropped(fx, "reason=\"queue\""), 100 - 2 * ROOM, 100 - ROOM);

    otlp_stop(fx->otlp, 300);
    assert_in_range(cm_mono_ms() - began_ms, 0, UNTIL_WAIT_MS);
    assert_int_equal(dropped(fx, "reason=\"queue\"") + dropped(fx, "reason=\"away\""), 100);
    assert_int_equal(exported(fx), 0);
}

/* Takes connections and says nothing. */
static CM_MUSTCHECK int silent_port(unsigned *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (const struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void one_that_never_answers_does_not_hold_the_end_up(void **state)
{
    struct fixture *fx = *state;
    unsigned port;
    CM_OWN_FD int fd = silent_port(&port);
    const struct cm_metric *waiting;
    int64_t began_ms;

    (void)fd; /* it is held open */
    given_an_exporter(fx, port, "10");
    record("lost");
    waiting = cm_gauge(fx->service.metrics, "callmill_spans_waiting", "", NULL);
    until(cm_metric_value(waiting) == 0);
    began_ms = cm_mono_ms();
    otlp_stop(fx->otlp, 200);
    assert_in_range(cm_mono_ms() - began_ms, 0, UNTIL_WAIT_MS);
    assert_int_equal(dropped(fx, "reason=\"away\""), 1);
}

static void what_is_there_at_the_end_still_goes_out(void **state)
{
    struct fixture *fx = *state;

    fx->answers = (const unsigned[]){ 503, 0 };
    given_an_exporter(fx, cm_http_server_port(fx->server), "60000");
    for (int i = 0; i < 3; i++)
        record("last");
    otlp_stop(fx->otlp, UNTIL_WAIT_MS);
    assert_int_equal(exported(fx), 3);
    record("too late");
    assert_int_equal(exported(fx), 3);
}

static void without_an_endpoint_there_is_no_exporter(void **state)
{
    static const struct cm_setting *const tables[] = { otlp_settings, NULL };
    struct fixture *fx = *state;
    struct cm_err err = { 0 };

    unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
    fx->service.spec = &fx->spec;
    assert_int_equal(cm_config_load(tables, getenv, &fx->service.config, &err), CM_OK);
    assert_int_equal(otlp_new(&fx->service, &fx->otlp, &err), CM_OK);
    assert_null(fx->otlp);
    assert_int_equal(otlp_start(NULL, &err), CM_OK);
}

#define story(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(spans_reach_the_collector_before_long),
        story(what_a_busy_collector_turns_away_comes_again),
        story(it_is_asked_when_it_said),
        story(what_it_refuses_is_dropped_and_the_next_goes_on),
        story(without_one_nothing_waits_and_all_is_counted),
        story(one_that_never_answers_does_not_hold_the_end_up),
        story(what_is_there_at_the_end_still_goes_out),
        story(without_an_endpoint_there_is_no_exporter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
