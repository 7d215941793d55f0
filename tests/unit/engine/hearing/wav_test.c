#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/hearing/wav.h"

static void samples_become_a_wav_file(void **state)
{
    const float samples[] = { 0, 1, -1, 0.5f };
    const unsigned char expected[] = {
        'R', 'I', 'F', 'F', 44, 0, 0,    0,    'W', 'A', 'V',  'E',  'f',  'm',  't',  ' ',  16, 0,
        0,   0,   1,   0,   1,  0, 0x80, 0x3E, 0,   0,   0x00, 0x7D, 0,    0,    2,    0,    16, 0,
        'd', 'a', 't', 'a', 8,  0, 0,    0,    0,   0,   0xFF, 0x7F, 0x01, 0x80, 0x00, 0x40,
    };
    CM_OWN_BUF struct cm_buf wav = { 0 };

    (void)state;
    cm_wav_put(&wav, samples, 4);

    assert_int_equal(wav.len, sizeof expected);
    assert_memory_equal(wav.at, expected, sizeof expected);
}

static void too_loud_is_clipped_and_does_not_wrap_around(void **state)
{
    const float samples[] = { 7, -7 };
    const unsigned char expected[] = { 0xFF, 0x7F, 0x00, 0x80 };
    CM_OWN_BUF struct cm_buf wav = { 0 };

    (void)state;
    cm_wav_put(&wav, samples, 2);

    assert_memory_equal(wav.at + 44, expected, sizeof expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_become_a_wav_file),
        cmocka_unit_test(too_loud_is_clipped_and_does_not_wrap_around),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
