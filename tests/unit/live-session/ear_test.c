/* What an ear cuts out of the sound of a line. */
#include "captions_talk.h"

#include <string.h>

static const char *const brief[] = { "CAPTIONS_WINDOW_MS=2000", NULL };

static void a_silent_line_makes_no_window(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    be_quiet(&talk->ada, 20000);
    talk->ada.hiss = 100;
    be_quiet(&talk->ada, 20000);
    hear_out(&talk->ada);

    assert_heard(&talk->ada, "");
    assert_int_equal(stage_count(&talk->stage, "callmill_captions_windows_total", NULL), 0);
    assert_int_equal(talk->stage.engine.heard, 0);
}

static void a_turn_has_the_times_of_its_voice_in_the_stream(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    be_quiet(&talk->ada, 5000);
    say(&talk->ada, 'a', 800);
    be_quiet(&talk->ada, 3000);
    say(&talk->ada, 'b', 600);
    be_quiet(&talk->ada, 1000);
    await_turns(&talk->ada, 2);

    assert_heard(&talk->ada, "a|b");
    assert_times(&talk->ada, 0, 5000, 5800);
    assert_times(&talk->ada, 1, 8800, 9400);
}

static void a_window_is_the_voice_and_200_ms_around_it(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    be_quiet(&talk->ada, 5000);
    say(&talk->ada, 'a', 800);
    be_quiet(&talk->ada, 3000);
    await_turns(&talk->ada, 1);
    assert_in_range(talk->stage.engine.last_ms, 1199, 1201);

    /* A stream that begins with a voice has nothing before it. */
    speaker_close(&talk->ada);
    speaker_open(&talk->ada, &talk->stage);
    say(&talk->ada, 'b', 800);
    be_quiet(&talk->ada, 1000);
    await_turns(&talk->ada, 1);
    assert_in_range(talk->stage.engine.last_ms, 999, 1001);
}

static void a_pause_ends_a_window_and_a_shorter_one_does_not(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    say(&talk->ada, 'a', 500);
    be_quiet(&talk->ada, 400);
    say(&talk->ada, 'b', 500);
    be_quiet(&talk->ada, 520);
    say(&talk->ada, 'c', 500);
    hear_out(&talk->ada);

    assert_heard(&talk->ada, "a b|c");
    assert_times(&talk->ada, 0, 0, 1400);
    assert_times(&talk->ada, 1, 1920, 2420);
}

static void the_pause_can_be_set(void **state)
{
    static const char *const patient[] = { "CAPTIONS_PAUSE_MS=1500", NULL };
    struct talk *talk = talk_open(state, patient);

    say(&talk->ada, 'a', 500);
    be_quiet(&talk->ada, 1400);
    say(&talk->ada, 'b', 500);
    be_quiet(&talk->ada, 1520);
    await_turns(&talk->ada, 1);

    assert_heard(&talk->ada, "a b");
}

static void two_windows_share_no_sound(void **state)
{
    static const char *const hasty[] = { "CAPTIONS_PAUSE_MS=200", NULL };
    struct talk *talk = talk_open(state, hasty);

    for (const char *letter = "abcde"; *letter; letter++) {
        say(&talk->ada, *letter, 500);
        be_quiet(&talk->ada, 220);
    }
    await_turns(&talk->ada, 5);

    assert_heard(&talk->ada, "a|b|c|d|e");
    assert_in_range(talk->stage.engine.heard_ms, 5 * 700, 5 * 720);
}

/* 1.4 s of a voice, 60 ms of less, and on it goes: the cut is where there was less. */
static void who_does_not_pause_is_cut_at_the_quietest_place(void **state)
{
    struct talk *talk = talk_open(state, brief);

    say(&talk->ada, 'a', 1400);
    say_softly(&talk->ada, 'a', 60);
    say(&talk->ada, 'b', 1000);
    be_quiet(&talk->ada, 1000);
    await_turns(&talk->ada, 2);

    assert_heard(&talk->ada, "a|b");
    assert_times(&talk->ada, 0, 0, 1400);
    assert_times(&talk->ada, 1, 1460, 2460);
}

static void nothing_is_lost_at_a_cut_and_nothing_heard_twice(void **state)
{
    struct talk *talk = talk_open(state, brief);

    be_quiet(&talk->ada, 1000);
    say(&talk->ada, 'a', 9000); /* as steady as this it is cut at its end: 1.8 s, then 2 s each */
    be_quiet(&talk->ada, 1000);
    hear_out(&talk->ada);

    assert_in_range(talk->stage.engine.heard_ms, 9380, 9420);
    assert_times(&talk->ada, 0, 1000, 1000 + 1780);
    for (int i = 1; i < talk->ada.turn_count; i++)
        assert_in_range(talk->ada.turns[i].start_ms - talk->ada.turns[i - 1].end_ms, 0, 50);
    assert_in_range(talk->ada.turns[talk->ada.turn_count - 1].end_ms, 9950, 10050);
}

/* The window is full while a pause runs that is not long enough yet: the cut falls into it. */
static void a_cut_in_a_pause_leaves_nothing_behind(void **state)
{
    struct talk *talk = talk_open(state, brief);

    say(&talk->ada, 'a', 1700);
    be_quiet(&talk->ada, 5000);
    say(&talk->ada, 'b', 500);
    hear_out(&talk->ada);

    assert_heard(&talk->ada, "a|b");
    assert_times(&talk->ada, 1, 6700, 7200);
    assert_int_equal(stage_count(&talk->stage, "callmill_captions_windows_total", NULL), 2);
}

