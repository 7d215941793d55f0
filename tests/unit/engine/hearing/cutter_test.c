#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/hearing/cutter.h"
#include "sounds.h"

/* A story is a text of windows: 'x' clearly voiced, 'o' just so, '.' silent. The sound's samples
 * carry the number of their window, so that what comes out tells where it was taken from. */

enum { WINDOW_MS = 32, MARGIN = 6 };
static const struct cm_cut_rule rule = { .pause_ms = 10 * WINDOW_MS, .longest_ms = 40 * WINDOW_MS };

struct scripted_vad {
    struct cm_vad port;
    const char *story;
    size_t at;
};

static cm_rc scripted_look(struct cm_vad *port, const float *samples, size_t windows, float *likely,
                           struct cm_err *err)
{
    struct scripted_vad *vad = (struct scripted_vad *)port;

    (void)samples;
    (void)err;
    for (size_t i = 0; i < windows; i++, vad->at++)
        likely[i] = vad->story[vad->at] == 'x' ? 0.9f : vad->story[vad->at] == 'o' ? 0.4f : 0.01f;
    return CM_OK;
}

enum { STRETCHES_MAX = 200 };
struct told {
    struct stretch_copy {
        int64_t from_ms, start_ms, end_ms;
        size_t count;
        float first_sample;
    } at[STRETCHES_MAX];
    size_t count;
    cm_rc rc;
};

static void cut(struct cm_sound *sound, const char *story, bool (*stop)(void *), struct told *told)
{
    struct scripted_vad vad = { .port = { .look = scripted_look }, .story = story };
    struct cm_listen ask = { .sound = sound, .stop = stop };
    CM_OWN(cm_cutter) cutter = cm_cutter_new(&ask, &vad.port, rule);

    *told = (struct told){ 0 };
    for (;;) {
        struct cm_stretch stretch;
        bool more;

        told->rc = cm_cutter_next(cutter, &stretch, &more, NULL);
        if (told->rc || !more)
            return;
        assert_true(told->count < STRETCHES_MAX);
        told->at[told->count++] =
            (struct stretch_copy){ stretch.from_ms, stretch.start_ms, stretch.end_ms, stretch.count,
                                   stretch.samples[0] };
    }
}

static struct told told_of(const char *story)
{
    size_t windows = strlen(story), count = windows * CM_VAD_WINDOW;
    CM_OWN_MEM float *samples = calloc(count + 1, sizeof *samples);
    CM_OWN(cm_sound) sound = sound_of(samples, count, 1234);
    struct told told;

    for (size_t i = 0; i < count; i++)
        samples[i] = (float)(int)(i / CM_VAD_WINDOW);
    cut(sound, story, NULL, &told);
    assert_int_equal(told.rc, CM_OK);
    return told;
}

static void silence_comes_out_as_nothing(void **state)
{
    (void)state;
    assert_int_equal(told_of("........................................").count, 0);
    assert_int_equal(told_of("").count, 0);
}

static void a_stretch_has_a_margin_and_the_voices_own_times(void **state)
{
    (void)state;
    struct told told = told_of("....................xxxxxxxx....................");

    assert_int_equal(told.count, 1);
    assert_int_equal(told.at[0].start_ms, 20 * WINDOW_MS);
    assert_int_equal(told.at[0].end_ms, 28 * WINDOW_MS);
    assert_int_equal(told.at[0].from_ms, (20 - MARGIN) * WINDOW_MS);
    assert_int_equal(told.at[0].count, (8 + 2 * MARGIN) * CM_VAD_WINDOW);
    assert_float_equal(told.at[0].first_sample, 20 - MARGIN, 0);
}

static void a_breath_does_not_end_a_stretch_but_a_pause_does(void **state)
{
    (void)state;
    assert_int_equal(told_of("..xxxxxxxx.........xxxxxxxx..").count, 1);
    assert_int_equal(told_of("..xxxxxxxx..........xxxxxxxx..").count, 2);
}

static void a_fading_voice_goes_on_but_does_not_begin(void **state)
{
    (void)state;
    struct told told = told_of("....oooo..xxxxxxoooooooo............");

    assert_int_equal(told.count, 1);
    assert_int_equal(told.at[0].start_ms, 10 * WINDOW_MS);
    assert_int_equal(told.at[0].end_ms, 24 * WINDOW_MS);
}

static void a_click_is_no_word(void **state)
{
    (void)state;
    assert_int_equal(told_of("......xxx............x.x.x..........").count, 0);
}

static void speech_that_reaches_the_end_is_told_and_ends_there(void **state)
{
    (void)state;
    struct told told = told_of("....xxxxxxxx");

    assert_int_equal(told.count, 1);
    assert_int_equal(told.at[0].end_ms, 12 * WINDOW_MS);
}

