/* session_talk_test.c - sound both ways, barge-in, and the turns that come of it. */
#include "line.h"

static void began(struct line *line, const char *item, int at_ms)
{
    line_model(line,
               "{\"type\":\"input_audio_buffer.speech_started\",\"audio_start_ms\":%d,"
               "\"item_id\":\"%s\"}",
               at_ms, item);
}

static void stopped(struct line *line, const char *item, int at_ms)
{
    line_model(line,
               "{\"type\":\"input_audio_buffer.speech_stopped\",\"audio_end_ms\":%d,"
               "\"item_id\":\"%s\"}",
               at_ms, item);
}

static void transcript(struct line *line, const char *item, const char *words)
{
    line_model(line,
               "{\"type\":\"conversation.item.input_audio_transcription.completed\","
               "\"item_id\":\"%s\",\"content_index\":0,\"transcript\":\"%s\"}",
               item, words);
}

static void created(struct line *line, const char *id)
{
    line_model(line, "{\"type\":\"response.created\",\"response\":{\"id\":\"%s\"}}", id);
}

static void done(struct line *line, const char *id)
{
    line_model(line,
               "{\"type\":\"response.done\",\"response\":{\"id\":\"%s\",\"status\":"
               "\"completed\"}}",
               id);
}

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
    created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 100);
    line_say(line, "resp_1", "item_1", 200);
    line_say(line, "resp_1", "item_1", 400);

    assert_int_equal(line_count_to_stream(line, "\"media\":{\"payload\":\"AAAA"), 3);
    assert_int_equal(line_count_to_stream(line, "\"mark\":{\"name\":\"0.800\"}"), 1);
    assert_int_equal(line_count_to_stream(line, "\"mark\":{\"name\":\"0.2400\"}"), 1);
    assert_int_equal(line_count_to_stream(line, "\"event\":\"mark\""), 2);

    line_model(line, "{\"type\":\"response.output_audio.done\",\"response_id\":\"resp_1\","
                     "\"item_id\":\"item_1\"}");
    done(line, "resp_1");
    assert_int_equal(line_count_to_stream(line, "\"mark\":{\"name\":\"0.5600\"}"), 1);
    assert_int_equal(line_count_to_stream(line, "\"event\":\"mark\""), 3);
}

static void a_long_delta_is_cut_at_every_mark(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    created(line, "resp_1");
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

static void a_turn_is_told_when_its_playing_is_over(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_talk(line, 1000);
    created(line, "resp_1");
    line_words(line, "resp_1", "item_1", "Hello, how ");
    line_say(line, "resp_1", "item_1", 600);
    line_words(line, "resp_1", "item_1", "are you?");
    line_say(line, "resp_1", "item_1", 400);
    done(line, "resp_1");
    line_talk(line, 980);
    assert_int_equal(line->turn_count, 0);
    line_talk(line, 20);
    assert_int_equal(line->turn_count, 0); /* Twilio has not said so yet */
    line_marks_back(line, 0);

    assert_int_equal(line->turn_count, 1);
    assert_int_equal(line->turns[0].role, ROLE_AGENT);
    assert_string_equal(line->turns[0].text, "Hello, how are you?");
    assert_false(line->turns[0].interrupted);
    assert_int_equal(line->turns[0].start_ms, 1000);
    assert_int_equal(line->turns[0].end_ms, 2000);
}

static void a_mark_that_never_comes_does_not_hold_a_turn_for_ever(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    created(line, "resp_1");
    line_words(line, "resp_1", "item_1", "Hello.");
    line_say(line, "resp_1", "item_1", 1000);
    done(line, "resp_1");
    line_talk(line, 2980);
    assert_int_equal(line->turn_count, 0);
    line_talk(line, 20);

    assert_int_equal(line->turn_count, 1);
    assert_false(line->turns[0].interrupted);
}

static void who_speaks_over_the_model_cuts_it(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_talk(line, 1000);
    created(line, "resp_1");
    line_words(line, "resp_1", "item_1", "One two three four five six seven eight nine ten.");
    line_say(line, "resp_1", "item_1", 4000);
    line_talk(line, 1500);
    line_stream(line, "{\"event\":\"mark\",\"streamSid\":\"" STREAM_SID
                      "\",\"mark\":{\"name\":\"0.11997\"}}"); /* 1499.6 ms */
    line_talk(line, 200);
    began(line, "item_2", 2600);

    assert_string_equal(line->to_stream[line->stream_count - 1],
                        "{\"event\":\"clear\",\"streamSid\":\"" STREAM_SID "\"}");
    assert_string_equal(line_last_to_model(line),
                        "{\"type\":\"conversation.item.truncate\",\"item_id\":\"item_1\","
                        "\"content_index\":0,\"audio_end_ms\":1699}");
    assert_int_equal(line_count_to_model(line, "response.cancel"), 0); /* it does so itself */
    assert_int_equal(cm_metric_value(line->metrics.interruptions), 1);
    assert_int_equal(line->turn_count, 1);
    assert_string_equal(line->turns[0].text, "One two three four"); /* 42 % of its letters */
    assert_true(line->turns[0].interrupted);
    assert_int_equal(line->turns[0].start_ms, 1000);
    assert_int_equal(line->turns[0].end_ms, 2700);
}

static void what_still_comes_of_a_cut_response_is_dropped(void **state)
{
    struct line *line = *state;
    size_t media;

    line_answer(line, "");
    created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 1000);
    line_talk(line, 100);
    began(line, "item_2", 0);
    media = line_count_to_stream(line, "\"event\":\"media\"");
    line_say(line, "resp_1", "item_1", 1000);
    line_words(line, "resp_1", "item_1", "unheard");
    assert_int_equal(line_count_to_stream(line, "\"event\":\"media\""), media);

    line_model(line, "{\"type\":\"response.done\",\"response\":{\"id\":\"resp_1\",\"status\":"
                     "\"cancelled\"}}");
    created(line, "resp_2");
    line_say(line, "resp_2", "item_3", 100);
    assert_int_equal(line_count_to_stream(line, "\"event\":\"media\""), media + 1);
    session_end(line->session, END_STOPPED, line->now_ms);
    assert_int_equal(line->turn_count, 0);
}