static void a_click_is_no_speech(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    for (int i = 0; i < 20; i++) {
        say(&talk->ada, 'c', 40);
        be_quiet(&talk->ada, 900);
    }
    hear_out(&talk->ada);

    assert_int_equal(talk->stage.engine.heard, 0);
    assert_int_equal(stage_count(&talk->stage, "callmill_captions_windows_total", NULL), 0);
}

static void a_voice_is_found_in_steady_noise(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    talk->ada.hiss = 500; /* a mean magnitude of 250 */
    be_quiet(&talk->ada, 5000);
    hear_out(&talk->ada);
    speaker_close(&talk->ada);
    assert_in_range(talk->stage.engine.heard_ms, 1, 4000); /* until it was known */

    speaker_open(&talk->ada, &talk->stage);
    talk->ada.hiss = 500;
    be_quiet(&talk->ada, 5000);
    say(&talk->ada, 'd', 700);
    be_quiet(&talk->ada, 2000);
    say(&talk->ada, 'e', 700);
    be_quiet(&talk->ada, 2000);
    await_turns(&talk->ada, 2);
    assert_heard(&talk->ada, "d|e");
    assert_times(&talk->ada, 0, 5000, 5700);
    assert_times(&talk->ada, 1, 7700, 8400);
}

static void pieces_may_have_any_size(void **state)
{
    static const size_t pieces[] = { 1, 7, 80, 159, 161, 320, 1000, 64000 };
    struct talk *talk = talk_open(state, NULL);

    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        speaker_close(&talk->ada);
        speaker_open(&talk->ada, &talk->stage);
        talk->ada.piece = pieces[i];
        be_quiet(&talk->ada, 1000);
        say(&talk->ada, 'a', 700);
        be_quiet(&talk->ada, 700);
        say(&talk->ada, 'b', 333);
        hear_out(&talk->ada);

        assert_heard(&talk->ada, "a|b");
        assert_times(&talk->ada, 0, 1000, 1700);
        assert_times(&talk->ada, 1, 2400, 2733);
    }
}

static void a_gap_is_a_pause(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    talk->ada.at_ms = 3600000; /* the stream is heard from its second hour on */
    say(&talk->ada, 'a', 500);
    talk->ada.at_ms += 300;
    say(&talk->ada, 'b', 500);
    talk->ada.at_ms += 7000;
    say(&talk->ada, 'c', 510); /* half a frame is left over */
    talk->ada.at_ms += 86400000;
    say(&talk->ada, 'd', 500);
    hear_out(&talk->ada);

    assert_heard(&talk->ada, "a b|c|d");
    assert_times(&talk->ada, 0, 3600000, 3601300);
    assert_times(&talk->ada, 1, 3608300, 3608810);
    assert_times(&talk->ada, 2, 90008810, 90009310);
}

static void uneven_timestamps_are_no_gaps(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    for (int i = 0; i < 20; i++) {
        int64_t at_ms = talk->ada.at_ms;

        talk->ada.at_ms += i % 2 ? 90 : -90;
        say(&talk->ada, 'a', 60);
        talk->ada.at_ms = at_ms + 60;
    }
    hear_out(&talk->ada);

    assert_heard(&talk->ada, "a");
    assert_times(&talk->ada, 0, 0, 1200);
}

static void nonsense_for_a_time_is_not_believed(void **state)
{
    static const int64_t nonsense[] = { INT64_MIN, -1, 0, 5, INT64_MAX, INT64_MAX / 8, 1LL << 40 };
    struct talk *talk = talk_open(state, NULL);

    be_quiet(&talk->ada, 1000);
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        int64_t at_ms = talk->ada.at_ms;

        talk->ada.at_ms = nonsense[i] < INT64_MAX - 100 ? nonsense[i] : INT64_MAX - 100;
        say(&talk->ada, 'a', 20);
        talk->ada.at_ms = at_ms + 20;
    }
    be_quiet(&talk->ada, 1000);
    await_turns(&talk->ada, 1);

    assert_heard(&talk->ada, "a");
    assert_times(&talk->ada, 0, 1000, 1140);
}

static void the_end_of_the_line_ends_what_was_begun(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    say(&talk->ada, 'a', 433); /* not whole frames */
    hear_out(&talk->ada);

    assert_heard(&talk->ada, "a");
    assert_times(&talk->ada, 0, 0, 433);
}

static void after_the_end_nothing_is_heard(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    say_word(&talk->ada, 'a');
    ear_finish(talk->ada.ear, 60000);
    say_word(&talk->ada, 'b');
    hear_out(&talk->ada); /* a second end is none */

    assert_heard(&talk->ada, "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(a_silent_line_makes_no_window),
        TALK_TEST(a_turn_has_the_times_of_its_voice_in_the_stream),
        TALK_TEST(a_window_is_the_voice_and_200_ms_around_it),
        TALK_TEST(a_pause_ends_a_window_and_a_shorter_one_does_not),
        TALK_TEST(the_pause_can_be_set),
        TALK_TEST(two_windows_share_no_sound),
        TALK_TEST(who_does_not_pause_is_cut_at_the_quietest_place),
        TALK_TEST(nothing_is_lost_at_a_cut_and_nothing_heard_twice),
        TALK_TEST(a_cut_in_a_pause_leaves_nothing_behind),
        TALK_TEST(a_click_is_no_speech),
        TALK_TEST(a_voice_is_found_in_steady_noise),
        TALK_TEST(pieces_may_have_any_size),
        TALK_TEST(a_gap_is_a_pause),
        TALK_TEST(uneven_timestamps_are_no_gaps),
        TALK_TEST(nonsense_for_a_time_is_not_believed),
        TALK_TEST(the_end_of_the_line_ends_what_was_begun),
        TALK_TEST(after_the_end_nothing_is_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