static void the_last_window_may_be_a_part_of_one(void **state)
{
    (void)state;
    float samples[7 * CM_VAD_WINDOW + 16] = { 0 };
    CM_OWN(cm_sound) sound = sound_of(samples, sizeof samples / sizeof *samples, 4000);
    struct told told;

    cut(sound, "xxxxxxxx", NULL, &told);

    assert_int_equal(told.count, 1);
    assert_int_equal(told.at[0].end_ms, 7 * WINDOW_MS + 1); /* and not 8 windows */
}

static void a_long_speech_is_cut_where_it_is_quietest(void **state)
{
    char story[100];
    struct told told;

    (void)state;
    memset(story, 'x',
           80); /* twice as long as a stretch may be, without a pause, with a dip at 30 */
    memset(story + 80, '.', 19);
    story[30] = '.';
    story[99] = '\0';
    told = told_of(story);

    assert_int_equal(told.count, 3);
    assert_int_equal(told.at[0].end_ms, 30 * WINDOW_MS);
    assert_int_equal(told.at[0].count, 30 * CM_VAD_WINDOW);
    assert_int_equal(told.at[1].from_ms, 30 * WINDOW_MS);
    assert_int_equal(told.at[1].end_ms, told.at[2].from_ms);
    assert_int_equal(told.at[2].end_ms, 80 * WINDOW_MS);
}

/* Voices and pauses of random lengths, over many blocks: what comes out is in order and does not
 * overlap, and each voiced window lies in exactly one stretch, but for clicks. */
static void however_voices_fall_each_is_told_once_and_in_its_place(void **state)
{
    enum { WINDOWS = 4000 };
    CM_OWN_MEM char *story = calloc(WINDOWS + 1, 1);
    unsigned seed = 7;

    (void)state;
    for (int round = 0; round < 20; round++) {
        struct told told;
        size_t covered = 0, voiced = 0;

        for (size_t at = 0; at < WINDOWS;) {
            size_t voice = 8 + (seed = seed * 1103515245u + 12345u) / 65536 % 90;
            size_t pause = 10 + (seed = seed * 1103515245u + 12345u) / 65536 % 60;

            for (size_t i = 0; i < voice && at < WINDOWS; i++)
                story[at++] = 'x';
            for (size_t i = 0; i < pause && at < WINDOWS; i++)
                story[at++] = '.';
        }
        memset(story + WINDOWS - 20, '.', 20);
        told = told_of(story);
        for (size_t i = 0; i < told.count; i++) {
            int64_t start = told.at[i].start_ms / WINDOW_MS, end = told.at[i].end_ms / WINDOW_MS;

            assert_true(i == 0 || told.at[i].start_ms >= told.at[i - 1].end_ms);
            assert_true(end - start <= 40);
            assert_int_equal((int)told.at[i].first_sample, told.at[i].from_ms / WINDOW_MS);
            for (int64_t w = start; w < end; w++)
                covered += story[w] == 'x';
        }
        for (size_t w = 0; w < WINDOWS; w++)
            voiced += story[w] == 'x';
        assert_true(covered <= voiced);
        assert_true(voiced - covered <=
                    told.count * 5); /* ends too short to be told, after a cut */
    }
}

static bool yes(void *ctx)
{
    (void)ctx;
    return true;
}

static void it_stops_when_it_is_asked_to(void **state)
{
    (void)state;
    CM_OWN(cm_sound) sound = sound_of(NULL, 1000000, 1000);
    struct told told;

    cut(sound, "", yes, &told);

    assert_int_equal(told.rc, CM_RETRY);
}

static void a_sound_that_fails_fails_the_cut(void **state)
{
    (void)state;
    CM_OWN(cm_sound) sound = sound_that_fails(5000);
    struct told told;

    cut(sound, "..........", NULL, &told);

    assert_int_equal(told.rc, CM_RETRY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_comes_out_as_nothing),
        cmocka_unit_test(a_stretch_has_a_margin_and_the_voices_own_times),
        cmocka_unit_test(a_breath_does_not_end_a_stretch_but_a_pause_does),
        cmocka_unit_test(a_fading_voice_goes_on_but_does_not_begin),
        cmocka_unit_test(a_click_is_no_word),
        cmocka_unit_test(speech_that_reaches_the_end_is_told_and_ends_there),
        cmocka_unit_test(the_last_window_may_be_a_part_of_one),
        cmocka_unit_test(a_long_speech_is_cut_where_it_is_quietest),
        cmocka_unit_test(however_voices_fall_each_is_told_once_and_in_its_place),
        cmocka_unit_test(it_stops_when_it_is_asked_to),
        cmocka_unit_test(a_sound_that_fails_fails_the_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
