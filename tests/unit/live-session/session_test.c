/* session_test.c - a session's life, and what Twilio's stream says. */
#include "line.h"

static void a_stream_that_starts_is_told_with_who_it_is(void **state)
{
    struct line *line = *state;

    line_start(line);

    assert_true(line->started);
    assert_true(line->start.inbound);
    assert_false(line->start.outbound);
    assert_string_equal(line->token, "T/k");
    assert_string_equal(line->from, "+1415");
    assert_int_equal(line->ends, 0);
}

static void sound_before_it_is_admitted_is_counted_as_dropped(void **state)
{
    struct line *line = *state;

    line_start(line);
    line_talk(line, 40);

    assert_int_equal(cm_metric_value(line->metrics.media_in), 2);
    assert_int_equal(cm_metric_value(line->metrics.media_dropped), 2);
    assert_int_equal(line->model_count, 0);
}

static void a_stop_ends_it_once(void **state)
{
    struct line *line = *state;
    const char *stop = "{\"event\":\"stop\",\"sequenceNumber\":\"5\",\"stop\":{},\"streamSid\":"
                       "\"" STREAM_SID "\"}";

    line_start(line);
    line_stream(line, stop);
    line_stream(line, stop);
    session_end(line->session, END_CLOSED, line->now_ms);

    assert_int_equal(line->ends, 1);
    assert_int_equal(line->end, END_STOPPED);
    assert_true(session_has_ended(line->session));
}

static void no_start_in_time_is_silence(void **state)
{
    struct line *line = *state;

    line_stream(line, "{\"event\":\"connected\",\"protocol\":\"Call\",\"version\":\"1.0.0\"}");
    session_tick(line->session, line->now_ms + 9999);
    assert_int_equal(line->ends, 0);
    session_tick(line->session, line->now_ms + 10000);

    assert_int_equal(line->end, END_SILENT);
    assert_string_equal(session_why(line->session), "no start message within 10000 ms");
}

static void a_stream_that_falls_silent_ends(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_talk(line, 1000);
    session_tick(line->session, line->now_ms + 9999);
    assert_int_equal(line->ends, 0);
    session_tick(line->session, line->now_ms + 10000);

    assert_int_equal(line->ends, 1);
    assert_int_equal(line->end, END_SILENT);
}

static void nonsense_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "hello",
        "[]",
        "{\"event\":1}",
        "{\"event\":\"media\",\"streamSid\":\"" STREAM_SID "\",\"media\":{\"timestamp\":\"1\"}}",
        "{\"event\":\"media\",\"streamSid\":\"MZ1\",\"media\":{\"timestamp\":\"1\",\"payload\":"
        "\"\"}}",
        "{\"event\":\"media\",\"media\":{\"timestamp\":\"1\",\"payload\":\"\"}",
        "{\"event\":\"mark\",\"streamSid\":\"" STREAM_SID "\",\"mark\":{}}",
        "{\"event\":\"stop\",\"streamSid\":\"MZffffffffffffffffffffffffffffffff\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct line *line = line_new();

        line_start(line);
        line_stream(line, texts[i]);
        assert_int_equal(line->ends, 1);
        assert_int_equal(line->end, END_REFUSED);
        assert_int_equal(cm_metric_value(line->metrics.bad_messages), 1);
        assert_true(session_why(line->session)[0]);
        line_free(line);
    }
}

static void sound_before_the_start_and_a_second_start_are_refused(void **state)
{
    struct line *line = *state, *other = line_new();

    line_talk(line, 20);
    assert_int_equal(line->end, END_REFUSED);
    assert_int_equal(line->ends, 1);

    line_start(other);
    line_start(other);
    assert_int_equal(other->end, END_REFUSED);
    assert_int_equal(other->ends, 1);
    line_free(other);
}

static void unknown_events_and_keys_on_the_keypad_are_passed_over(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_stream(line, "{\"event\":\"tomorrow\",\"x\":[1,{\"y\":null}]}");
    line_stream(line, "{\"event\":\"dtmf\",\"streamSid\":\"" STREAM_SID
                      "\",\"sequenceNumber\":\"5\",\"dtmf\":{\"track\":\"inbound_track\","
                      "\"digit\":\"1\"}}");

    assert_int_equal(line->ends, 0);
}

