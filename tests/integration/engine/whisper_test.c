/* The embedded engine with its real model (WHISPER_MODEL, VAD_MODEL): what is wrong stops the
 * start, what is asked to stop does, and many may ask at once. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engine/hearing/engines.h"
#include "sounds.h"

static const char *model(void)
{
    const char *path = getenv("WHISPER_MODEL");

    return path ? path : ""; /* main has looked */
}

static struct cm_whisper_options options(void)
{
    return (struct cm_whisper_options){ .model_path = model(), .language = "en", .jobs = 1 };
}

static void assert_refused(struct cm_whisper_options wrong, const char *because)
{
    struct cm_speech *speech = NULL;
    struct cm_err err = { 0 };

    assert_int_equal(cm_whisper_new(&wrong, &speech, &err), CM_FATAL);
    if (!strstr(err.msg, because))
        fail_msg("'%s' does not say '%s'", err.msg, because);
    assert_null(speech);
}

static void a_missing_model_stops_the_start(void **state)
{
    struct cm_whisper_options wrong = options();

    (void)state;
    wrong.model_path = "/nonexistent/model.bin";
    assert_refused(wrong, "WHISPER_MODEL=/nonexistent/model.bin: No such file");
}

static void a_model_cut_short_stops_the_start(void **state)
{
    char path[] = "/tmp/whisper_test.XXXXXX", block[4096];
    CM_OWN_FD int whole = open(model(), O_RDONLY | O_CLOEXEC);
    CM_OWN_FD int cut = mkstemp(path);
    struct cm_whisper_options wrong = options();

    (void)state;
    assert_true(whole >= 0 && cut >= 0);
    for (int i = 0; i < 5000; i++) /* 20 MB of 77 */
        assert_int_equal(write(cut, block, (size_t)read(whole, block, sizeof block)), sizeof block);
    wrong.model_path = path;
    assert_refused(wrong, "not a whole ggml model");
    assert_int_equal(unlink(path), 0);
}

static void another_kind_of_file_stops_the_start(void **state)
{
    struct cm_whisper_options wrong = options();

    (void)state;
    wrong.model_path = "/etc/passwd";
    assert_refused(wrong, "WHISPER_MODEL=/etc/passwd");
    wrong = options();
    wrong.vad_path = "/etc/passwd";
    assert_refused(wrong, "VAD_MODEL=/etc/passwd");
}

static void a_language_that_the_model_does_not_know_stops_the_start(void **state)
{
    struct cm_whisper_options wrong = options();

    (void)state;
    wrong.language = "klingon";
    assert_refused(wrong, "SPEECH_LANGUAGE=klingon");
    wrong.language = "de"; /* the tests' model is English only */
    assert_refused(wrong, "understands English only");
    wrong.language = "auto";
    assert_refused(wrong, "understands English only");
}

/* ---- an engine at work ---- */

static struct cm_speech *engine(int jobs)
{
    struct cm_whisper_options right = options();
    struct cm_speech *speech = NULL;
    struct cm_err err = { 0 };

    right.jobs = jobs;
    if (cm_whisper_new(&right, &speech, &err))
        fail_msg("%s", err.msg);
    return speech;
}

enum { SOUND_S = 20 };
static const size_t second = CM_SPEECH_RATE; /* samples */

/* Bursts of noise pass the energy gate, and the model takes its time with them. */
static float *bursts(void)
{
    float *samples = calloc(SOUND_S * second, sizeof *samples);

    assert_non_null(samples);
    for (size_t s = 0; s < SOUND_S; s += 2)
        put_noise(samples + s * second, second, 0.3, (unsigned)s);
    return samples;
}

static void the_name_of_the_model_is_its_files(void **state)
{
    CM_OWN(cm_speech) speech = engine(1);

    (void)state;
    assert_string_equal(speech->engine, "whisper");
    assert_null(strchr(speech->model, '/'));
    assert_null(strstr(speech->model, ".bin"));
}

static bool at_the_third_time(void *ctx)
{
    return atomic_fetch_add((atomic_int *)ctx, 1) >= 2;
}

static void it_stops_in_the_midst_of_a_sound(void **state)
{
    CM_OWN(cm_speech) speech = engine(1);
    CM_OWN(cm_arena) arena = cm_arena_new();
    CM_OWN_MEM float *samples = bursts();
    CM_OWN(cm_sound) sound = sound_of(samples, SOUND_S * second, 16000);
    atomic_int asked = 0;
    const struct cm_listen ask = {
        .sound = sound, .arena = arena, .stop = at_the_third_time, .stop_ctx = &asked
    };
    struct cm_heard heard;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(speech->hear(speech, &ask, &heard, &err), CM_RETRY);
    assert_string_equal(err.msg, "speech: stopped");
}

static void a_sound_that_fails_is_not_half_heard(void **state)
{
    CM_OWN(cm_speech) speech = engine(1);
    CM_OWN(cm_arena) arena = cm_arena_new();
    CM_OWN(cm_sound) sound = sound_that_fails(100000);
    const struct cm_listen ask = { .sound = sound, .arena = arena };
    struct cm_heard heard;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(speech->hear(speech, &ask, &heard, &err), CM_RETRY);
    assert_string_equal(err.msg, "the disk is gone");
}

enum { LISTENERS = 4 };
struct listener {
    struct cm_speech *speech;
    const float *samples;
    struct cm_arena *arena;
    struct cm_heard heard;
    cm_rc rc;
};

static void *listen_once(void *ctx)
{
    struct listener *listener = ctx;
    CM_OWN(cm_sound) sound = sound_of(listener->samples, 6 * second, 16000);
    const struct cm_listen ask = { .sound = sound, .arena = listener->arena };

    listener->rc = listener->speech->hear(listener->speech, &ask, &listener->heard, NULL);
    return NULL;
}

static void more_may_ask_than_there_are_jobs_and_all_hear_the_same(void **state)
{
    CM_OWN(cm_speech) speech = engine(2);
    CM_OWN_MEM float *samples = bursts();
    struct listener listeners[LISTENERS];
    pthread_t threads[LISTENERS];

    (void)state;
    for (int i = 0; i < LISTENERS; i++) {
        listeners[i] =
            (struct listener){ .speech = speech, .samples = samples, .arena = cm_arena_new() };
        assert_int_equal(pthread_create(&threads[i], NULL, listen_once, &listeners[i]), 0);
    }
    for (int i = 0; i < LISTENERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < LISTENERS; i++) {
        assert_int_equal(listeners[i].rc, CM_OK);
        assert_int_equal(listeners[i].heard.count, listeners[0].heard.count);
        for (size_t k = 0; k < listeners[i].heard.count; k++)
            assert_int_equal(listeners[i].heard.utterances[k].start_ms,
                             listeners[0].heard.utterances[k].start_ms);
    }
    for (int i = 0; i < LISTENERS; i++)
        cm_arena_free(listeners[i].arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_model_stops_the_start),
        cmocka_unit_test(a_model_cut_short_stops_the_start),
        cmocka_unit_test(another_kind_of_file_stops_the_start),
        cmocka_unit_test(a_language_that_the_model_does_not_know_stops_the_start),
        cmocka_unit_test(the_name_of_the_model_is_its_files),
        cmocka_unit_test(it_stops_in_the_midst_of_a_sound),
        cmocka_unit_test(a_sound_that_fails_is_not_half_heard),
        cmocka_unit_test(more_may_ask_than_there_are_jobs_and_all_hear_the_same),
    };

    if (!getenv("WHISPER_MODEL")) {
        (void)fprintf(stderr, "WHISPER_MODEL is not set: run deploy/fetch, or tests/run\n");
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
