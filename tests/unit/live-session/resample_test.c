/* resample_test.c - base64, mu-law and the two rates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "mulaw.h"
#include "resample.h"

static void mulaw_has_the_standards_values(void **state)
{
    (void)state;
    assert_int_equal(mulaw_to_pcm(0xFF), 0);
    assert_int_equal(mulaw_to_pcm(0x7F), 0);
    assert_int_equal(mulaw_to_pcm(0x00), -32124);
    assert_int_equal(mulaw_to_pcm(0x80), 32124);
    assert_int_equal(mulaw_to_pcm(0xFE), 8);
    assert_int_equal(mulaw_to_pcm(0x8F), 16764);
    assert_int_equal(mulaw_of_pcm(0), MULAW_SILENCE);
    assert_int_equal(mulaw_of_pcm(INT16_MAX), 0x80);
    assert_int_equal(mulaw_of_pcm(INT16_MIN), 0x00);
}

static void mulaw_comes_back_as_it_was(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++)
        if (byte != 0x7F) /* the other zero */
            assert_int_equal(mulaw_of_pcm(mulaw_to_pcm((uint8_t)byte)), byte);
}

static void the_nearest_mulaw_is_taken(void **state)
{
    (void)state;
    for (int pcm = INT16_MIN; pcm <= INT16_MAX; pcm++) {
        int back = mulaw_to_pcm(mulaw_of_pcm((int16_t)pcm)), size = abs(pcm),
            step = 8 << (size + 132 < 256 ? 0 : 24 - __builtin_clz((unsigned)size + 132));

        if (size <= 32635)
            assert_true(abs(back - pcm) <= step / 2 + 4);
    }
}

static void base64_may_have_slashes_escaped(void **state)
{
    CM_OWN_BUF struct cm_buf room = { 0 };
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    struct cm_str clean = CM_STR("no+J"), plain;

    (void)state;
    assert_ptr_equal(base64_plain(clean, &room).at, clean.at);
    plain = base64_plain(CM_STR("\\/\\/8="), &room);
    assert_true(cm_str_is(plain, "//8="));
    assert_int_equal(base64_bytes(plain), 2);
    assert_true(base64_decode(plain, &bytes));
    assert_int_equal(bytes.len, 2);
    assert_memory_equal(bytes.at, "\xFF\xFF", 2);
}

static void what_is_no_base64_is_seen(void **state)
{
    static const char *const bad[] = { "A", "AA", "AAA", "AA=A", "====", "AA!A", "AAAAA", "A AA" };
    CM_OWN_BUF struct cm_buf bytes = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(base64_decode(cm_str_of(bad[i]), &bytes));
    assert_int_equal(base64_bytes(CM_STR("AAAAA")), 0);
    assert_int_equal(base64_bytes(CM_STR("AA==")), 1);
    assert_int_equal(base64_bytes(CM_STR("")), 0);
}

/* A tone of 440 Hz, half as loud as it can be. */
static int16_t tone(size_t at, int rate)
{
    return (int16_t)(16000 * sin(6.283185307179586 * 440 * (double)at / rate));
}

/* How loud what is not the tone is against it, the delay of the filters left out. */
static double noise_share(const int16_t *samples, size_t from, size_t until, int rate)
{
    double in = 0, quad = 0, all = 0;

    for (size_t i = from; i < until; i++) {
        double phase = 6.283185307179586 * 440 * (double)i / rate, sample = samples[i];

        in += sample * sin(phase);
        quad += sample * cos(phase);
        all += sample * sample;
    }
    return 1 - (in * in + quad * quad) * 2 / (double)(until - from) / all;
}

static void to_the_model(int rate)
{
    CM_OWN(resample) resample = resample_new(rate);
    CM_OWN_BUF struct cm_buf pcm = { 0 };
    int16_t *samples = malloc(48000);
    size_t count;

    assert_non_null(samples);
    for (size_t at = 0; at < 8000; at += 160) {
        CM_OWN_BUF struct cm_buf made = { 0 };
        uint8_t mulaw[160];

        for (size_t i = 0; i < 160; i++)
            mulaw[i] = mulaw_of_pcm(tone(at + i, 8000));
        resample_to_model(resample, mulaw, sizeof mulaw, &made);
        assert_true(base64_decode(cm_buf_view(&made), &pcm));
    }
    count = pcm.len / 2;
    assert_int_equal(count, rate);
    memcpy(samples, pcm.at, pcm.len);
    assert_true(noise_share(samples, (size_t)rate / 10, count, rate) < 0.001);
    free(samples);
}

static void the_callers_tone_reaches_the_model(void **state)
{
    (void)state;
    to_the_model(24000);
    to_the_model(16000);
}

static void the_models_tone_reaches_the_caller_however_it_is_cut(void **state)
{
    CM_OWN(resample) resample = resample_new(24000);
    CM_OWN_BUF struct cm_buf pcm = { 0 };
    CM_OWN_BUF struct cm_buf mulaw = { 0 };
    int16_t samples[8001];
    size_t cut = 1;

    (void)state;
    for (size_t i = 0; i < 24000; i++) {
        int16_t sample = tone(i, 24000);

        cm_buf_put(&pcm, (char[]){ (char)(sample & 0xFF), (char)(sample >> 8) }, 2);
    }
    for (size_t at = 0; at < pcm.len; at += cut, cut = cut * 3 % 4001 + 1) {
        CM_OWN_BUF struct cm_buf piece = { 0 };
        CM_OWN_BUF struct cm_buf made = { 0 };

        base64_encode(pcm.at + at, pcm.len - at < cut ? pcm.len - at : cut, &piece);
        assert_true(resample_to_stream(resample, cm_buf_view(&piece), &made));
        assert_true(base64_decode(cm_buf_view(&made), &mulaw));
    }
    assert_in_range(mulaw.len, 7999, 8001);
    for (size_t i = 0; i < mulaw.len; i++)
        samples[i] = mulaw_to_pcm((uint8_t)mulaw.at[i]);
    assert_true(noise_share(samples, 800, mulaw.len, 8000) < 0.001);
}

static void what_is_new_begins_without_half_a_sample(void **state)
{
    CM_OWN(resample) resample = resample_new(16000);
    CM_OWN_BUF struct cm_buf out = { 0 };
    CM_OWN_BUF struct cm_buf mulaw = { 0 };
    CM_OWN_BUF struct cm_buf silence = { 0 };
    char zeros[640] = { 0 };

    (void)state;
    assert_true(resample_to_stream(resample, CM_STR("fw=="), &out));
    resample_restart(resample);
    base64_encode(zeros, sizeof zeros, &silence);
    cm_buf_clear(&out);
    assert_true(resample_to_stream(resample, cm_buf_view(&silence), &out));
    assert_true(base64_decode(cm_buf_view(&out), &mulaw));
    assert_int_equal(mulaw.len, 160);
    for (size_t i = 0; i < mulaw.len; i++)
        assert_int_equal((uint8_t)mulaw.at[i], MULAW_SILENCE);
    assert_false(resample_to_stream(resample, CM_STR("A?=="), &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mulaw_has_the_standards_values),
        cmocka_unit_test(mulaw_comes_back_as_it_was),
        cmocka_unit_test(the_nearest_mulaw_is_taken),
        cmocka_unit_test(base64_may_have_slashes_escaped),
        cmocka_unit_test(what_is_no_base64_is_seen),
        cmocka_unit_test(the_callers_tone_reaches_the_model),
        cmocka_unit_test(the_models_tone_reaches_the_caller_however_it_is_cut),
        cmocka_unit_test(what_is_new_begins_without_half_a_sample),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
