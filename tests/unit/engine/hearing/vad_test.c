#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/hearing/vad.h"
#include "sounds.h"

enum { WINDOWS = 312 };
static const size_t window = CM_VAD_WINDOW; /* samples */

struct fixture {
    struct cm_vad *vad;
    float samples[WINDOWS * CM_VAD_WINDOW];
    float likely[WINDOWS];
};

static int setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);

    assert_non_null(fx);
    fx->vad = cm_vad_energy_new();
    *state = fx;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    cm_vad_free(fx->vad);
    free(fx);
    return 0;
}

static size_t voiced(struct fixture *fx, size_t windows)
{
    size_t count = 0;

    assert_int_equal(fx->vad->look(fx->vad, fx->samples, windows, fx->likely, NULL), CM_OK);
    for (size_t i = 0; i < windows; i++)
        count += fx->likely[i] > 0.5f;
    return count;
}

static void the_energy_gate_hears_nobody_in_silence(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(voiced(fx, WINDOWS), 0);
}

static void the_energy_gate_hears_nobody_in_steady_noise(void **state)
{
    struct fixture *fx = *state;

    put_noise(fx->samples, WINDOWS * window, 0.02, 1);
    assert_int_equal(voiced(fx, WINDOWS), 0);
}

static void the_energy_gate_hears_what_stands_out_of_the_noise(void **state)
{
    struct fixture *fx = *state;

    put_noise(fx->samples, WINDOWS * window, 0.01, 1);
    put_tone(fx->samples + 100 * window, 50 * window, 300, CM_SPEECH_RATE, 0.2);

    assert_int_equal(voiced(fx, WINDOWS), 50);
    assert_true(fx->likely[100] > 0.5f && fx->likely[149] > 0.5f);
}

static void the_energy_gate_hears_someone_who_never_pauses(void **state)
{
    struct fixture *fx = *state;

    put_noise(fx->samples, WINDOWS * window, 0.5, 1);
    assert_int_equal(voiced(fx, WINDOWS), WINDOWS);
}

static void a_short_rest_is_judged_by_what_came_before(void **state)
{
    struct fixture *fx = *state;

    put_noise(fx->samples, WINDOWS * window, 0.02, 1);
    (void)voiced(fx, WINDOWS);

    assert_int_equal(voiced(fx, 5), 0);
}

static void a_model_that_is_not_there_stops_the_start_and_is_named(void **state)
{
    struct cm_vad *vad = NULL;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(cm_vad_new("/nonexistent/silero.bin", &vad, &err), CM_FATAL);
    assert_non_null(strstr(err.msg, "VAD_MODEL=/nonexistent/silero.bin"));
    assert_null(vad);
}

static void a_file_that_is_no_model_stops_the_start(void **state)
{
    struct cm_vad *vad = NULL;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(cm_vad_new("/etc/passwd", &vad, &err), CM_FATAL);
    assert_non_null(strstr(err.msg, "VAD_MODEL=/etc/passwd"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_energy_gate_hears_nobody_in_silence, setup, teardown),
        cmocka_unit_test_setup_teardown(the_energy_gate_hears_nobody_in_steady_noise, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_energy_gate_hears_what_stands_out_of_the_noise, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_energy_gate_hears_someone_who_never_pauses, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_short_rest_is_judged_by_what_came_before, setup,
                                        teardown),
        cmocka_unit_test(a_model_that_is_not_there_stops_the_start_and_is_named),
        cmocka_unit_test(a_file_that_is_no_model_stops_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
