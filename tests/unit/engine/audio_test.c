/* The fixtures are made by ffmpeg -f lavfi -i SOUND -b:a 32k FILE:
 *
 *   dual.mp3    aevalsrc='0.4*sin(2*PI*440*t)*lt(t,1)|0.4*sin(2*PI*1000*t)*gte(t,1)':s=8000:d=2
 *               joint stereo: 440 Hz left in the first second, 1 kHz right in the second
 *   short.mp3   the same in 0.4 s, for what is tried at each of its bytes
 *   mono.mp3    aevalsrc='0.4*sin(2*PI*440*t)':s=44100:d=1
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "engine/audio.h"
#include "sounds.h"

enum { HOUR_S = 3600 };
static const size_t second = CM_SPEECH_RATE; /* samples */

static void load(const char *name, struct cm_buf *out)
{
    CM_OWN_FD int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    assert_true(fd >= 0);
    while ((got = read(fd, cm_buf_reserve(out, 65536), 65536)) > 0)
        out->len += (size_t)got;
    assert_int_equal(got, 0);
}

static const char dual[] = "tests/unit/engine/fixtures/dual.mp3";
static const char brief[] = "tests/unit/engine/fixtures/short.mp3";
static const char mono[] = "tests/unit/engine/fixtures/mono.mp3";

/* A file that is nowhere, with these bytes in it. */
static int file_of(const void *bytes, size_t len)
{
    int fd = memfd_create("recording", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, 0), len);
    return fd;
}

static cm_rc inspect(const struct cm_buf *bytes, struct cm_mp3 *mp3, struct cm_err *err)
{
    CM_OWN_FD int fd = file_of(bytes->at, bytes->len);

    return cm_mp3_inspect(fd, HOUR_S, mp3, err);
}

static size_t read_channel(int fd, int channel, float *to, size_t room)
{
    CM_OWN(cm_sound) sound = NULL;
    size_t count = 0, got;

    assert_int_equal(cm_mp3_open(fd, channel, &sound, NULL), CM_OK);
    do {
        assert_true(count + 999 <= room);
        assert_int_equal(sound->read(sound, to + count, 999, &got, NULL), CM_OK);
        count += got;
    } while (got > 0);
    return count;
}

static void a_recording_tells_its_channels_and_its_length(void **state)
{
    CM_OWN_FD int two = open(dual, O_RDONLY | O_CLOEXEC);
    CM_OWN_FD int one = open(mono, O_RDONLY | O_CLOEXEC);
    struct cm_mp3 mp3;

    (void)state;
    assert_int_equal(cm_mp3_inspect(two, HOUR_S, &mp3, NULL), CM_OK);
    assert_int_equal(mp3.channels, 2);
    assert_int_equal(mp3.duration_ms, 2000);
    assert_false(mp3.cut);

    assert_int_equal(cm_mp3_inspect(one, HOUR_S, &mp3, NULL), CM_OK);
    assert_int_equal(mp3.channels, 1);
    assert_int_equal(mp3.duration_ms, 1000);
}

static void each_channel_comes_out_by_itself_at_16_khz(void **state)
{
    const size_t edge = 1600;
    CM_OWN_FD int fd = open(dual, O_RDONLY | O_CLOEXEC);
    float left[3 * CM_SPEECH_RATE], right[3 * CM_SPEECH_RATE];

    (void)state;
    assert_int_equal(read_channel(fd, 0, left, 3 * second), 2 * second);
    assert_int_equal(read_channel(fd, 1, right, 3 * second), 2 * second);

    assert_true(tone_in(left + edge, second - 2 * edge, 440, CM_SPEECH_RATE) > 0.35);
    assert_true(tone_in(right + edge, second - 2 * edge, 440, CM_SPEECH_RATE) < 0.01);
    assert_true(tone_in(left + second + edge, second - 2 * edge, 1000, CM_SPEECH_RATE) < 0.01);
    assert_true(tone_in(right + second + edge, second - 2 * edge, 1000, CM_SPEECH_RATE) > 0.35);
}