static void a_model_that_does_not_stop_by_itself_is_told_to(void **state)
{
    struct line *line = *state;

    line_start(line);
    line_admit(line, "");
    session_model_opened(line->session, line->now_ms);
    line_model(line, "{\"type\":\"session.created\",\"session\":{\"modalities\":[\"text\"]}}");
    line_model(line, "{\"type\":\"session.updated\",\"session\":{\"input_audio_format\":"
                     "\"g711_ulaw\",\"output_audio_format\":\"g711_ulaw\"}}");
    created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 1000);
    line_talk(line, 100);
    began(line, "item_2", 0);

    assert_int_equal(line_count_to_model(line, "{\"type\":\"response.cancel\",\"response_id\":"
                                               "\"resp_1\"}"),
                     1);
    done(line, "resp_1");
    line_talk(line, 100);
    began(line, "item_3", 100);
    assert_int_equal(line_count_to_model(line, "response.cancel"), 1); /* nothing is open */
}

static void marks_that_a_clear_sends_back_are_not_played(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 2000);
    done(line, "resp_1");
    line_talk(line, 300);
    began(line, "item_2", 0);
    created(line, "resp_2");
    transcript(line, "item_2", "Wait.");
    line_words(line, "resp_2", "item_3", "Yes, of course, at once.");
    line_say(line, "resp_2", "item_3", 2000);
    done(line, "resp_2");
    line_marks_back(line, 0); /* the first response's, cleared, and all of the second's ... */
    line_talk(line, 40);

    assert_int_equal(line->turn_count, 2); /* ... which are believed: it is over */
    assert_string_equal(line->turns[1].text, "Yes, of course, at once.");
    assert_false(line->turns[1].interrupted);
}

static void old_marks_do_not_move_what_is_played_after_a_clear(void **state)
{
    struct line *line = *state;
    size_t until;

    line_answer(line, "");
    created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 2000);
    done(line, "resp_1");
    line_talk(line, 300);
    began(line, "item_2", 0);
    until = line->stream_count;
    created(line, "resp_2");
    line_say(line, "resp_2", "item_3", 2000);
    done(line, "resp_2");
    for (size_t i = 0; i < until; i++)
        if (strstr(line->to_stream[i], "\"mark\""))
            line_stream(line, line->to_stream[i]);
    line_talk(line, 120);
    began(line, "item_4", 420);

    assert_string_equal(line_last_to_model(line),
                        "{\"type\":\"conversation.item.truncate\",\"item_id\":\"item_3\","
                        "\"content_index\":0,\"audio_end_ms\":120}");
}

