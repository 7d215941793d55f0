#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "peaks.h"
#include "sounds.h"

enum { ROOM = 64, MANY = 10000 };

/* The peaks of what is read in pieces, of which the sound is said to have `announced` samples. */
static void look_at(const float *samples, size_t count, int64_t announced, uint8_t *peaks)
{
    CM_OWN(cm_sound) sound = peaks_watch(sound_of(samples, count, 7), announced, peaks);
    float block[ROOM];
    struct cm_err err = { 0 };
    size_t got, at = 0;

    do {
        assert_int_equal(sound->read(sound, block, ROOM, &got, &err), CM_OK);
        assert_memory_equal(block, samples + at, got * sizeof *block);
        at += got;
    } while (got > 0);
    assert_int_equal(at, count);
}

static void a_channel_has_as_many_peaks_as_it_has_samples_for(void **state)
{
    (void)state;
    assert_int_equal(peaks_count(0), 1);
    assert_int_equal(peaks_count(1), 1);
    assert_int_equal(peaks_count(PEAKS_MAX - 1), PEAKS_MAX - 1);
    assert_int_equal(peaks_count(PEAKS_MAX), PEAKS_MAX);
    assert_int_equal(peaks_count(INT64_C(36000) * CM_SPEECH_RATE), PEAKS_MAX);
}

static void a_peak_is_the_loudest_of_its_stretch_whatever_its_sign(void **state)
{
    float *samples = calloc(MANY, sizeof *samples);
    uint8_t peaks[PEAKS_MAX];

    (void)state;
    assert_non_null(samples);
    samples[0] = 0.2f;
    samples[5] = -0.8f;
    samples[9] = 0.4f;
    samples[10] = 1.0f; /* the first of the second stretch */
    samples[29] = -1.7f;
    samples[MANY - 1] = 0.5f;
    look_at(samples, MANY, MANY, peaks);

    assert_int_equal(peaks[0], 204);
    assert_int_equal(peaks[1], 255);
    assert_int_equal(peaks[2], 255);
    assert_int_equal(peaks[3], 0);
    assert_int_equal(peaks[PEAKS_MAX - 1], 128);
    for (size_t i = 3; i + 1 < PEAKS_MAX; i++)
        assert_int_equal(peaks[i], 0);
    free(samples);
}

static void stretches_that_do_not_divide_are_spread_evenly(void **state)
{
    enum { COUNT = PEAKS_MAX + PEAKS_MAX / 2 };
    float samples[COUNT];
    uint8_t peaks[PEAKS_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        samples[i] = i < COUNT / 2 ? 0.25f : 0.75f;
    look_at(samples, COUNT, COUNT, peaks);
    for (size_t i = 0; i < PEAKS_MAX; i++)
        assert_int_equal(peaks[i], i < PEAKS_MAX / 2 ? 64 : 191);
}

static void a_length_that_was_announced_wrong_does_no_harm(void **state)
{
    static const float samples[] = { 0.1f, 0.2f, 0.3f, 0.4f, 0.5f };
    uint8_t peaks[10] = { [3] = 9, [4] = 9, [5] = 9, [9] = 9 };

    (void)state;
    look_at(samples, 5, 3, peaks);
    assert_int_equal(peaks[0], 26);
    assert_int_equal(peaks[2], 128);
    assert_int_equal(peaks[3], 9); /* is not ours */

    look_at(samples, 5, 9, peaks);
    assert_int_equal(peaks[4], 128);
    assert_int_equal(peaks[5], 0);
    assert_int_equal(peaks[9], 9);

    look_at(samples, 5, 0, peaks);
    assert_int_equal(peaks[0], 128);
    assert_int_equal(peaks[1], 51);
}

static void what_an_engine_leaves_unread_is_looked_at_too(void **state)
{
    static const float samples[] = { 0.1f, 0.2f, 0.3f, 0.4f, 0.5f };
    uint8_t peaks[5];
    CM_OWN(cm_sound) sound = peaks_watch(sound_of(samples, 5, 7), 5, peaks);
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(peaks_finish(sound, &err), CM_OK);
    assert_int_equal(peaks[4], 128);
}

static void a_sound_that_fails_fails_here_too(void **state)
{
    uint8_t peaks[PEAKS_MAX];
    CM_OWN(cm_sound) sound = peaks_watch(sound_that_fails(3000), 8000, peaks);
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(peaks_finish(sound, &err), CM_RETRY);
    assert_string_equal(err.msg, "the disk is gone");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_channel_has_as_many_peaks_as_it_has_samples_for),
        cmocka_unit_test(a_peak_is_the_loudest_of_its_stretch_whatever_its_sign),
        cmocka_unit_test(stretches_that_do_not_divide_are_spread_evenly),
        cmocka_unit_test(a_length_that_was_announced_wrong_does_no_harm),
        cmocka_unit_test(what_an_engine_leaves_unread_is_looked_at_too),
        cmocka_unit_test(a_sound_that_fails_fails_here_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
