/* recording_check_test.c - what is not what Twilio announced is fetched again. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recording_check.h"

struct fixture {
    struct cm_arena *arena;
    char path[64];
    struct cm_recording_file file;
    struct cm_recording_facts facts;
    struct cm_err err;
};

static int open_fixture(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);

    *state = fx;
    fx->arena = cm_arena_new();
    strcpy(fx->path, "/tmp/recording_check_test.XXXXXX");
    fx->file = (struct cm_recording_file){ .part = fx->path, .fd = mkstemp(fx->path) };
    return fx->file.fd < 0;
}

static int close_fixture(void **state)
{
    struct fixture *fx = *state;

    cm_recording_file_finish(&fx->file);
    cm_arena_free(fx->arena);
    free(fx);
    return 0;
}

/* MPEG-2 layer III, 32 kbit/s, 16 kHz, two channels: 144 bytes a frame of 36 ms. */
static void write_frames(struct fixture *fx, int frames)
{
    uint8_t frame[144] = { 0xFF, 0xF3, 0x48, 0x00 };

    for (int i = 0; i < frames; i++)
        assert_int_equal(write(fx->file.fd, frame, sizeof frame), sizeof frame);
}

static cm_rc check(struct fixture *fx, int64_t announced_ms)
{
    return recording_check(&fx->file, fx->arena,
                           (struct cm_opt_i64){ announced_ms > 0, announced_ms }, &fx->facts,
                           &fx->err);
}

static void what_was_announced_is_taken(void **state)
{
    struct fixture *fx = *state;

    write_frames(fx, 100);
    assert_int_equal(check(fx, 3600), CM_OK);
    assert_int_equal(fx->facts.size_bytes, 14400);
    assert_int_equal(fx->facts.channels, 2);
    assert_int_equal(check(fx, 0), CM_OK);
}

static void an_empty_or_foreign_body_is_tried_again(void **state)
{
    struct fixture *fx = *state;
    static const char page[] =
        "<?xml version='1.0'?><TwilioResponse><RestException><Code>20404</Code>";

    assert_int_equal(check(fx, 0), CM_RETRY);
    assert_non_null(strstr(fx->err.msg, "empty"));
    assert_int_equal(write(fx->file.fd, page, sizeof page), sizeof page);
    assert_int_equal(check(fx, 0), CM_RETRY);
    assert_non_null(strstr(fx->err.msg, "no MP3"));
}

static void far_less_than_was_announced_is_tried_again(void **state)
{
    struct fixture *fx = *state;

    write_frames(fx, 100);
    assert_int_equal(check(fx, 60000), CM_RETRY);
    assert_non_null(strstr(fx->err.msg, "of 60 s"));
}

static void a_broken_one_is_taken_if_it_has_the_bytes(void **state)
{
    struct fixture *fx = *state;
    static const char junk[5000];

    write_frames(fx, 1);
    assert_int_equal(write(fx->file.fd, junk, sizeof junk), sizeof junk);
    assert_int_equal(check(fx, 10000), CM_OK);
    assert_false(fx->facts.duration_ms.set);
    assert_int_equal(check(fx, 60000), CM_RETRY);
    assert_non_null(strstr(fx->err.msg, "too few"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_announced_is_taken),
        TEST(an_empty_or_foreign_body_is_tried_again),
        TEST(far_less_than_was_announced_is_tried_again),
        TEST(a_broken_one_is_taken_if_it_has_the_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
