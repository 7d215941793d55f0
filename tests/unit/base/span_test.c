#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/span.h"

enum { ROOM = 4 };

static const struct cm_trace parent = { .trace_id = { 1 }, .span_id = { 2 }, .sampled = true };
static struct cm_metrics *metrics;

static int open_queue(void **state)
{
    (void)state;
    metrics = cm_metrics_new();
    cm_spans_start(ROOM, metrics);
    return 0;
}

static int close_queue(void **state)
{
    (void)state;
    cm_spans_close();
    cm_spans_free();
    cm_metrics_free(metrics);
    return 0;
}

static int64_t dropped(void)
{
    return cm_metric_value(
        cm_counter(metrics, "callmill_spans_dropped_total", "", "reason=\"queue\""));
}

static void record(const struct cm_trace *within, const char *name)
{
    struct cm_span span;

    cm_span_begin(&span, within, CM_SPAN_CLIENT, name);
    cm_span_end(&span);
}

static void an_ended_span_can_be_taken_as_it_was(void **state)
{
    struct cm_span span, seen[ROOM];

    (void)state;
    cm_span_begin(&span, &parent, CM_SPAN_SERVER, "POST /twilio/voice");
    cm_span_text(&span, "http.route", CM_STR("/twilio/voice"));
    cm_span_number(&span, "http.response.status_code", 503);
    cm_span_fail(&span, "the database is away");
    cm_span_end(&span);

    assert_int_equal(cm_spans_take(seen, ROOM, 0), 1);
    assert_memory_equal(seen[0].at.trace_id, parent.trace_id, 16);
    assert_memory_equal(seen[0].parent_id, parent.span_id, 8);
    assert_memory_not_equal(seen[0].at.span_id, parent.span_id, 8);
    assert_int_equal(seen[0].kind, CM_SPAN_SERVER);
    assert_string_equal(seen[0].name, "POST /twilio/voice");
    assert_true(seen[0].start_us > 0 && seen[0].end_us >= seen[0].start_us);
    assert_int_equal(seen[0].field_count, 2);
    assert_string_equal(seen[0].fields[0].text, "/twilio/voice");
    assert_int_equal(seen[0].fields[1].number, 503);
    assert_true(seen[0].failed);
    assert_string_equal(seen[0].why, "the database is away");
}

static void without_a_wanted_parent_there_is_no_span(void **state)
{
    struct cm_trace unwanted = parent, none = { 0 };
    struct cm_span seen[ROOM];

    (void)state;
    unwanted.sampled = false;
    record(&unwanted, "unwanted");
    record(&none, "none");
    record(NULL, "none");
    assert_int_equal(cm_spans_take(seen, ROOM, 0), 0);
    assert_int_equal(dropped(), 0);
}

static void what_the_queue_has_no_room_for_is_dropped_and_counted(void **state)
{
    struct cm_span seen[ROOM];

    (void)state;
    for (int i = 0; i < ROOM + 3; i++)
        record(&parent, (const char *[]){ "0", "1", "2", "3", "4", "5", "6" }[i]);
    assert_int_equal(dropped(), 3);
    assert_int_equal(cm_spans_take(seen, 3, 0), 3);
    assert_string_equal(seen[0].name, "0");
    record(&parent, "later");
    assert_int_equal(cm_spans_take(seen, ROOM, 0), 2);
    assert_string_equal(seen[0].name, "3");
    assert_string_equal(seen[1].name, "later");
}

static void who_waits_is_woken_by_enough_spans_or_by_the_end(void **state)
{
    struct cm_span seen[ROOM];
    int64_t since_ms = cm_mono_ms();

    (void)state;
    assert_int_equal(cm_spans_take(seen, 2, 20), 0);
    assert_true(cm_mono_ms() - since_ms >= 20);
    record(&parent, "one");
    record(&parent, "two");
    assert_int_equal(cm_spans_take(seen, 2, 60000), 2);
    record(&parent, "three");
    cm_spans_close();
    record(&parent, "too late");
    assert_int_equal(cm_spans_take(seen, 2, 60000), 1);
    assert_int_equal(cm_spans_take(seen, 2, 60000), 0);
}

static void
what_is_too_long_is_cut_between_characters_and_too_many_fields_are_left_out(void **state)
{
    char text[201] = "";
    struct cm_span span, seen[ROOM];

    (void)state;
    for (size_t len = 0; len < sizeof text - 1; len += 2)
        snprintf(text + len, sizeof text - len, "\u00e4");
    cm_span_begin(&span, &parent, CM_SPAN_CLIENT, text);
    for (int i = 0; i < CM_SPAN_FIELDS + 2; i++)
        cm_span_number(&span, "n", i);
    cm_span_text(&span, "t", cm_str_of(text));
    cm_span_fail(&span, text);
    cm_span_end(&span);
    assert_int_equal(cm_spans_take(seen, ROOM, 0), 1);
    assert_int_equal(strlen(seen[0].name), 62);
    assert_int_equal(strlen(seen[0].why), 126);
    assert_int_equal(seen[0].field_count, CM_SPAN_FIELDS);
    assert_int_equal(seen[0].fields[CM_SPAN_FIELDS - 1].number, CM_SPAN_FIELDS - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_queue, close_queue)

static void a_span_whose_id_was_known_before_is_told_with_it(void **state)
{
    const struct cm_trace root = cm_trace_of_call(cm_uuid_v7(1700000000000000));
    struct cm_span span, seen[ROOM];

    (void)state;
    cm_span_begin_as(&span, &root, NULL, CM_SPAN_INTERNAL, "call");
    span.start_us = 5;
    span.end_us = 7;
    cm_span_end(&span);

    assert_int_equal(cm_spans_take(seen, ROOM, 0), 1);
    assert_memory_equal(seen[0].at.span_id, root.span_id, 8);
    assert_memory_equal(seen[0].parent_id, ((uint8_t[8]){ 0 }), 8);
    assert_int_equal(seen[0].start_us, 5);
    assert_int_equal(seen[0].end_us, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_ended_span_can_be_taken_as_it_was),
        TEST(without_a_wanted_parent_there_is_no_span),
        TEST(a_span_whose_id_was_known_before_is_told_with_it),
        TEST(what_the_queue_has_no_room_for_is_dropped_and_counted),
        TEST(who_waits_is_woken_by_enough_spans_or_by_the_end),
        TEST(what_is_too_long_is_cut_between_characters_and_too_many_fields_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
