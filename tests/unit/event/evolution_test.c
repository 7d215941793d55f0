/* Events of older, newer and foreign writers, read by field name. */
#include "foreign.h"

static void a_field_that_the_writer_lacks_gets_its_default(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    struct cm_event event;

    put_head(&bytes);
    put_text(&bytes, "busy");
    event = expect_event(*state, RECORD("CallEnded", HEAD FIELD_OF("status", "\"string\"")), &bytes,
                         EVENT_CALL_ENDED);
    assert_true(cm_str_is(event.call_ended.status, "busy"));
    assert_false(event.call_ended.duration_ms.set);
    assert_false(event.call_ended.started_at_us.set);
}

static void a_field_without_default_that_the_writer_lacks_is_named(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };

    put_head(&bytes);
    expect_refusal(*state, RECORD("CallEnded", HEAD), &bytes, EVENT_CALL_ENDED,
                   "call.ended: field status is not in the value, and it has no default");
}

static void fields_that_the_reader_lacks_are_passed_over(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    struct cm_event event;

    put_head(&bytes);
    put_long(&bytes, 2); /* two entries, then the end */
    put_text(&bytes, "a");
    put_long(&bytes, 1);
    put_text(&bytes, "b");
    put_long(&bytes, 2);
    put_long(&bytes, 0);
    put_text(&bytes, "failed");
    cm_buf_put(&bytes, "\0\0\0\0\0\0\xf0\x3f", 8);
    event = expect_event(
        *state,
        RECORD("CallEnded", HEAD FIELD_OF("more", "{\"type\":\"map\",\"values\":\"int\"}")
                                FIELD_OF("status", "\"string\"") FIELD_OF("last", "\"double\"")),
        &bytes, EVENT_CALL_ENDED);
    assert_true(cm_str_is(event.call_ended.status, "failed"));
}

static void fields_may_stand_in_any_order(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    struct cm_event event;

    put_text(&bytes, "CA1");
    put_text(&bytes, "completed");
    put_text(&bytes, UUID_TEXT);
    put_text(&bytes, UUID_TEXT);
    put_long(&bytes, 1234567);
    put_text(&bytes, UUID_TEXT);
    event = expect_event(
        *state,
        RECORD("CallEnded",
               "{\"name\":\"call_sid\",\"type\":\"string\"}" FIELD_OF("status", "\"string\"")
                   FIELD_OF("call_id", "\"string\"") FIELD_OF("organization_id", "\"string\"")
                       FIELD_OF("occurred_at", "\"long\"") FIELD_OF("event_id", "\"string\"")),
        &bytes, EVENT_CALL_ENDED);
    assert_true(cm_str_is(event.call_ended.status, "completed"));
}

static void an_int_is_read_as_a_long_and_a_value_as_an_optional(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    struct cm_event event;

    put_head(&bytes);
    put_text(&bytes, "completed");
    put_long(&bytes, 5); /* int, read as an optional long */
    put_long(&bytes, 1); /* the second branch of [null, int] */
    put_long(&bytes, 17);
    event = expect_event(*state,
                         RECORD("CallEnded", HEAD FIELD_OF("status", "\"string\"")
                                                 FIELD_OF("started_at", "\"int\"")
                                                     FIELD_OF("duration_ms", "[\"null\",\"int\"]")),
                         &bytes, EVENT_CALL_ENDED);
    assert_true(event.call_ended.started_at_us.set);
    assert_int_equal(event.call_ended.started_at_us.value, 5);
    assert_true(event.call_ended.duration_ms.set);
    assert_int_equal(event.call_ended.duration_ms.value, 17);
}

static void an_optional_is_read_as_a_value_unless_it_is_null(void **state)
{
    static const char json[] =
        RECORD("CallEnded", HEAD FIELD_OF("status", "[\"int\",\"null\",\"bytes\"]"));
    CM_OWN_BUF struct cm_buf some = { 0 };
    CM_OWN_BUF struct cm_buf none = { 0 };
    struct cm_event event;

    put_head(&some);
    put_long(&some, 2);
    put_text(&some, "busy"); /* bytes, read as a string */
    event = expect_event(*state, json, &some, EVENT_CALL_ENDED);
    assert_true(cm_str_is(event.call_ended.status, "busy"));

    put_head(&none);
    put_long(&none, 1);
    expect_refusal(*state, json, &none, EVENT_CALL_ENDED,
                   "call.ended: field status is null, which it must not be");
}

static void a_value_of_another_type_names_field_and_type(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    CM_OWN_BUF struct cm_buf number = { 0 };

    put_head(&bytes);
    cm_buf_char(&bytes, 1);
    expect_refusal(*state, RECORD("CallEnded", HEAD FIELD_OF("status", "\"boolean\"")), &bytes,
                   EVENT_CALL_ENDED,
                   "call.ended: field status is written as boolean, which it cannot be read from");

    put_head(&number);
    put_text(&number, "busy");
    put_text(&number, "12");
    expect_refusal(
        *state,
        RECORD("CallEnded",
               HEAD FIELD_OF("status", "\"string\"") FIELD_OF("duration_ms", "\"string\"")),
        &number, EVENT_CALL_ENDED,
        "call.ended: field duration_ms is written as string, which it cannot be read from");
}

#define LIVE_TURN(type_of_interrupted)                                                             \
    RECORD("LiveTurn", HEAD FIELD_OF("session_id", "\"string\"") FIELD_OF("turn_id", "\"string\"") \
                           FIELD_OF("position", "\"int\"") FIELD_OF("role", "\"string\"")          \
                               FIELD_OF("start_ms", "\"int\"") FIELD_OF("end_ms", "\"int\"")       \
                                   FIELD_OF("text", "\"string\"")                                  \
                                       FIELD_OF("interrupted", type_of_interrupted))

