/* What an ear cuts out of the sound of a line. */
#include "captions_stage.h"

#include <string.h>

struct fixture {
    struct stage stage;
    struct speaker ada;
};

static const char *const brief[] = { "CAPTIONS_WINDOW_MS=2000", NULL };

static void begin_with(struct fixture *fx, const char *const settings[])
{
    stage_open(&fx->stage, settings);
    speaker_open(&fx->ada, &fx->stage);
}

static void begin(struct fixture *fx)
{
    begin_with(fx, NULL);
}

static void end(struct fixture *fx)
{
    speaker_close(&fx->ada);
    stage_close(&fx->stage);
}

static void a_silent_line_makes_no_window(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    be_quiet(&fx.ada, 20000);
    fx.ada.hiss = 100;
    be_quiet(&fx.ada, 20000);
    hear_out(&fx.ada);

    assert_heard(&fx.ada, "");
    assert_int_equal(stage_count(&fx.stage, "callmill_captions_windows_total", NULL), 0);
    assert_int_equal(fx.stage.engine.heard, 0);
    end(&fx);
}

static void a_turn_has_the_times_of_its_voice_in_the_stream(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    be_quiet(&fx.ada, 5000);
    say(&fx.ada, 'a', 800);
    be_quiet(&fx.ada, 3000);
    say(&fx.ada, 'b', 600);
    be_quiet(&fx.ada, 1000);
    await_turns(&fx.ada, 2);

    assert_heard(&fx.ada, "a|b");
    assert_times(&fx.ada, 0, 5000, 5800);
    assert_times(&fx.ada, 1, 8800, 9400);
    end(&fx);
}

static void a_window_is_the_voice_and_200_ms_around_it(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    be_quiet(&fx.ada, 5000);
    say(&fx.ada, 'a', 800);
    be_quiet(&fx.ada, 3000);
    await_turns(&fx.ada, 1);
    assert_in_range(fx.stage.engine.last_ms, 1199, 1201);

    /* A stream that begins with a voice has nothing before it. */
    speaker_close(&fx.ada);
    speaker_open(&fx.ada, &fx.stage);
    say(&fx.ada, 'b', 800);
    be_quiet(&fx.ada, 1000);
    await_turns(&fx.ada, 1);
    assert_in_range(fx.stage.engine.last_ms, 999, 1001);
    end(&fx);
}

static void a_pause_ends_a_window_and_a_shorter_one_does_not(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    say(&fx.ada, 'a', 500);
    be_quiet(&fx.ada, 400);
    say(&fx.ada, 'b', 500);
    be_quiet(&fx.ada, 520);
    say(&fx.ada, 'c', 500);
    hear_out(&fx.ada);

    assert_heard(&fx.ada, "a b|c");
    assert_times(&fx.ada, 0, 0, 1400);
    assert_times(&fx.ada, 1, 1920, 2420);
    end(&fx);
}

static void the_pause_can_be_set(void **state)
{
    static const char *const patient[] = { "CAPTIONS_PAUSE_MS=1500", NULL };
    struct fixture fx;

    (void)state;
    begin_with(&fx, patient);
    say(&fx.ada, 'a', 500);
    be_quiet(&fx.ada, 1400);
    say(&fx.ada, 'b', 500);
    be_quiet(&fx.ada, 1520);
    await_turns(&fx.ada, 1);

    assert_heard(&fx.ada, "a b");
    end(&fx);
}

static void two_windows_share_no_sound(void **state)
{
    static const char *const hasty[] = { "CAPTIONS_PAUSE_MS=200", NULL };
    struct fixture fx;

    (void)state;
    begin_with(&fx, hasty);
    for (const char *letter = "abcde"; *letter; letter++) {
        say(&fx.ada, *letter, 500);
        be_quiet(&fx.ada, 220);
    }
    await_turns(&fx.ada, 5);

    assert_heard(&fx.ada, "a|b|c|d|e");
    assert_in_range(fx.stage.engine.heard_ms, 5 * 700, 5 * 720);
    end(&fx);
}