static void mono_of_another_rate_comes_out_at_16_khz(void **state)
{
    CM_OWN_FD int fd = open(mono, O_RDONLY | O_CLOEXEC);
    float samples[2 * CM_SPEECH_RATE];

    (void)state;
    assert_int_equal(read_channel(fd, 0, samples, 2 * second), second);
    assert_true(tone_in(samples + 1600, CM_SPEECH_RATE - 3200, 440, CM_SPEECH_RATE) > 0.35);
}

static void assert_refused(const struct cm_buf *bytes, const char *because)
{
    struct cm_err err = { 0 };
    struct cm_mp3 mp3;

    assert_int_equal(inspect(bytes, &mp3, &err), CM_REJECT);
    if (!strstr(err.msg, because))
        fail_msg("'%s' does not say '%s'", err.msg, because);
}

static void what_is_no_mp3_is_refused_with_its_reason(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    float noise[50000];

    (void)state;
    cm_buf_text(&bytes, "");
    assert_refused(&bytes, "empty");

    cm_buf_text(&bytes, "<?xml version='1.0'?><TwilioResponse><Code>20404</Code></TwilioResponse>");
    assert_refused(&bytes, "not an MP3");

    cm_buf_clear(&bytes);
    put_noise(noise, 50000, 1, 3);
    cm_buf_put(&bytes, noise, sizeof noise);
    assert_refused(&bytes, "not an MP3");

    cm_buf_clear(&bytes);
    memset(cm_buf_reserve(&bytes, 1000000), 0, 1000000);
    bytes.len = 1000000;
    assert_refused(&bytes, "not an MP3");
}

static void a_recording_broken_in_the_middle_is_refused_and_says_where(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };

    (void)state;
    load(dual, &bytes);
    memset(bytes.at + bytes.len / 2, 0, 3000);
    assert_refused(&bytes, "broken after 1 of about 2 s");
}

static void a_recording_cut_short_is_heard_as_far_as_it_goes(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    struct cm_mp3 mp3;

    (void)state;
    load(dual, &bytes);
    bytes.len /= 2;
    assert_int_equal(inspect(&bytes, &mp3, NULL), CM_OK);

    assert_true(mp3.cut);
    assert_in_range(mp3.duration_ms, 800, 1100);
}

static void tags_around_the_sound_do_not_matter(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    CM_OWN_BUF struct cm_buf tagged = { 0 };
    struct cm_mp3 mp3;

    (void)state;
    load(dual, &bytes);
    cm_buf_put(&tagged, "ID3\4\0\0\0\2\0\0", 10); /* 32 KiB of it */
    memset(cm_buf_reserve(&tagged, 32768), 'x', 32768);
    tagged.len += 32768;
    cm_buf_put(&tagged, bytes.at, bytes.len);
    memset(cm_buf_reserve(&tagged, 3000), 'y', 3000);
    tagged.len += 3000;

    assert_int_equal(inspect(&tagged, &mp3, NULL), CM_OK);
    assert_int_equal(mp3.duration_ms, 2000);
    assert_false(mp3.cut);
}

static void a_tag_that_announces_more_than_there_is_is_refused(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };

    (void)state;
    cm_buf_put(&bytes, "ID3\4\0\0\x7f\x7f\x7f\x7f", 10); /* 256 MiB */
    load(dual, &bytes);
    assert_refused(&bytes, "not an MP3");
}

static void a_recording_above_the_limit_is_refused(void **state)
{
    CM_OWN_FD int fd = open(dual, O_RDONLY | O_CLOEXEC);
    struct cm_err err = { 0 };
    struct cm_mp3 mp3;

    (void)state;
    assert_int_equal(cm_mp3_inspect(fd, 1, &mp3, &err), CM_REJECT);
    assert_string_equal(err.msg, "recording is 2 s long, MAX_RECORDING_S allows 1");
}

