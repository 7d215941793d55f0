/* session_cut_test.c - the caller speaks over the model. */
#include "line.h"

static void who_speaks_over_the_model_cuts_it(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_talk(line, 1000);
    line_created(line, "resp_1");
    line_words(line, "resp_1", "item_1", "One two three four five six seven eight nine ten.");
    line_say(line, "resp_1", "item_1", 4000);
    line_talk(line, 1500);
    line_stream(line, "{\"event\":\"mark\",\"streamSid\":\"" STREAM_SID
                      "\",\"mark\":{\"name\":\"0.11997\"}}"); /* 1499.6 ms */
    line_talk(line, 200);
    line_began(line, "item_2", 2600);

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
    line_created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 1000);
    line_talk(line, 100);
    line_began(line, "item_2", 0);
    media = line_count_to_stream(line, "\"event\":\"media\"");
    line_say(line, "resp_1", "item_1", 1000);
    line_words(line, "resp_1", "item_1", "unheard");
    assert_int_equal(line_count_to_stream(line, "\"event\":\"media\""), media);

    line_model(line, "{\"type\":\"response.done\",\"response\":{\"id\":\"resp_1\",\"status\":"
                     "\"cancelled\"}}");
    line_created(line, "resp_2");
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
    line_created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 1000);
    line_talk(line, 100);
    line_began(line, "item_2", 0);

    assert_int_equal(line_count_to_model(line, "{\"type\":\"response.cancel\",\"response_id\":"
                                               "\"resp_1\"}"),
                     1);
    line_done(line, "resp_1");
    line_talk(line, 100);
    line_began(line, "item_3", 100);
    assert_int_equal(line_count_to_model(line, "response.cancel"), 1); /* nothing is open */
}

static void marks_that_a_clear_sends_back_are_not_played(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_respond(line, "resp_1", "item_1", NULL, 2000);
    line_talk(line, 300);
    line_began(line, "item_2", 0);
    line_created(line, "resp_2");
    line_transcript(line, "item_2", "Wait.");
    line_words(line, "resp_2", "item_3", "Yes, of course, at once.");
    line_say(line, "resp_2", "item_3", 2000);
    line_done(line, "resp_2");
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
    line_respond(line, "resp_1", "item_1", NULL, 2000);
    line_talk(line, 300);
    line_began(line, "item_2", 0);
    until = line->stream_count;
    line_respond(line, "resp_2", "item_3", NULL, 2000);
    for (size_t i = 0; i < until; i++)
        if (strstr(line->to_stream[i], "\"mark\""))
            line_stream(line, line->to_stream[i]);
    line_talk(line, 120);
    line_began(line, "item_4", 420);

    assert_string_equal(line_last_to_model(line),
                        "{\"type\":\"conversation.item.truncate\",\"item_id\":\"item_3\","
                        "\"content_index\":0,\"audio_end_ms\":120}");
}

static void what_waits_behind_what_is_cut_is_cut_at_nothing(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_respond(line, "resp_1", "item_1", "First.", 1000);
    line_respond(line, "resp_2", "item_2", "Second.", 1000);
    line_talk(line, 400);
    line_began(line, "item_3", 0);

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
    line_respond(line, "resp_1", "item_1", "Hello.", 500);
    line_talk(line, 500);
    line_marks_back(line, 0);
    line_began(line, "item_2", 500);

    assert_int_equal(line_count_to_stream(line, "clear"), 0);
    assert_int_equal(line_count_to_model(line, "truncate"), 0);
    assert_int_equal(cm_metric_value(line->metrics.interruptions), 0);
    assert_int_equal(line->turn_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINE_TEST(who_speaks_over_the_model_cuts_it),
        LINE_TEST(what_still_comes_of_a_cut_response_is_dropped),
        LINE_TEST(a_model_that_does_not_stop_by_itself_is_told_to),
        LINE_TEST(marks_that_a_clear_sends_back_are_not_played),
        LINE_TEST(old_marks_do_not_move_what_is_played_after_a_clear),
        LINE_TEST(what_waits_behind_what_is_cut_is_cut_at_nothing),
        LINE_TEST(who_speaks_after_all_was_played_cuts_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
