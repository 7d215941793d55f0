#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "recording.h"

static const char dual[] = "tests/unit/engine/fixtures/dual.mp3"; /* 2 s, two channels */
static const char mono[] = "tests/unit/engine/fixtures/mono.mp3";
#define SID "CA0123456789abcdef0123456789abcdef"

struct fixture {
    char dir[64];
    struct cm_arena *arena;
    struct cm_err err;
};

static int setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);

    assert_non_null(fx);
    (void)snprintf(fx->dir, sizeof fx->dir, "/tmp/recording_test.XXXXXX");
    assert_non_null(mkdtemp(fx->dir));
    fx->arena = cm_arena_new();
    *state = fx;
    return 0;
}

static struct cm_str path_of(struct fixture *fx, const char *name)
{
    return cm_arena_printf(fx->arena, "%s/%s", fx->dir, name);
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    (void)unlink(path_of(fx, SID ".mp3").at);
    (void)rmdir(path_of(fx, SID ".mp3").at);
    (void)rmdir(fx->dir);
    cm_arena_free(fx->arena);
    free(fx);
    return 0;
}

static cm_rc open_it(struct fixture *fx, const char *dir, const char *file)
{
    CM_OWN(cm_recordings) recordings = cm_recordings_in_folder(dir);
    CM_OWN_FD int fd = -1;
    int64_t size_bytes;

    return recording_open(recordings, fx->arena, &(struct recording_ask){ .file = cm_str_of(file) },
                          &fd, &size_bytes, &fx->err);
}

static void only_a_calls_own_file_name_is_opened(void **state)
{
    static const char *const names[] = {
        "",
        "..",
        "/etc/passwd",
        SID,
        SID ".mp",
        SID ".mp3x",
        "../" SID ".mp3",
        "./" SID ".mp3",
        "CAgggggggggggggggggggggggggggggggg.mp3",
        "RE0123456789abcdef0123456789abcdef.mp3",
        "CA0123456789abcdef0123456789abcde/.mp3",
        "CA../../../../../../../../etc/passwd.mp3",
    };
    struct fixture *fx = *state;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(open_it(fx, fx->dir, names[i]), CM_REJECT);
    assert_int_equal(recording_open(NULL, fx->arena,
                                    &(struct recording_ask){ .file = { SID "\0mp3", 38 } }, NULL,
                                    NULL, NULL),
                     CM_REJECT);
}

static void a_link_is_not_followed(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(symlink("/etc/passwd", path_of(fx, SID ".mp3").at), 0);
    assert_int_equal(open_it(fx, fx->dir, SID ".mp3"), CM_REJECT);
}

static void what_is_no_file_is_refused_and_not_waited_for(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(mkfifo(path_of(fx, SID ".mp3").at, 0600), 0);
    assert_int_equal(open_it(fx, fx->dir, SID ".mp3"), CM_REJECT);
    assert_int_equal(unlink(path_of(fx, SID ".mp3").at), 0);

    assert_int_equal(mkdir(path_of(fx, SID ".mp3").at, 0700), 0);
    assert_int_equal(open_it(fx, fx->dir, SID ".mp3"), CM_REJECT);
}

static void a_missing_file_may_come_and_a_missing_folder_is_away(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(open_it(fx, fx->dir, SID ".mp3"), CM_RETRY);
    assert_false(fx->err.away);

    assert_int_equal(open_it(fx, "/nonexistent", SID ".mp3"), CM_RETRY);
    assert_true(fx->err.away);
    assert_non_null(strstr(fx->err.msg, "RECORDINGS_DIR=/nonexistent"));
}

/* An engine that hears one utterance a channel, once as many channels as `together` are being
 * heard. */
struct canned {
    struct cm_speech port;
    atomic_int hearing;
    int together;
    cm_rc rc;
};

static cm_rc canned_hear(struct cm_speech *port, const struct cm_listen *ask, struct cm_heard *out,
                         struct cm_err *err)
{
    struct canned *canned = (struct canned *)port;
    struct cm_utterance *said = CM_NEW(ask->arena, struct cm_utterance);
    size_t total = 0, got;
    float block[1000];

