#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/hearing/resample.h"
#include "sounds.h"

static const int rates[] = { 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000 };
enum { TO = 16000, SECONDS = 1, OUT_MAX = TO * SECONDS + 100 };

/* Brings one second of `in` to 16 kHz, in blocks of `block`. */
static size_t resample(int from_hz, const float *in, size_t count, size_t block, float *out)
{
    CM_OWN(cm_resampler) r = cm_resampler_new(from_hz, TO);
    size_t made = 0, more;
    bool ended = false;

    for (;;) {
        while ((more = cm_resampler_take(r, out + made, OUT_MAX - made)) > 0)
            made += more;
        if (ended)
            return made;
        if (count == 0) {
            cm_resampler_end(r);
            ended = true;
            continue;
        }
        more = block < count ? block : count;
        cm_resampler_put(r, in, more);
        in += more;
        count -= more;
    }
}

static float *second_of_tone(int rate_hz, double hz)
{
    float *in = calloc((size_t)rate_hz, sizeof *in);

    assert_non_null(in);
    put_tone(in, (size_t)rate_hz, hz, rate_hz, 0.5);
    return in;
}

static void a_second_stays_a_second_at_every_rate(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        CM_OWN_MEM float *in = second_of_tone(rates[i], 440);
        CM_OWN_MEM float *out = calloc(OUT_MAX, sizeof *out);

        assert_int_equal(resample(rates[i], in, (size_t)rates[i], 1000, out), TO);
    }
}

static void a_voice_band_tone_keeps_its_strength_and_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        CM_OWN_MEM float *in = second_of_tone(rates[i], 3000);
        CM_OWN_MEM float *out = calloc(OUT_MAX, sizeof *out);
        CM_OWN_MEM float *same = second_of_tone(TO, 3000);
        double worst = 0;

        (void)resample(rates[i], in, (size_t)rates[i], 1000, out);
        for (size_t k = 500; k < TO - 500; k++) /* beyond the edges, where silence was added */
            if (worst < out[k] - same[k])
                worst = out[k] - same[k];
        assert_true(worst < 0.005);
    }
}

static void what_16_khz_cannot_carry_is_gone_and_does_not_fold_back(void **state)
{
    (void)state;
    CM_OWN_MEM float *in = second_of_tone(48000, 10000);
    CM_OWN_MEM float *out = calloc(OUT_MAX, sizeof *out);

    (void)resample(48000, in, 48000, 1000, out);

    assert_true(tone_in(out + 500, TO - 1000, 6000, TO) < 0.0005);
}

static void upsampling_adds_no_mirror_image(void **state)
{
    (void)state;
    CM_OWN_MEM float *in = second_of_tone(8000, 3000);
    CM_OWN_MEM float *out = calloc(OUT_MAX, sizeof *out);

    (void)resample(8000, in, 8000, 1000, out);

    assert_true(tone_in(out + 500, TO - 1000, 3000, TO) > 0.495);
    assert_true(tone_in(out + 500, TO - 1000, 5000, TO) < 0.0005);
}

static void a_constant_stays_what_it_is(void **state)
{
    (void)state;
    CM_OWN_MEM float *in = calloc(44100, sizeof *in);
    CM_OWN_MEM float *out = calloc(OUT_MAX, sizeof *out);

    for (int i = 0; i < 44100; i++)
        in[i] = 0.25f;
    (void)resample(44100, in, 44100, 1000, out);

    for (int i = 500; i < TO - 500; i++)
        assert_float_equal(out[i], 0.25, 1e-5);
}

static void sixteen_khz_passes_untouched(void **state)
{
    (void)state;
    CM_OWN_MEM float *in = second_of_tone(TO, 7900);
    CM_OWN_MEM float *out = calloc(OUT_MAX, sizeof *out);

    (void)resample(TO, in, TO, 777, out);

    assert_memory_equal(in, out, TO * sizeof *in);
}

static void the_size_of_the_blocks_makes_no_difference(void **state)
{
    (void)state;
    CM_OWN_MEM float *in = second_of_tone(44100, 440);
    CM_OWN_MEM float *at_once = calloc(OUT_MAX, sizeof *at_once);
    CM_OWN_MEM float *bit_by_bit = calloc(OUT_MAX, sizeof *bit_by_bit);

    (void)resample(44100, in, 44100, CM_RESAMPLER_BLOCK, at_once);
    (void)resample(44100, in, 44100, 1, bit_by_bit);

    assert_memory_equal(at_once, bit_by_bit, TO * sizeof *at_once);
}

static void an_end_straight_behind_a_put_loses_nothing(void **state)
{
    (void)state;
    CM_OWN_MEM float *in = second_of_tone(TO / 2, 440);
    CM_OWN_MEM float *out = calloc(OUT_MAX, sizeof *out);
    CM_OWN(cm_resampler) r = cm_resampler_new(TO / 2, TO);

    cm_resampler_put(r, in, 4000);
    cm_resampler_end(r);
    assert_int_equal(cm_resampler_take(r, out, OUT_MAX), 8000);
}

static void nothing_in_gives_nothing_out(void **state)
{
    (void)state;
    CM_OWN_MEM float *out = calloc(OUT_MAX, sizeof *out);

    assert_int_equal(resample(8000, NULL, 0, 100, out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_stays_a_second_at_every_rate),
        cmocka_unit_test(a_voice_band_tone_keeps_its_strength_and_its_place),
        cmocka_unit_test(what_16_khz_cannot_carry_is_gone_and_does_not_fold_back),
        cmocka_unit_test(upsampling_adds_no_mirror_image),
        cmocka_unit_test(a_constant_stays_what_it_is),
        cmocka_unit_test(sixteen_khz_passes_untouched),
        cmocka_unit_test(the_size_of_the_blocks_makes_no_difference),
        cmocka_unit_test(an_end_straight_behind_a_put_loses_nothing),
        cmocka_unit_test(nothing_in_gives_nothing_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