static void what_waits_behind_what_is_cut_is_cut_at_nothing(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    created(line, "resp_1");
    line_words(line, "resp_1", "item_1", "First.");
    line_say(line, "resp_1", "item_1", 1000);
    done(line, "resp_1");
    created(line, "resp_2");
    line_words(line, "resp_2", "item_2", "Second.");
    line_say(line, "resp_2", "item_2", 1000);
    done(line, "resp_2");
    line_talk(line, 400);
    began(line, "item_3", 0);

    assert_non_null(strstr(line->to_model[line->model_count - 2], "\"item_1\""));
    assert_non_null(strstr(line->to_model[line->model_count - 2], "\"audio_end_ms\":400"));
    assert_non_null(strstr(line_last_to_model(line), "\"item_2\",\"content_index\":0,"
                                                     "\"audio_end_ms\":0"));
    assert_int_equal(line->turn_count, 0); /* "First." is one word, and was not heard whole */
}

static void who_speaks_after_all_was_played_cuts_nothing(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    created(line, "resp_1");
    line_words(line, "resp_1", "item_1", "Hello.");
    line_say(line, "resp_1", "item_1", 500);
    done(line, "resp_1");
    line_talk(line, 500);
    line_marks_back(line, 0);
    began(line, "item_2", 500);

    assert_int_equal(line_count_to_stream(line, "clear"), 0);
    assert_int_equal(line_count_to_model(line, "truncate"), 0);
    assert_int_equal(cm_metric_value(line->metrics.interruptions), 0);
    assert_int_equal(line->turn_count, 1);
}

static void a_full_queue_costs_sound_and_nothing_else(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    created(line, "resp_1");
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
    began(line, "item_2", 0);
    assert_non_null(strstr(line_last_to_model(line), "\"audio_end_ms\":100"));
}

static void a_queue_that_takes_no_more_sound_takes_what_must_arrive(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 1000);
    line_talk(line, 100);
    line->stream_nearly_full = line->model_nearly_full = true;
    line_talk(line, 40);
    line_say(line, "resp_1", "item_1", 100);
    assert_int_equal(cm_metric_value(line->metrics.media_dropped), 3);
    began(line, "item_2", 0);

    assert_int_equal(line_count_to_stream(line, "clear"), 1);
    assert_non_null(strstr(line_last_to_model(line), "\"audio_end_ms\":140"));
    assert_int_equal(line->ends, 0);
}

static void words_whose_sound_was_lost_are_no_turn_and_hold_up_none(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    created(line, "resp_1");
    line->stream_full = true;
    line_words(line, "resp_1", "item_1", "Unheard.");
    line_say(line, "resp_1", "item_1", 400);
    line->stream_full = false;
    done(line, "resp_1");
    line_talk(line, 20);
    transcript(line, "item_2", "Hello?");

    assert_int_equal(line->turn_count, 1);
    assert_string_equal(line->turns[0].text, "Hello?");
}

static void a_clear_that_does_not_fit_is_sent_as_soon_as_it_does(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 1000);
    done(line, "resp_1");
    line_talk(line, 100);
    line->stream_full = true;
    began(line, "item_2", 0);
    assert_int_equal(line_count_to_stream(line, "clear"), 0);
    line->stream_full = false;
    line_talk(line, 40);

    assert_int_equal(line_count_to_stream(line, "clear"), 1);
}

static void the_callers_words_come_with_their_time_on_the_stream(void **state)
{
    struct line *line = *state;

    line_start(line);
    line_talk(line, 2000); /* before the model was there: its clock begins later */
    line_admit(line, "");
    line_ready(line);
    line_talk(line, 3000);
    began(line, "item_1", 500);
    stopped(line, "item_1", 1500);
    transcript(line, "item_1", "Caf\\u00e9 \\\"Zum Hirsch\\\"?");

    assert_int_equal(line->turn_count, 1);
    assert_int_equal(line->turns[0].role, ROLE_CALLER);
    assert_string_equal(line->turns[0].text, "Caf\xC3\xA9 \"Zum Hirsch\"?");
    assert_int_equal(line->turns[0].start_ms, 2520);
    assert_int_equal(line->turns[0].end_ms, 3520);
}

static void words_that_come_after_the_answer_are_told_before_it(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_talk(line, 1000);
    began(line, "item_1", 100);
    stopped(line, "item_1", 800);
    created(line, "resp_1");
    line_words(line, "resp_1", "item_2", "Sure.");
    line_say(line, "resp_1", "item_2", 500);
    done(line, "resp_1");
    line_talk(line, 500);
    line_marks_back(line, 0);
    assert_int_equal(line->turn_count, 0);
    transcript(line, "item_1", "Can you help me?");

    assert_int_equal(line->turn_count, 2);
    assert_string_equal(line->turns[0].text, "Can you help me?");
    assert_string_equal(line->turns[1].text, "Sure.");
}