    atomic_fetch_add(&canned->hearing, 1);
    while (atomic_load(&canned->hearing) < canned->together)
        sched_yield(); /* ctest's deadline is this one's */
    if (canned->rc)
        return cm_fail(err, canned->rc, "the engine says no");
    do {
        assert_int_equal(ask->sound->read(ask->sound, block, 1000, &got, err), CM_OK);
        total += got;
    } while (got > 0);
    *said = (struct cm_utterance){ 10, 20, cm_arena_printf(ask->arena, "%zu samples", total) };
    *out = (struct cm_heard){ said, 1, cm_arena_str(ask->arena, CM_STR("en")) };
    return CM_OK;
}

static cm_rc hear(struct fixture *fx, struct canned *canned, const char *path, struct hearing *out)
{
    CM_OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    const struct hearing_ask ask = { .speech = &canned->port, .arena = fx->arena, .max_s = 60 };

    canned->port.hear = canned_hear;
    return recording_hear(fd, &ask, out, &fx->err);
}

static void two_channels_are_heard_at_the_same_time(void **state)
{
    struct fixture *fx = *state;
    struct canned canned = { .together = 2 };
    struct hearing hearing;

    assert_int_equal(hear(fx, &canned, dual, &hearing), CM_OK);

    assert_int_equal(hearing.mp3.channels, 2);
    for (int c = 0; c < 2; c++) {
        assert_int_equal(hearing.channels[c].count, 1);
        assert_true(cm_str_is(hearing.channels[c].utterances[0].text, "32000 samples"));
        assert_true(cm_str_is(hearing.channels[c].language, "en"));
    }
}

/* Of the fixture, the first channel begins with a tone, and the second ends with one. */
static void channels_are_looked_at_while_they_are_heard(void **state)
{
    struct fixture *fx = *state;
    struct canned canned = { .together = 2 };
    struct hearing hearing;

    assert_int_equal(hear(fx, &canned, dual, &hearing), CM_OK);

    assert_int_equal(hearing.peak_count, 1000);
    for (int second = 0; second < 2; second++)
        for (size_t i = 50; i < 450; i++) {
            assert_in_range(hearing.peaks[second][500 * (size_t)second + i], 90, 115);
            assert_in_range(hearing.peaks[1 - second][500 * (size_t)second + i], 0, 10);
        }
}

static void of_a_mono_recording_one_channel_is_heard(void **state)
{
    struct fixture *fx = *state;
    struct canned canned = { .together = 1 };
    struct hearing hearing;

    assert_int_equal(hear(fx, &canned, mono, &hearing), CM_OK);

    assert_int_equal(canned.hearing, 1);
    assert_true(cm_str_is(hearing.channels[0].utterances[0].text, "16000 samples"));
}

static void an_engine_that_fails_fails_the_hearing(void **state)
{
    struct fixture *fx = *state;
    struct hearing hearing;

    for (int rc = CM_RETRY; rc <= CM_FATAL; rc++) {
        struct canned canned = { .rc = (cm_rc)rc };

        assert_int_equal(hear(fx, &canned, dual, &hearing), rc);
        assert_string_equal(fx->err.msg, "the engine says no");
    }
}

static void what_is_no_recording_is_refused_before_the_engine_hears_of_it(void **state)
{
    struct fixture *fx = *state;
    struct canned canned = { 0 };
    struct hearing hearing;

    assert_int_equal(hear(fx, &canned, "tests/unit/transcriber/recording_test.c", &hearing),
                     CM_REJECT);
    assert_int_equal(canned.hearing, 0);
}

int main(void)
{
#define story(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        story(only_a_calls_own_file_name_is_opened),
        story(a_link_is_not_followed),
        story(what_is_no_file_is_refused_and_not_waited_for),
        story(a_missing_file_may_come_and_a_missing_folder_is_away),
        story(two_channels_are_heard_at_the_same_time),
        story(channels_are_looked_at_while_they_are_heard),
        story(of_a_mono_recording_one_channel_is_heard),
        story(an_engine_that_fails_fails_the_hearing),
        story(what_is_no_recording_is_refused_before_the_engine_hears_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