static void captions_hear_both_tracks_as_bytes(void **state)
{
    struct line *line = *state;

    line_start(line);
    session_admit(line->session,
                  &(struct session_plan){ .kind = SESSION_CAPTIONS, .caller_is_inbound = true },
                  line->now_ms);
    line_stream(line, "{\"event\":\"media\",\"media\":{\"track\":\"inbound\",\"timestamp\":\"60\","
                      "\"payload\":\"\\/38B\"},\"streamSid\":\"" STREAM_SID "\"}");
    line_stream(line, "{ \"streamSid\":\"" STREAM_SID "\", \"media\": { \"payload\" : \"AgM=\","
                      "\"timestamp\":80, \"track\":\"outbound\" } , \"event\" : \"media\" }");

    assert_int_equal(line->heard_count, 2);
    assert_int_equal(line->heard[0].role, ROLE_CALLER);
    assert_int_equal(line->heard[0].at_ms, 60);
    assert_int_equal(line->heard[0].count, 3);
    assert_int_equal(line->heard[0].first, 0xFF);
    assert_int_equal(line->heard[1].role, ROLE_AGENT);
    assert_int_equal(line->heard[1].at_ms, 80);
    assert_int_equal(line->heard[1].count, 2);
    assert_int_equal(line->model_count + line->stream_count, 0);
}

static void captions_of_an_outgoing_call_hear_the_caller_outbound(void **state)
{
    struct line *line = *state;

    line_start(line);
    session_admit(line->session, &(struct session_plan){ .kind = SESSION_CAPTIONS }, line->now_ms);
    line_talk(line, 20);

    assert_int_equal(line->heard_count, 1);
    assert_int_equal(line->heard[0].role, ROLE_AGENT);
    assert_int_equal(line->heard[0].count, 160);
}

static void captions_refuse_sound_that_is_no_base64(void **state)
{
    struct line *line = *state;

    line_start(line);
    session_admit(line->session, &(struct session_plan){ .kind = SESSION_CAPTIONS }, line->now_ms);
    line_stream(line, "{\"event\":\"media\",\"media\":{\"track\":\"inbound\",\"timestamp\":\"60\","
                      "\"payload\":\"?!?!\"},\"streamSid\":\"" STREAM_SID "\"}");

    assert_int_equal(line->heard_count, 0);
    assert_int_equal(line->end, END_REFUSED);
}

static void an_end_before_it_was_admitted_is_an_end(void **state)
{
    struct line *line = *state;

    line_start(line);
    session_end(line->session, END_REFUSED, line->now_ms);
    line_admit(line, "");
    line_talk(line, 20);

    assert_int_equal(line->ends, 1);
    assert_int_equal(line->model_count, 0);
}

static void every_end_has_the_name_that_its_table_has(void **state)
{
    (void)state;
    assert_string_equal(session_end_text(END_STOPPED), "stopped");
    assert_string_equal(session_end_text(END_STREAM_ERROR), "stream-error");
    assert_string_equal(session_end_text(END_TIME_LIMIT), "time-limit");
    assert_string_equal(session_end_text(END_REFUSED), "refused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINE_TEST(a_stream_that_starts_is_told_with_who_it_is),
        LINE_TEST(sound_before_it_is_admitted_is_counted_as_dropped),
        LINE_TEST(a_stop_ends_it_once),
        LINE_TEST(no_start_in_time_is_silence),
        LINE_TEST(a_stream_that_falls_silent_ends),
        LINE_TEST(nonsense_is_refused),
        LINE_TEST(sound_before_the_start_and_a_second_start_are_refused),
        LINE_TEST(unknown_events_and_keys_on_the_keypad_are_passed_over),
        LINE_TEST(captions_hear_both_tracks_as_bytes),
        LINE_TEST(captions_of_an_outgoing_call_hear_the_caller_outbound),
        LINE_TEST(captions_refuse_sound_that_is_no_base64),
        LINE_TEST(an_end_before_it_was_admitted_is_an_end),
        cmocka_unit_test(every_end_has_the_name_that_its_table_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