/* 1.4 s of a voice, 60 ms of less, and on it goes: the cut is where there was less. */
static void who_does_not_pause_is_cut_at_the_quietest_place(void **state)
{
    struct fixture fx;

    (void)state;
    begin_with(&fx, brief);
    say(&fx.ada, 'a', 1400);
    say_softly(&fx.ada, 'a', 60);
    say(&fx.ada, 'b', 1000);
    be_quiet(&fx.ada, 1000);
    await_turns(&fx.ada, 2);

    assert_heard(&fx.ada, "a|b");
    assert_times(&fx.ada, 0, 0, 1400);
    assert_times(&fx.ada, 1, 1460, 2460);
    end(&fx);
}

static void nothing_is_lost_at_a_cut_and_nothing_heard_twice(void **state)
{
    struct fixture fx;

    (void)state;
    begin_with(&fx, brief);
    be_quiet(&fx.ada, 1000);
    say(&fx.ada, 'a', 9000); /* as steady as this it is cut at its end: 1.8 s, then 2 s each */
    be_quiet(&fx.ada, 1000);
    hear_out(&fx.ada);

    assert_in_range(fx.stage.engine.heard_ms, 9380, 9420);
    assert_times(&fx.ada, 0, 1000, 1000 + 1780);
    for (int i = 1; i < fx.ada.turn_count; i++)
        assert_in_range(fx.ada.turns[i].start_ms - fx.ada.turns[i - 1].end_ms, 0, 50);
    assert_in_range(fx.ada.turns[fx.ada.turn_count - 1].end_ms, 9950, 10050);
    end(&fx);
}

/* The window is full while a pause runs that is not long enough yet: the cut falls into it. */
static void a_cut_in_a_pause_leaves_nothing_behind(void **state)
{
    struct fixture fx;

    (void)state;
    begin_with(&fx, brief);
    say(&fx.ada, 'a', 1700);
    be_quiet(&fx.ada, 5000);
    say(&fx.ada, 'b', 500);
    hear_out(&fx.ada);

    assert_heard(&fx.ada, "a|b");
    assert_times(&fx.ada, 1, 6700, 7200);
    assert_int_equal(stage_count(&fx.stage, "callmill_captions_windows_total", NULL), 2);
    end(&fx);
}

static void a_click_is_no_speech(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    for (int i = 0; i < 20; i++) {
        say(&fx.ada, 'c', 40);
        be_quiet(&fx.ada, 900);
    }
    hear_out(&fx.ada);

    assert_int_equal(fx.stage.engine.heard, 0);
    assert_int_equal(stage_count(&fx.stage, "callmill_captions_windows_total", NULL), 0);
    end(&fx);
}

static void a_voice_is_found_in_steady_noise(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    fx.ada.hiss = 500; /* a mean magnitude of 250 */
    be_quiet(&fx.ada, 5000);
    hear_out(&fx.ada);
    speaker_close(&fx.ada);
    assert_in_range(fx.stage.engine.heard_ms, 1, 4000); /* until it was known */

    speaker_open(&fx.ada, &fx.stage);
    fx.ada.hiss = 500;
    be_quiet(&fx.ada, 5000);
    say(&fx.ada, 'd', 700);
    be_quiet(&fx.ada, 2000);
    say(&fx.ada, 'e', 700);
    be_quiet(&fx.ada, 2000);
    await_turns(&fx.ada, 2);
    assert_heard(&fx.ada, "d|e");
    assert_times(&fx.ada, 0, 5000, 5700);
    assert_times(&fx.ada, 1, 7700, 8400);
    end(&fx);
}

static void pieces_may_have_any_size(void **state)
{
    static const size_t pieces[] = { 1, 7, 80, 159, 161, 320, 1000, 64000 };
    struct fixture fx;

    (void)state;
    begin(&fx);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        speaker_close(&fx.ada);
        speaker_open(&fx.ada, &fx.stage);
        fx.ada.piece = pieces[i];
        be_quiet(&fx.ada, 1000);
        say(&fx.ada, 'a', 700);
        be_quiet(&fx.ada, 700);
        say(&fx.ada, 'b', 333);
        hear_out(&fx.ada);

        assert_heard(&fx.ada, "a|b");
        assert_times(&fx.ada, 0, 1000, 1700);
        assert_times(&fx.ada, 1, 2400, 2733);
    }
    end(&fx);
}

