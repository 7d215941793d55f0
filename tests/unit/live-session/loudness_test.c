#include "captions_stage.h"

#include <stdlib.h>
#include <string.h>

#include "captions_sound.h"
#include "loudness.h"

/* How many of so many frames of one level are voiced. */
static int voiced_of(struct loudness *loudness, unsigned level, int frames)
{
    int voiced = 0;

    for (int i = 0; i < frames; i++)
        voiced += loudness_hear(loudness, level);
    return voiced;
}

static void silence_and_hiss_are_not_voiced(void **state)
{
    struct loudness loudness = { 0 };

    (void)state;
    assert_int_equal(voiced_of(&loudness, 0, 1000), 0);
    assert_int_equal(voiced_of(&loudness, 60, 1000), 0);
}

static void speech_is_voiced_from_the_first_frame_of_a_call_on(void **state)
{
    struct loudness loudness = { 0 };

    (void)state;
    assert_int_equal(voiced_of(&loudness, 400, 100), 100);
}

static void steady_noise_is_known_after_three_seconds(void **state)
{
    struct loudness loudness = { 0 };

    (void)state;
    assert_int_equal(voiced_of(&loudness, 10, 500), 0);
    assert_in_range(voiced_of(&loudness, 250, 1000), 1, 150);
    assert_int_equal(voiced_of(&loudness, 250, 1000), 0);
    assert_int_equal(voiced_of(&loudness, 1000, 50), 50); /* and speech above it */
    assert_int_equal(voiced_of(&loudness, 250, 50), 0);
}

static void the_noise_of_a_new_line_is_known_as_soon(void **state)
{
    struct loudness loudness = { 0 };

    (void)state;
    assert_in_range(voiced_of(&loudness, 250, 500), 1, 150);
    assert_int_equal(voiced_of(&loudness, 250, 500), 0);
}

static void noise_may_waver(void **state)
{
    struct loudness loudness = { 0 };
    int voiced = 0;

    (void)state;
    (void)voiced_of(&loudness, 200, 150);
    for (unsigned i = 0; i < 1000; i++)
        voiced += loudness_hear(&loudness, 150 + i * 7919 % 250);
    assert_int_equal(voiced, 0);
}

static void a_line_that_gets_quieter_is_soon_believed(void **state)
{
    struct loudness loudness = { 0 };

    (void)state;
    (void)voiced_of(&loudness, 250, 1000);
    assert_int_equal(voiced_of(&loudness, 300, 10), 0);
    assert_int_equal(voiced_of(&loudness, 20, 15), 0); /* a tenth of three seconds */
    assert_int_equal(voiced_of(&loudness, 300, 10), 10);
}

static void a_few_lost_packets_do_not_make_noise_into_speech(void **state)
{
    struct loudness loudness = { 0 };

    (void)state;
    (void)voiced_of(&loudness, 250, 1000);
    for (int i = 0; i < 14; i++) {
        (void)voiced_of(&loudness, 0, 1);
        assert_int_equal(voiced_of(&loudness, 250, 9), 0);
        loudness_miss(&loudness);
    }
    assert_int_equal(voiced_of(&loudness, 250, 100), 0);
}

/* The same as sorting the last three seconds each time would give. */
static int by_size(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void the_quiet_is_what_a_tenth_keeps_below(void **state)
{
    struct loudness loudness = { 0 };
    int last[QUIET_FRAMES] = { 0 };
    unsigned seed = 1;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        int sorted[QUIET_FRAMES], quiet;
        unsigned level;

        seed = seed * 1664525u + 1013904223u;
        level = (seed >> 8) % (i / 500 % 2 ? 32768u : 1u << (i / 1000 % 15));
        (void)loudness_hear(&loudness, level);
        last[i % QUIET_FRAMES] = (int)level;
        memcpy(sorted, last, sizeof last);
        qsort(sorted, QUIET_FRAMES, sizeof *sorted, by_size);
        quiet = sorted[QUIET_FRAMES / 10 - 1];
        if (loudness_quiet(&loudness) > (unsigned)quiet ||
            loudness_quiet(&loudness) < (unsigned)quiet * 4 / 5)
            fail_msg("frame %d: the quiet is %u and not %d", i, loudness_quiet(&loudness), quiet);
    }
}

static void who_speaks_on_without_a_pause_is_heard_all_along(void **state)
{
    struct loudness loudness = { 0 };

    (void)state;
    assert_int_equal(voiced_of(&loudness, 2000, 5000), 5000);
}

static void a_voice_may_fade_somewhat_before_it_is_over(void **state)
{
    struct loudness loudness = { 0 };

    (void)state;
    (void)voiced_of(&loudness, 96, 500); /* a step; three times that is where a voice begins */
    assert_false(loudness_hear(&loudness, 280));
    assert_true(loudness_hear(&loudness, 320));
    assert_true(loudness_hear(&loudness, 280));
    assert_true(loudness_hear(&loudness, 220));
    assert_false(loudness_hear(&loudness, 180));
    assert_false(loudness_hear(&loudness, 280));
}

static void the_level_is_the_mean_magnitude(void **state)
{
    uint16_t magnitudes[256];
    uint8_t frame[FRAME_SAMPLES];

    (void)state;
    captions_sound_magnitudes(magnitudes);
    memset(frame, 0xFF, sizeof frame);
    assert_int_equal(loudness_level(magnitudes, frame), 0);
    memset(frame, 0x00, FRAME_SAMPLES / 2);
    assert_int_equal(loudness_level(magnitudes, frame), 32124 / 2);
    memset(frame, 0x80, sizeof frame);
    assert_int_equal(loudness_level(magnitudes, frame), 32124);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_and_hiss_are_not_voiced),
        cmocka_unit_test(speech_is_voiced_from_the_first_frame_of_a_call_on),
        cmocka_unit_test(steady_noise_is_known_after_three_seconds),
        cmocka_unit_test(the_noise_of_a_new_line_is_known_as_soon),
        cmocka_unit_test(noise_may_waver),
        cmocka_unit_test(a_line_that_gets_quieter_is_soon_believed),
        cmocka_unit_test(a_few_lost_packets_do_not_make_noise_into_speech),
        cmocka_unit_test(the_quiet_is_what_a_tenth_keeps_below),
        cmocka_unit_test(who_speaks_on_without_a_pause_is_heard_all_along),
        cmocka_unit_test(a_voice_may_fade_somewhat_before_it_is_over),
        cmocka_unit_test(the_level_is_the_mean_magnitude),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
