/* session_turns_test.c - the turns that come of what is said, on both sides. */
#include "line.h"

static void a_turn_is_told_when_its_playing_is_over(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_talk(line, 1000);
    line_created(line, "resp_1");
    line_words(line, "resp_1", "item_1", "Hello, how ");
    line_say(line, "resp_1", "item_1", 600);
    line_words(line, "resp_1", "item_1", "are you?");
    line_say(line, "resp_1", "item_1", 400);
    line_done(line, "resp_1");
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
    line_respond(line, "resp_1", "item_1", "Hello.", 1000);
    line_talk(line, 2980);
    assert_int_equal(line->turn_count, 0);
    line_talk(line, 20);

    assert_int_equal(line->turn_count, 1);
    assert_false(line->turns[0].interrupted);
}

static void words_whose_sound_was_lost_are_no_turn_and_hold_up_none(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_created(line, "resp_1");
    line->stream_full = true;
    line_words(line, "resp_1", "item_1", "Unheard.");
    line_say(line, "resp_1", "item_1", 400);
    line->stream_full = false;
    line_done(line, "resp_1");
    line_talk(line, 20);
    line_transcript(line, "item_2", "Hello?");

    assert_int_equal(line->turn_count, 1);
    assert_string_equal(line->turns[0].text, "Hello?");
}

static void the_callers_words_come_with_their_time_on_the_stream(void **state)
{
    struct line *line = *state;

    line_start(line);
    line_talk(line, 2000); /* before the model was there: its clock begins later */
    line_admit(line, "");
    line_ready(line);
    line_talk(line, 3000);
    line_began(line, "item_1", 500);
    line_stopped(line, "item_1", 1500);
    line_transcript(line, "item_1", "Caf\\u00e9 \\\"Zum Hirsch\\\"?");

    assert_int_equal(line->turn_count, 1);
    assert_int_equal(line->turns[0].role, ROLE_CALLER);
    assert_string_equal(line->turns[0].text, "Caf\xC3\xA9 \"Zum Hirsch\"?");
    assert_int_equal(line->turns[0].start_ms, 2520);
    assert_int_equal(line->turns[0].end_ms, 3520);
}

/* The caller's words are not there yet when the answer to them was played. */
static void given_answered_before_heard(struct line *line)
{
    line_answer(line, "");
    line_talk(line, 1000);
    line_began(line, "item_1", 100);
    line_stopped(line, "item_1", 800);
    line_respond(line, "resp_1", "item_2", "Sure.", 500);
    line_talk(line, 500);
    line_marks_back(line, 0);
}

static void words_that_come_after_the_answer_are_told_before_it(void **state)
{
    struct line *line = *state;

    given_answered_before_heard(line);
    assert_int_equal(line->turn_count, 0);
    line_transcript(line, "item_1", "Can you help me?");

    assert_int_equal(line->turn_count, 2);
    assert_string_equal(line->turns[0].text, "Can you help me?");
    assert_string_equal(line->turns[1].text, "Sure.");
}

static void words_that_never_come_hold_nobody_up_for_long(void **state)
{
    struct line *line = *state;

    given_answered_before_heard(line);
    line_talk(line, 4480);
    assert_int_equal(line->turn_count, 0);
    line_talk(line, 20);
    assert_int_equal(line->turn_count, 1);
    line_transcript(line, "item_1", "Can you help me?");

    assert_int_equal(line->turn_count, 2);
    assert_string_equal(line->turns[1].text, "Can you help me?");
    assert_int_equal(line->turns[1].start_ms, 120);
}

static void words_are_told_once_and_noise_never(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_talk(line, 1000);
    line_began(line, "item_1", 100);
    line_stopped(line, "item_1", 800);
    line_transcript(line, "item_1", "  ");
    line_began(line, "item_2", 810);
    line_stopped(line, "item_2", 900);
    line_transcript(line, "item_2", "Yes.");
    line_transcript(line, "item_2", "Yes.");
    line_began(line, "item_3", 910);
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
    line_began(line, "item_1", 100);
    line_stopped(line, "item_1", 800);
    line_model(line, "{\"type\":\"conversation.item.input_audio_transcription.delta\","
                     "\"item_id\":\"item_1\",\"delta\":\"Good mor\"}");
    line_created(line, "resp_1");
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
        LINE_TEST(a_turn_is_told_when_its_playing_is_over),
        LINE_TEST(a_mark_that_never_comes_does_not_hold_a_turn_for_ever),
        LINE_TEST(words_whose_sound_was_lost_are_no_turn_and_hold_up_none),
        LINE_TEST(the_callers_words_come_with_their_time_on_the_stream),
        LINE_TEST(words_that_come_after_the_answer_are_told_before_it),
        LINE_TEST(words_that_never_come_hold_nobody_up_for_long),
        LINE_TEST(words_are_told_once_and_noise_never),
        LINE_TEST(an_end_tells_what_was_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