static void a_gap_is_a_pause(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    fx.ada.at_ms = 3600000; /* the stream is heard from its second hour on */
    say(&fx.ada, 'a', 500);
    fx.ada.at_ms += 300;
    say(&fx.ada, 'b', 500);
    fx.ada.at_ms += 7000;
    say(&fx.ada, 'c', 510); /* half a frame is left over */
    fx.ada.at_ms += 86400000;
    say(&fx.ada, 'd', 500);
    hear_out(&fx.ada);

    assert_heard(&fx.ada, "a b|c|d");
    assert_times(&fx.ada, 0, 3600000, 3601300);
    assert_times(&fx.ada, 1, 3608300, 3608810);
    assert_times(&fx.ada, 2, 90008810, 90009310);
    end(&fx);
}

static void uneven_timestamps_are_no_gaps(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    for (int i = 0; i < 20; i++) {
        int64_t at_ms = fx.ada.at_ms;

        fx.ada.at_ms += i % 2 ? 90 : -90;
        say(&fx.ada, 'a', 60);
        fx.ada.at_ms = at_ms + 60;
    }
    hear_out(&fx.ada);

    assert_heard(&fx.ada, "a");
    assert_times(&fx.ada, 0, 0, 1200);
    end(&fx);
}

static void nonsense_for_a_time_is_not_believed(void **state)
{
    static const int64_t nonsense[] = { INT64_MIN, -1, 0, 5, INT64_MAX, INT64_MAX / 8, 1LL << 40 };
    struct fixture fx;

    (void)state;
    begin(&fx);
    be_quiet(&fx.ada, 1000);
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        int64_t at_ms = fx.ada.at_ms;

        fx.ada.at_ms = nonsense[i] < INT64_MAX - 100 ? nonsense[i] : INT64_MAX - 100;
        say(&fx.ada, 'a', 20);
        fx.ada.at_ms = at_ms + 20;
    }
    be_quiet(&fx.ada, 1000);
    await_turns(&fx.ada, 1);

    assert_heard(&fx.ada, "a");
    assert_times(&fx.ada, 0, 1000, 1140);
    end(&fx);
}

static void the_end_of_the_line_ends_what_was_begun(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    say(&fx.ada, 'a', 433); /* not whole frames */
    hear_out(&fx.ada);

    assert_heard(&fx.ada, "a");
    assert_times(&fx.ada, 0, 0, 433);
    end(&fx);
}

static void after_the_end_nothing_is_heard(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    say_word(&fx.ada, 'a');
    ear_finish(fx.ada.ear, 60000);
    say_word(&fx.ada, 'b');
    hear_out(&fx.ada); /* a second end is none */

    assert_heard(&fx.ada, "a");
    end(&fx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_line_makes_no_window),
        cmocka_unit_test(a_turn_has_the_times_of_its_voice_in_the_stream),
        cmocka_unit_test(a_window_is_the_voice_and_200_ms_around_it),
        cmocka_unit_test(a_pause_ends_a_window_and_a_shorter_one_does_not),
        cmocka_unit_test(the_pause_can_be_set),
        cmocka_unit_test(two_windows_share_no_sound),
        cmocka_unit_test(who_does_not_pause_is_cut_at_the_quietest_place),
        cmocka_unit_test(nothing_is_lost_at_a_cut_and_nothing_heard_twice),
        cmocka_unit_test(a_cut_in_a_pause_leaves_nothing_behind),
        cmocka_unit_test(a_click_is_no_speech),
        cmocka_unit_test(a_voice_is_found_in_steady_noise),
        cmocka_unit_test(pieces_may_have_any_size),
        cmocka_unit_test(a_gap_is_a_pause),
        cmocka_unit_test(uneven_timestamps_are_no_gaps),
        cmocka_unit_test(nonsense_for_a_time_is_not_believed),
        cmocka_unit_test(the_end_of_the_line_ends_what_was_begun),
        cmocka_unit_test(after_the_end_nothing_is_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