static void a_file_that_cannot_be_read_may_be_readable_later(void **state)
{
    CM_OWN_FD int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct cm_mp3 mp3;

    (void)state;
    assert_int_equal(cm_mp3_inspect(folder, HOUR_S, &mp3, NULL), CM_RETRY);
}

/* Whatever is left of a file, it is refused or heard, and hearing it comes to an end. */
static void every_cut_of_a_file_is_handled(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    CM_OWN_MEM float *samples = calloc(second, sizeof *samples);

    (void)state;
    load(brief, &bytes);
    for (size_t len = bytes.len; len > 0; len--) {
        CM_OWN_FD int fd = file_of(bytes.at, len);
        struct cm_mp3 mp3;
        cm_rc rc = cm_mp3_inspect(fd, HOUR_S, &mp3, NULL);

        assert_true(rc == CM_OK || rc == CM_REJECT);
        if (rc == CM_OK && len % 8 == 0)
            assert_in_range(read_channel(fd, 0, samples, second), 0, second * 2 / 5 + 1000);
    }
}

/* Single bytes turned over: heard or refused, and no more sound than there can be. */
static void damaged_files_are_handled(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    CM_OWN_MEM float *samples = calloc(second, sizeof *samples);

    (void)state;
    load(brief, &bytes);
    for (size_t at = 0; at < bytes.len; at += 3) {
        CM_OWN_FD int fd = -1;
        struct cm_mp3 mp3;

        bytes.at[at] = (char)~bytes.at[at];
        fd = file_of(bytes.at, bytes.len);
        bytes.at[at] = (char)~bytes.at[at];
        if (cm_mp3_inspect(fd, HOUR_S, &mp3, NULL) == CM_OK)
            assert_in_range(read_channel(fd, 1, samples, second), 0, second - 1000);
    }
}

static void first_bytes_tell_mpeg_audio_from_other_things(void **state)
{
    (void)state;
    assert_true(cm_looks_like_mp3(CM_STR("ID3\4\0\0\0\0\0\0")));
    assert_true(cm_looks_like_mp3(CM_STR("\xFF\xE3\x48\xC4"))); /* MPEG 2.5 layer III */
    assert_true(cm_looks_like_mp3(CM_STR("\xFF\xFB\x90\x00"))); /* MPEG 1 layer III */

    assert_false(cm_looks_like_mp3(CM_STR("")));
    assert_false(cm_looks_like_mp3(CM_STR("\xFF\xFB\x90")));
    assert_false(cm_looks_like_mp3(CM_STR("RIFF\0\0\0\0WAVE")));
    assert_false(cm_looks_like_mp3(CM_STR("OggS\0\0\0\0")));
    assert_false(cm_looks_like_mp3(CM_STR("<?xml ver")));
    assert_false(cm_looks_like_mp3(CM_STR("{\"code\":20404}")));
    assert_false(cm_looks_like_mp3(CM_STR("\xFF\xF1\x50\x80"))); /* AAC in ADTS: layer 0 */
    assert_false(cm_looks_like_mp3(CM_STR("\xFF\xFF\xFF\xFF")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_tells_its_channels_and_its_length),
        cmocka_unit_test(each_channel_comes_out_by_itself_at_16_khz),
        cmocka_unit_test(mono_of_another_rate_comes_out_at_16_khz),
        cmocka_unit_test(what_is_no_mp3_is_refused_with_its_reason),
        cmocka_unit_test(a_recording_broken_in_the_middle_is_refused_and_says_where),
        cmocka_unit_test(a_recording_cut_short_is_heard_as_far_as_it_goes),
        cmocka_unit_test(tags_around_the_sound_do_not_matter),
        cmocka_unit_test(a_tag_that_announces_more_than_there_is_is_refused),
        cmocka_unit_test(a_recording_above_the_limit_is_refused),
        cmocka_unit_test(a_file_that_cannot_be_read_may_be_readable_later),
        cmocka_unit_test(every_cut_of_a_file_is_handled),
        cmocka_unit_test(damaged_files_are_handled),
        cmocka_unit_test(first_bytes_tell_mpeg_audio_from_other_things),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