static void words_that_never_come_hold_nobody_up_for_long(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_talk(line, 1000);
    began(line, "item_1", 100);
    stopped(line, "item_1", 800);
    created(line, "resp_1");
    line_words(line, "resp_1", "item_2", "Sure.");
    line_say(line, "resp_1", "item_2", 500);
    done(line, "resp_1");
    line_talk(line, 500);
    line_marks_back(line, 0);
    line_talk(line, 4480);
    assert_int_equal(line->turn_count, 0);
    line_talk(line, 20);
    assert_int_equal(line->turn_count, 1);
    transcript(line, "item_1", "Can you help me?");

    assert_int_equal(line->turn_count, 2);
    assert_string_equal(line->turns[1].text, "Can you help me?");
    assert_int_equal(line->turns[1].start_ms, 120);
}

static void words_are_told_once_and_noise_never(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_talk(line, 1000);
    began(line, "item_1", 100);
    stopped(line, "item_1", 800);
    transcript(line, "item_1", "  ");
    began(line, "item_2", 810);
    stopped(line, "item_2", 900);
    transcript(line, "item_2", "Yes.");
    transcript(line, "item_2", "Yes.");
    began(line, "item_3", 910);
    line_model(line, "{\"type\":\"conversation.item.input_audio_transcription.failed\","
                     "\"item_id\":\"item_3\",\"error\":{\"message\":\"x\"}}");
    session_end(line->session, END_STOPPED, line->now_ms);

    assert_int_equal(line->turn_count, 1);
    assert_string_equal(line->turns[0].text, "Yes.");
}

static void an_end_tells_what_was_open(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_talk(line, 1000);
    began(line, "item_1", 100);
    stopped(line, "item_1", 800);
    line_model(line, "{\"type\":\"conversation.item.input_audio_transcription.delta\","
                     "\"item_id\":\"item_1\",\"delta\":\"Good mor\"}");
    created(line, "resp_1");
    line_words(line, "resp_1", "item_2", "Good morning to you as well.");
    line_say(line, "resp_1", "item_2", 2000);
    line_talk(line, 1000);
    session_end(line->session, END_CLOSED, line->now_ms);

    assert_int_equal(line->turn_count, 2);
    assert_string_equal(line->turns[0].text, "Good mor");
    assert_string_equal(line->turns[1].text, "Good");
    assert_true(line->turns[1].interrupted);
    assert_int_equal(line->turns[1].end_ms, 2000);
    assert_int_equal(line->ends, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINE_TEST(the_callers_sound_goes_through_untouched),
        LINE_TEST(nothing_goes_to_a_model_that_is_not_ready),
        LINE_TEST(the_models_sound_reaches_twilio_with_marks),
        LINE_TEST(a_long_delta_is_cut_at_every_mark),
        LINE_TEST(both_names_of_the_sound_are_heard),
        LINE_TEST(a_turn_is_told_when_its_playing_is_over),
        LINE_TEST(a_mark_that_never_comes_does_not_hold_a_turn_for_ever),
        LINE_TEST(who_speaks_over_the_model_cuts_it),
        LINE_TEST(what_still_comes_of_a_cut_response_is_dropped),
        LINE_TEST(a_model_that_does_not_stop_by_itself_is_told_to),
        LINE_TEST(marks_that_a_clear_sends_back_are_not_played),
        LINE_TEST(old_marks_do_not_move_what_is_played_after_a_clear),
        LINE_TEST(what_waits_behind_what_is_cut_is_cut_at_nothing),
        LINE_TEST(who_speaks_after_all_was_played_cuts_nothing),
        LINE_TEST(a_full_queue_costs_sound_and_nothing_else),
        LINE_TEST(a_queue_that_takes_no_more_sound_takes_what_must_arrive),
        LINE_TEST(words_whose_sound_was_lost_are_no_turn_and_hold_up_none),
        LINE_TEST(a_clear_that_does_not_fit_is_sent_as_soon_as_it_does),
        LINE_TEST(the_callers_words_come_with_their_time_on_the_stream),
        LINE_TEST(words_that_come_after_the_answer_are_told_before_it),
        LINE_TEST(words_that_never_come_hold_nobody_up_for_long),
        LINE_TEST(words_are_told_once_and_noise_never),
        LINE_TEST(an_end_tells_what_was_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
