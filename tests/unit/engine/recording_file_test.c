/* recording_file_test.c - a recording is whole or not there. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/recording_file.h"

#define CALL  CM_STR("CAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
#define WHOLE "CAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.mp3"
#define PART  WHOLE ".part"

struct fixture {
    struct cm_arena *arena;
    char folder[64];
    struct cm_recording_file file;
    struct cm_recording_facts facts;
    struct cm_err err;
};

static int open_fixture(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);

    fx->arena = cm_arena_new();
    fx->file.fd = -1;
    strcpy(fx->folder, "/tmp/recording_file_test.XXXXXX");
    *state = fx;
    return mkdtemp(fx->folder) ? 0 : 1;
}

static const char *path(struct fixture *fx, const char *name)
{
    return cm_arena_printf(fx->arena, "%s/%s", fx->folder, name).at;
}

static int close_fixture(void **state)
{
    struct fixture *fx = *state;

    cm_recording_file_finish(&fx->file);
    unlink(path(fx, PART));
    unlink(path(fx, WHOLE));
    rmdir(fx->folder);
    cm_arena_free(fx->arena);
    free(fx);
    return 0;
}

static bool is_there(struct fixture *fx, const char *name)
{
    return access(path(fx, name), F_OK) == 0;
}

static cm_rc open_file(struct fixture *fx, struct cm_recording_file *file)
{
    return cm_recording_file_open(file, fx->arena, fx->folder, CALL, &fx->err);
}

/* MPEG-2 layer III, 32 kbit/s, 16 kHz, two channels: 144 bytes a frame of 36 ms. */
static void write_frames(int fd, int frames)
{
    uint8_t frame[144] = { 0xFF, 0xF3, 0x48, 0x00 };

    for (int i = 0; i < frames; i++)
        assert_int_equal(write(fd, frame, sizeof frame), sizeof frame);
}

static enum cm_recording_verdict look(struct fixture *fx)
{
    enum cm_recording_verdict verdict = CM_RECORDING_FINE;

    assert_int_equal(
        cm_recording_look(fx->file.fd, "it", fx->arena, &fx->facts, &verdict, &fx->err), CM_OK);
    return verdict;
}

static void what_is_kept_has_the_calls_name_and_no_part_is_left(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(open_file(fx, &fx->file), CM_OK);
    assert_true(is_there(fx, PART));
    write_frames(fx->file.fd, 100);
    assert_int_equal(look(fx), CM_RECORDING_FINE);
    assert_int_equal(fx->facts.size_bytes, 14400);
    assert_int_equal(fx->facts.channels, 2);
    assert_true(fx->facts.duration_ms.set);
    assert_in_range(fx->facts.duration_ms.value, 3400, 3800);
    assert_int_equal(fx->facts.sha256.len, 64);
    assert_int_equal(cm_recording_file_keep(&fx->file, &fx->err), CM_OK);
    assert_true(is_there(fx, WHOLE));
    assert_false(is_there(fx, PART));
}

static void what_is_not_kept_leaves_nothing(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(open_file(fx, &fx->file), CM_OK);
    write_frames(fx->file.fd, 10);
    cm_recording_file_finish(&fx->file);
    assert_false(is_there(fx, PART));
    assert_false(is_there(fx, WHOLE));
}

static void the_part_of_a_killed_process_is_emptied(void **state)
{
    struct fixture *fx = *state;
    CM_OWN_FD int fd = open(path(fx, PART), O_WRONLY | O_CREAT, 0600);
    struct stat st;

    write_frames(fd, 3);
    assert_int_equal(open_file(fx, &fx->file), CM_OK);
    assert_int_equal(fstat(fx->file.fd, &st), 0);
    assert_int_equal(st.st_size, 0);
}

static void two_never_write_the_same_part(void **state)
{
    struct fixture *fx = *state;
    struct cm_recording_file second;

    assert_int_equal(open_file(fx, &fx->file), CM_OK);
    assert_int_equal(open_file(fx, &second), CM_RETRY);
    assert_non_null(strstr(fx->err.msg, "another process"));
    assert_true(is_there(fx, PART));
}

static void a_symbolic_link_is_not_followed(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(symlink("/etc/hostname", path(fx, PART)), 0);
    assert_int_equal(open_file(fx, &fx->file), CM_RETRY);
}