static void put_turn(struct cm_buf *out)
{
    put_head(out);
    put_text(out, UUID_TEXT);
    put_text(out, UUID_TEXT);
    put_long(out, 3);
    put_text(out, "agent");
    put_long(out, 1);
    put_long(out, 2);
    put_text(out, "Hello.");
    cm_buf_char(out, 1);
}

static void a_truth_is_read_from_a_boolean_and_from_nothing_else(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    struct cm_event event;

    put_turn(&bytes);
    event = expect_event(*state, LIVE_TURN("\"boolean\""), &bytes, EVENT_LIVE_TURN);
    assert_true(event.live_turn.interrupted);
    assert_int_equal(event.live_turn.position, 3);
    expect_refusal(*state, LIVE_TURN("\"int\""), &bytes, EVENT_LIVE_TURN,
                   "live.turn: field interrupted is written as int, which it cannot be read from");
}

static void bytes_that_are_no_text_and_texts_that_are_no_uuid_are_named(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    CM_OWN_BUF struct cm_buf uuid = { 0 };

    put_head(&bytes);
    put_text(&bytes, "\xff");
    expect_refusal(*state, RECORD("CallEnded", HEAD FIELD_OF("status", "\"bytes\"")), &bytes,
                   EVENT_CALL_ENDED, "call.ended: field status is no UTF-8");

    put_head(&uuid);
    put_text(&uuid, "1");
    expect_refusal(*state, RECORD("CallReportDue", HEAD FIELD_OF("report_id", "\"string\"")), &uuid,
                   EVENT_CALL_REPORT_DUE, "call.report-due: field report_id is no UUID");
}

static void a_symbol_of_tomorrow_is_rejected_and_one_in_another_place_is_read(void **state)
{
    static const char json[] = RECORD(
        "CallDeleted", HEAD FIELD_OF("reason", "{\"type\":\"enum\",\"name\":\"DeletionReason\","
                                               "\"symbols\":[\"law\",\"retention\"]}"));
    CM_OWN_BUF struct cm_buf known = { 0 };
    CM_OWN_BUF struct cm_buf unknown = { 0 };
    struct cm_event event;

    put_head(&known);
    put_long(&known, 1);
    event = expect_event(*state, json, &known, EVENT_CALL_DELETED);
    assert_true(cm_str_is(event.call_deleted.reason, "retention"));

    put_head(&unknown);
    put_long(&unknown, 0);
    expect_refusal(*state, json, &unknown, EVENT_CALL_DELETED,
                   "call.deleted: field reason has a symbol that this version does not know");
}

static void the_namespace_does_not_matter_and_the_name_does(void **state)
{
    static const char other[] =
        "{\"type\":\"record\",\"name\":\"x.CallReportDue\",\"fields\":[" HEAD FIELD_OF(
            "report_id", "\"string\"") "]}";
    CM_OWN_BUF struct cm_buf bytes = { 0 };

    put_head(&bytes);
    put_text(&bytes, UUID_TEXT);
    (void)expect_event(*state, other, &bytes, EVENT_CALL_REPORT_DUE);
    expect_refusal(*state, other, &bytes, EVENT_CALL_REPORTED,
                   "call.reported: the value is a x.CallReportDue");
}

static void an_analysis_of_the_first_version_is_read_without_a_sentiment(void **state)
{
    struct cm_str first = file_text(*state, "schemas/avro/history/call-analyzed.1.avsc");
    struct cm_event sent = a_sample(*state, EVENT_CALL_ANALYZED, SAMPLE_SPARSE), got;
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    struct cm_err err = { 0 };

    assert_int_equal(cm_event_encode(&sent, &bytes, &err), CM_OK);
    bytes.len--; /* the sentiment stands last, and null is one byte */
    assert_int_equal(decode_foreign(*state, cm_arena_text(*state, first), &bytes,
                                    EVENT_CALL_ANALYZED, &got, &err),
                     CM_OK);
    assert_same_event(&sent, &got);
}

static void a_value_that_is_no_record_is_rejected(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };

    put_text(&bytes, "hello");
    expect_refusal(*state, "\"string\"", &bytes, EVENT_CALL_ENDED,
                   "call.ended: the value is a string");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_that_the_writer_lacks_gets_its_default),
        cmocka_unit_test(a_field_without_default_that_the_writer_lacks_is_named),
        cmocka_unit_test(fields_that_the_reader_lacks_are_passed_over),
        cmocka_unit_test(fields_may_stand_in_any_order),
        cmocka_unit_test(an_int_is_read_as_a_long_and_a_value_as_an_optional),
        cmocka_unit_test(an_optional_is_read_as_a_value_unless_it_is_null),
        cmocka_unit_test(a_value_of_another_type_names_field_and_type),
        cmocka_unit_test(a_truth_is_read_from_a_boolean_and_from_nothing_else),
        cmocka_unit_test(bytes_that_are_no_text_and_texts_that_are_no_uuid_are_named),
        cmocka_unit_test(a_symbol_of_tomorrow_is_rejected_and_one_in_another_place_is_read),
        cmocka_unit_test(the_namespace_does_not_matter_and_the_name_does),
        cmocka_unit_test(an_analysis_of_the_first_version_is_read_without_a_sentiment),
        cmocka_unit_test(a_value_that_is_no_record_is_rejected),
    };

    return cmocka_run_group_tests(tests, foreign_setup, foreign_teardown);
}
