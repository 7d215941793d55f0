#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "live/live_text.h"

static struct cm_event some_event(enum cm_event_kind kind)
{
    struct cm_event event = {
        .kind = kind,
        .head = { .occurred_at_us = INT64_C(1795448160000000),
                  .call_sid = CM_STR("CA00000000000000000000000000000001") },
    };

    event.head.event_id.at[15] = 1;
    event.head.call_id.at[15] = 2;
    return event;
}

/* The data of the one event that the text holds. */
static json_t *data_of(const struct cm_event *event)
{
    CM_OWN_BUF struct cm_buf text = { 0 };
    const char *data, *end;
    json_t *root;

    live_text(event, &text);
    data = strstr(text.at, "\ndata: ");
    assert_non_null(data);
    end = strstr(data, "\n\n");
    assert_non_null(end);
    assert_int_equal(end + 2 - text.at, text.len);
    data += strlen("\ndata: ");
    root = json_loadb(data, (size_t)(end - data), 0, NULL);
    assert_non_null(root);
    return root;
}

static void assert_moves(const struct cm_event *event, const char *step, const char *state)
{
    json_t *data = data_of(event);

    assert_string_equal(json_string_value(json_object_get(data, "step")), step);
    assert_string_equal(json_string_value(json_object_get(data, "state")), state);
    json_decref(data);
}

static void an_event_has_its_name_its_id_and_one_line_of_data(void **state)
{
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct cm_event event = some_event(EVENT_CALL_TRANSCRIBED);

    (void)state;
    live_text(&event, &text);
    assert_string_equal(text.at, "id: 00000000-0000-0000-0000-000000000001\n"
                                 "event: call.transcribed\n"
                                 "data: {\"call_id\":\"00000000-0000-0000-0000-000000000002\","
                                 "\"call_sid\":\"CA00000000000000000000000000000001\","
                                 "\"occurred_at\":\"2026-11-23T15:36:00.000000Z\","
                                 "\"step\":\"transcribe\",\"state\":\"done\"}\n\n");
}

static void nothing_that_was_said_leaves_the_house(void **state)
{
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct cm_event event = some_event(EVENT_CALL_TRANSCRIBED);

    (void)state;
    event.call_transcribed.text = CM_STR("Caller: my secret");
    event.call_transcribed.from_number = CM_STR("+15551234567");
    live_text(&event, &text);
    assert_null(strstr(text.at, "secret"));
    assert_null(strstr(text.at, "+1555"));
}

static void each_step_is_done_by_its_event(void **state)
{
    struct cm_event event;

    (void)state;
    event = some_event(EVENT_CALL_RECORDED);
    assert_moves(&event, "record", "done");
    event = some_event(EVENT_CALL_ENRICHED);
    assert_moves(&event, "enrich", "done");
    event = some_event(EVENT_CALL_TODOS_EXTRACTED);
    assert_moves(&event, "extract-todos", "done");
    event = some_event(EVENT_CALL_REPORTED);
    assert_moves(&event, "report", "done");
}

static void analyzing_is_done_with_its_last_run(void **state)
{
    struct cm_event event = some_event(EVENT_CALL_ANALYZED);

    (void)state;
    event.call_analyzed.run_count = 3;
    event.call_analyzed.run_index = 1;
    assert_moves(&event, "analyze", "running");
    event.call_analyzed.run_index = 2;
    assert_moves(&event, "analyze", "done");
}

static void failed_and_skipped_steps_are_named_by_the_event(void **state)
{
    struct cm_event event = some_event(EVENT_CALL_STEP_FAILED);

    (void)state;
    event.call_step_failed.step = CM_STR("enrich");
    assert_moves(&event, "enrich", "failed");
    event = some_event(EVENT_CALL_STEP_SKIPPED);
    event.call_step_skipped.step = CM_STR("analyze");
    assert_moves(&event, "analyze", "done");
}

static void a_turn_carries_what_was_said_as_it_was_said(void **state)
{
    struct cm_event event = some_event(EVENT_LIVE_TURN);
    CM_OWN_BUF struct cm_buf text = { 0 };

    (void)state;
    event.live_turn = (struct cm_live_turn){ .position = 2,
                                             .role = CM_STR("caller"),
                                             .start_ms = 1600,
                                             .end_ms = 3000,
                                             .text = CM_STR("\"Two\"\nlines"),
                                             .interrupted = true };
    event.live_turn.session_id.at[15] = 3;
    event.live_turn.turn_id.at[15] = 4;
    live_text(&event, &text);
    assert_string_equal(text.at, "id: 00000000-0000-0000-0000-000000000001\n"
                                 "event: live.turn\n"
                                 "data: {\"call_id\":\"00000000-0000-0000-0000-000000000002\","
                                 "\"call_sid\":\"CA00000000000000000000000000000001\","
                                 "\"occurred_at\":\"2026-11-23T15:36:00.000000Z\","
                                 "\"session_id\":\"00000000-0000-0000-0000-000000000003\","
                                 "\"turn_id\":\"00000000-0000-0000-0000-000000000004\","
                                 "\"position\":2,\"role\":\"caller\","
                                 "\"start_ms\":1600,\"end_ms\":3000,"
                                 "\"text\":\"\\\"Two\\\"\\nlines\","
                                 "\"interrupted\":true}\n\n");
}

static void the_end_of_a_live_session_says_which_and_why(void **state)
{
    struct cm_event event = some_event(EVENT_LIVE_ENDED);
    json_t *data;

    (void)state;
    event.live_ended.session_id.at[15] = 3;
    event.live_ended.reason = CM_STR("hung-up");
    data = data_of(&event);
    assert_string_equal(json_string_value(json_object_get(data, "session_id")),
                        "00000000-0000-0000-0000-000000000003");
    assert_string_equal(json_string_value(json_object_get(data, "reason")), "hung-up");
    assert_null(json_object_get(data, "step"));
    json_decref(data);
}

static void every_kind_of_event_has_a_text(void **state)
{
    (void)state;
    for (int kind = EVENT_NONE + 1; kind < EVENT_KINDS; kind++) {
        struct cm_event event = some_event((enum cm_event_kind)kind);

        json_decref(data_of(&event));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_has_its_name_its_id_and_one_line_of_data),
        cmocka_unit_test(nothing_that_was_said_leaves_the_house),
        cmocka_unit_test(each_step_is_done_by_its_event),
        cmocka_unit_test(analyzing_is_done_with_its_last_run),
        cmocka_unit_test(failed_and_skipped_steps_are_named_by_the_event),
        cmocka_unit_test(a_turn_carries_what_was_said_as_it_was_said),
        cmocka_unit_test(the_end_of_a_live_session_says_which_and_why),
        cmocka_unit_test(every_kind_of_event_has_a_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
