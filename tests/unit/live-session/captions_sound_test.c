#include "captions_stage.h"

#include <stdlib.h>

#include "captions_sound.h"
#include "sounds.h"

static void magnitudes_are_those_of_the_standard(void **state)
{
    uint16_t magnitudes[256];

    (void)state;
    captions_sound_magnitudes(magnitudes);
    assert_int_equal(magnitudes[0xFF], 0);
    assert_int_equal(magnitudes[0x7F], 0);
    assert_int_equal(magnitudes[0x80], 32124);
    assert_int_equal(magnitudes[0x00], 32124);
    assert_int_equal(magnitudes[0xEF], 132);
    assert_int_equal(magnitudes[0xBF], 1980);
    for (int i = 1; i < 128; i++) /* the further from 0xFF, the louder */
        assert_true(magnitudes[0xFF - i] > magnitudes[0xFF - i + 1]);
}

/* 1 kHz at 8 kHz: eight samples round the circle. */
static void a_tone_keeps_its_pitch_its_loudness_and_its_length(void **state)
{
    static const uint8_t circle[] = { 0xFF, 0x95, 0x8D, 0x95, 0x7F, 0x15, 0x0D, 0x15 };
    enum { COUNT = 20000 };
    uint8_t *mulaw = malloc(COUNT);
    float *samples = calloc(2 * COUNT + 100, sizeof *samples);
    CM_OWN(cm_sound) sound = NULL;
    size_t total = 0, got = 1;

    (void)state;
    assert_non_null(mulaw);
    assert_non_null(samples);
    for (int i = 0; i < COUNT; i++)
        mulaw[i] = circle[i % 8];
    sound = captions_sound_new(mulaw, COUNT);
    while (got > 0) {
        size_t room = 2 * COUNT + 100 - total;

        assert_int_equal(sound->read(sound, samples + total, room < 777 ? room : 777, &got, NULL),
                         CM_OK);
        total += got;
    }

    assert_in_range(total, 2 * COUNT - 1, 2 * COUNT + 1);
    assert_true(tone_in(samples + 800, 32000, 1000, 16000) > 0.5);
    assert_true(tone_in(samples + 800, 32000, 7000, 16000) < 0.001); /* no image of it */
    free(mulaw);
    free(samples);
}

static void a_sound_of_nothing_ends_at_once(void **state)
{
    CM_OWN(cm_sound) sound = captions_sound_new(NULL, 0);
    float samples[64];
    size_t total = 0, got = 1;

    (void)state;
    while (got > 0) {
        assert_int_equal(sound->read(sound, samples, 64, &got, NULL), CM_OK);
        total += got;
    }
    assert_in_range(total, 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(magnitudes_are_those_of_the_standard),
        cmocka_unit_test(a_tone_keeps_its_pitch_its_loudness_and_its_length),
        cmocka_unit_test(a_sound_of_nothing_ends_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
