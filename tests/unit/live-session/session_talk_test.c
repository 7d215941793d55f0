/* session_talk_test.c - sound both ways, and what a full queue costs of it. */
#include "line.h"

static void the_callers_sound_goes_through_untouched(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_stream(line, "{\"event\":\"media\",\"sequenceNumber\":\"4\",\"media\":{\"track\":"
                      "\"inbound\",\"chunk\":\"2\",\"timestamp\":\"5\",\"payload\":\"no+Jho==\"},"
                      "\"streamSid\":\"" STREAM_SID "\"}");

    assert_string_equal(line_last_to_model(line),
                        "{\"type\":\"input_audio_buffer.append\",\"audio\":\"no+Jho==\"}");
}

static void nothing_goes_to_a_model_that_is_not_ready(void **state)
{
    struct line *line = *state;

    line_start(line);
    line_admit(line, "");
    session_model_opened(line->session, line->now_ms);
    line_model(line, "{\"type\":\"session.created\",\"session\":{\"type\":\"realtime\"}}");
    line_talk(line, 60);

    assert_int_equal(line_count_to_model(line, "append"), 0);
    assert_int_equal(cm_metric_value(line->metrics.media_dropped), 3);
    line_model(line, "%s", GA_UPDATED);
    line_talk(line, 20);
    assert_int_equal(line_count_to_model(line, "append"), 1);
}

static void the_models_sound_reaches_twilio_with_marks(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 100);
    line_say(line, "resp_1", "item_1", 200);
    line_say(line, "resp_1", "item_1", 400);

    assert_int_equal(line_count_to_stream(line, "\"media\":{\"payload\":\"AAAA"), 3);
    assert_int_equal(line_count_to_stream(line, "\"mark\":{\"name\":\"0.800\"}"), 1);
    assert_int_equal(line_count_to_stream(line, "\"mark\":{\"name\":\"0.2400\"}"), 1);
    assert_int_equal(line_count_to_stream(line, "\"event\":\"mark\""), 2);

    line_model(line, "{\"type\":\"response.output_audio.done\",\"response_id\":\"resp_1\","
                     "\"item_id\":\"item_1\"}");
    line_done(line, "resp_1");
    assert_int_equal(line_count_to_stream(line, "\"mark\":{\"name\":\"0.5600\"}"), 1);
    assert_int_equal(line_count_to_stream(line, "\"event\":\"mark\""), 3);
}

static void a_long_delta_is_cut_at_every_mark(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 5000);

    assert_int_equal(line_count_to_stream(line, "\"event\":\"mark\""), 10);
    assert_int_equal(line_count_to_stream(line, "\"event\":\"media\""), 11);
}

static void both_names_of_the_sound_are_heard(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_model(line, "{\"type\":\"response.audio.delta\",\"response_id\":\"r\",\"item_id\":\"i\","
                     "\"delta\":\"\\/\\/8A\"}");

    assert_int_equal(line_count_to_stream(line, "\"payload\":\"//8A\""), 1);
}

static void a_full_queue_costs_sound_and_nothing_else(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 400);
    line->stream_full = true;
    line_say(line, "resp_1", "item_1", 400);
    line->stream_full = false;
    line->model_full = true;
    line_talk(line, 40);
    line->model_full = false;
    assert_int_equal(cm_metric_value(line->metrics.media_dropped), 3);
    assert_int_equal(line->ends, 0);

    line_talk(line, 60);
    line_began(line, "item_2", 0);
    assert_non_null(strstr(line_last_to_model(line), "\"audio_end_ms\":100"));
}

static void a_queue_that_takes_no_more_sound_takes_what_must_arrive(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 1000);
    line_talk(line, 100);
    line->stream_nearly_full = line->model_nearly_full = true;
    line_talk(line, 40);
    line_say(line, "resp_1", "item_1", 100);
    assert_int_equal(cm_metric_value(line->metrics.media_dropped), 3);
    line_began(line, "item_2", 0);

    assert_int_equal(line_count_to_stream(line, "clear"), 1);
    assert_non_null(strstr(line_last_to_model(line), "\"audio_end_ms\":140"));
    assert_int_equal(line->ends, 0);
}

static void a_clear_that_does_not_fit_is_sent_as_soon_as_it_does(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_respond(line, "resp_1", "item_1", NULL, 1000);
    line_talk(line, 100);
    line->stream_full = true;
    line_began(line, "item_2", 0);
    assert_int_equal(line_count_to_stream(line, "clear"), 0);
    line->stream_full = false;
    line_talk(line, 40);

    assert_int_equal(line_count_to_stream(line, "clear"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINE_TEST(the_callers_sound_goes_through_untouched),
        LINE_TEST(nothing_goes_to_a_model_that_is_not_ready),
        LINE_TEST(the_models_sound_reaches_twilio_with_marks),
        LINE_TEST(a_long_delta_is_cut_at_every_mark),
        LINE_TEST(both_names_of_the_sound_are_heard),
        LINE_TEST(a_full_queue_costs_sound_and_nothing_else),
        LINE_TEST(a_queue_that_takes_no_more_sound_takes_what_must_arrive),
        LINE_TEST(a_clear_that_does_not_fit_is_sent_as_soon_as_it_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
