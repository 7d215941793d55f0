#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "service/relay_stats.h"

static const struct cm_service_spec hears_and_tells = {
    .name = "transcriber",
    .routes = (const struct cm_route[]){ { .consumes = EVENT_CALL_RECORDED }, { 0 } },
    .produces = (const enum cm_event_kind[]){ EVENT_CALL_TRANSCRIBED, EVENT_NONE },
};
static const struct cm_service_spec only_tells = {
    .name = "live-session",
    .produces = (const enum cm_event_kind[]){ EVENT_LIVE_ENDED, EVENT_NONE },
};

/* What a page of metrics says of a topic; -1: nothing. */
static long told(struct cm_metrics *metrics, const char *topic)
{
    CM_OWN_BUF struct cm_buf text = { 0 };
    char start[96];
    const char *at;

    snprintf(start, sizeof start, "\ncallmill_outbox_published_total{topic=\"%s\"} ", topic);
    cm_metrics_render(metrics, &text);
    cm_buf_text(&text, "");
    at = strstr(text.at, start);
    return at ? strtol(at + strlen(start), NULL, 10) : -1;
}

static void what_a_service_produces_is_there_before_it_is_published(void **state)
{
    CM_OWN(cm_metrics) metrics = cm_metrics_new();
    struct cm_service service = { .spec = &hears_and_tells, .metrics = metrics };
    struct relay_stats stats;

    (void)state;
    relay_stats_open(&stats, &service);
    assert_int_equal(told(metrics, "call.transcribed"), 0);
    assert_int_equal(told(metrics, "call.step-failed"), 0);
    assert_int_equal(told(metrics, "dead-letter"), 0);
    assert_int_equal(told(metrics, "call.recorded"), -1);
}

static void a_service_that_consumes_nothing_gives_nothing_up(void **state)
{
    CM_OWN(cm_metrics) metrics = cm_metrics_new();
    struct cm_service service = { .spec = &only_tells, .metrics = metrics };
    struct relay_stats stats;

    (void)state;
    relay_stats_open(&stats, &service);
    assert_int_equal(told(metrics, "live.ended"), 0);
    assert_int_equal(told(metrics, "dead-letter"), -1);
}

static void events_replays_and_dead_letters_are_counted_by_their_topic(void **state)
{
    CM_OWN(cm_metrics) metrics = cm_metrics_new();
    struct cm_service service = { .spec = &hears_and_tells, .metrics = metrics };
    struct relay_stats stats;

    (void)state;
    relay_stats_open(&stats, &service);
    relay_stats_published(&stats, CM_STR("call.transcribed"));
    relay_stats_published(&stats, CM_STR("call.transcribed"));
    relay_stats_published(&stats, CM_STR("call.recorded"));
    relay_stats_published(&stats, CM_STR("dead-letter.transcriber"));

    assert_int_equal(told(metrics, "call.transcribed"), 2);
    assert_int_equal(told(metrics, "call.recorded"), 1);
    assert_int_equal(told(metrics, "dead-letter"), 1);
    assert_int_equal(told(metrics, "call.step-failed"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_service_produces_is_there_before_it_is_published),
        cmocka_unit_test(a_service_that_consumes_nothing_gives_nothing_up),
        cmocka_unit_test(events_replays_and_dead_letters_are_counted_by_their_topic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