static void what_is_no_recording_is_told_apart(void **state)
{
    struct fixture *fx = *state;
    static const char page[] =
        "<?xml version='1.0'?><TwilioResponse><RestException><Code>20404</Code>";

    assert_int_equal(open_file(fx, &fx->file), CM_OK);
    assert_int_equal(look(fx), CM_RECORDING_EMPTY);
    assert_int_equal(write(fx->file.fd, page, sizeof page), sizeof page);
    assert_int_equal(look(fx), CM_RECORDING_NO_MP3);
}

static void a_broken_one_has_a_hash_and_a_flaw(void **state)
{
    struct fixture *fx = *state;
    static const char junk[5000];

    assert_int_equal(open_file(fx, &fx->file), CM_OK);
    write_frames(fx->file.fd, 1);
    assert_int_equal(write(fx->file.fd, junk, sizeof junk), sizeof junk);
    assert_int_equal(look(fx), CM_RECORDING_BROKEN);
    assert_true(fx->facts.flaw.len > 0);
    assert_int_equal(fx->facts.size_bytes, 144 + sizeof junk);
    assert_int_equal(fx->facts.sha256.len, 64);
    assert_false(fx->facts.duration_ms.set);
}

static void a_full_disk_uses_up_no_attempts(void **state)
{
    struct cm_err err = { 0 };

    (void)state;
    errno = ENOSPC;
    assert_int_equal(cm_recording_file_fail(&err, "write", "x"), CM_RETRY);
    assert_true(err.away);
    errno = EIO;
    assert_int_equal(cm_recording_file_fail(&err, "write", "x"), CM_RETRY);
    assert_false(err.away);
}

static void a_missing_folder_is_told_and_tried_again(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(
        cm_recording_file_open(&fx->file, fx->arena, "/nowhere/at/all", CALL, &fx->err), CM_RETRY);
    assert_non_null(strstr(fx->err.msg, "/nowhere/at/all"));
}

static cm_rc remove_it(struct fixture *fx)
{
    return cm_recording_file_remove(fx->arena, fx->folder, CALL, &fx->err);
}

static void what_is_removed_is_gone_and_may_be_removed_again(void **state)
{
    struct fixture *fx = *state;
    struct cm_recording_file second;

    assert_int_equal(remove_it(fx), CM_OK);
    assert_int_equal(open_file(fx, &fx->file), CM_OK);
    assert_int_equal(cm_recording_file_keep(&fx->file, &fx->err), CM_OK);
    assert_int_equal(open_file(fx, &second), CM_OK);
    assert_true(is_there(fx, WHOLE) && is_there(fx, PART));
    assert_int_equal(remove_it(fx), CM_OK);
    assert_false(is_there(fx, WHOLE) || is_there(fx, PART));
    cm_recording_file_finish(&second);
}

static void a_part_that_was_removed_meanwhile_is_not_kept(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(open_file(fx, &fx->file), CM_OK);
    write_frames(fx->file.fd, 3);
    assert_int_equal(remove_it(fx), CM_OK);
    assert_int_equal(cm_recording_file_keep(&fx->file, &fx->err), CM_RETRY);
    assert_false(is_there(fx, WHOLE));
}

static void what_cannot_be_removed_is_tried_again(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(mkdir(path(fx, WHOLE), 0700), 0); /* no file: unlink says no to root too */
    assert_int_equal(remove_it(fx), CM_RETRY);
    assert_non_null(strstr(fx->err.msg, "cannot remove"));
    assert_int_equal(rmdir(path(fx, WHOLE)), 0);
    assert_int_equal(rmdir(fx->folder), 0);
    assert_int_equal(remove_it(fx), CM_RETRY); /* a folder that is not mounted, say */
    assert_int_equal(mkdir(fx->folder, 0700), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_kept_has_the_calls_name_and_no_part_is_left),
        TEST(what_is_not_kept_leaves_nothing),
        TEST(the_part_of_a_killed_process_is_emptied),
        TEST(two_never_write_the_same_part),
        TEST(a_symbolic_link_is_not_followed),
        TEST(what_is_no_recording_is_told_apart),
        TEST(a_broken_one_has_a_hash_and_a_flaw),
        TEST(a_full_disk_uses_up_no_attempts),
        TEST(what_is_removed_is_gone_and_may_be_removed_again),
        TEST(a_part_that_was_removed_meanwhile_is_not_kept),
        TEST(what_cannot_be_removed_is_tried_again),
        TEST(a_missing_folder_is_told_and_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
