/* store_test.c - recordings in a bucket, on the real store that store_test.py started
 * (S3_ENDPOINT and the rest). Each test has a prefix of its own, with what has to be escaped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/digest.h"
#include "engine/recordings_walk.h"

#define SID   "CA0123456789abcdef0123456789ABCDEF"
#define OTHER "CAffffffffffffffffffffffffffffffff"

struct fixture {
    char dir[64], url[160];
    const char *secret, *bucket; /* NULL: the right ones */
    struct cm_arena *arena;
    struct cm_http_client *http;
    struct cm_config *config;
    struct cm_recordings *recordings;
    struct cm_recording out;
    struct cm_err err;
};

static struct fixture *looked_up;
static unsigned tests_done;

static char *lookup(const char *name)
{
    if (strcmp(name, "RECORDINGS_DIR") == 0)
        return looked_up->dir;
    if (strcmp(name, "RECORDINGS_URL") == 0)
        return looked_up->url;
    if (strcmp(name, "S3_SECRET_ACCESS_KEY") == 0 && looked_up->secret)
        return cm_arena_text(looked_up->arena, cm_str_of(looked_up->secret));
    return getenv(name);
}

static cm_rc connect_store(struct fixture *fx)
{
    static const struct cm_setting dir[] = {
        { .name = "RECORDINGS_DIR", .type = CM_SET_TEXT, .help = "x" },
        { 0 },
    };
    static const struct cm_setting *const tables[] = { dir, cm_recordings_settings, NULL };

    looked_up = fx;
    snprintf(fx->url, sizeof fx->url, "s3://%s/a~b+(c)&d=e%%/%d-%u",
             fx->bucket ? fx->bucket : getenv("S3_BUCKET"), (int)getpid(), tests_done);
    cm_recordings_free(CM_STEAL(fx->recordings));
    cm_config_free(CM_STEAL(fx->config));
    if (cm_config_load(tables, lookup, &fx->config, &fx->err))
        fail_msg("%s", fx->err.msg);
    return cm_recordings_new(fx->config, fx->http, NULL, &fx->recordings, &fx->err);
}

static int setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);

    assert_non_null(fx);
    snprintf(fx->dir, sizeof fx->dir, "/tmp/store_test.XXXXXX");
    assert_non_null(mkdtemp(fx->dir));
    fx->arena = cm_arena_new();
    tests_done++;
    *state = fx;
    if (cm_http_client_new(NULL, &fx->http, &fx->err) || connect_store(fx))
        fail_msg("%s", fx->err.msg);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(rmdir(fx->dir), 0); /* nothing was left in it */
    cm_recordings_free(fx->recordings);
    cm_config_free(fx->config);
    cm_http_client_free(fx->http);
    cm_arena_free(fx->arena);
    free(fx);
    return 0;
}

static void ok(struct fixture *fx, cm_rc rc)
{
    if (rc)
        fail_msg("%s: %s", cm_rc_name(rc), fx->err.msg);
}

/* `size` bytes that no other size has. */
static char *bytes_of(struct fixture *fx, size_t size)
{
    char *bytes = cm_arena_alloc(fx->arena, size + 1);

    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)((i * 2654435761U + size) >> 7);
    return bytes;
}

static struct cm_recording_facts given_part(struct fixture *fx, struct cm_str sid, size_t size,
                                            struct cm_recording_file *file)
{
    struct cm_str bytes = { bytes_of(fx, size), size };
    struct cm_sha256 hash = cm_sha256(bytes);

    ok(fx, cm_recordings_begin(fx->recordings, fx->arena, sid, file, &fx->err));
    assert_int_equal(write(file->fd, bytes.at, size), (ssize_t)size);
    return (struct cm_recording_facts){
        .size_bytes = size,
        .sha256 = cm_arena_printf(fx->arena, "%s", cm_hex(hash.at, sizeof hash.at).at),
    };
}

static void given_kept(struct fixture *fx, struct cm_str sid, size_t size)
{
    CM_OWN_RECORDING_FILE struct cm_recording_file file = { .fd = -1 };
    struct cm_recording_facts facts = given_part(fx, sid, size, &file);

    ok(fx, cm_recordings_keep(fx->recordings, fx->arena, &file, &facts, &fx->err));
}

static cm_rc open_it(struct fixture *fx)
{
    return cm_recordings_open(fx->recordings, fx->arena,
                              &(struct cm_recording_ask){ .call_sid = CM_STR(SID) }, &fx->out,
                              &fx->err);
}

static void assert_holds(struct fixture *fx, int fd, size_t size, size_t from, size_t len)
{
    char *got = cm_arena_alloc(fx->arena, len + 1);

    assert_int_equal(pread(fd, got, len + 1, 0), (ssize_t)len);
    assert_memory_equal(got, bytes_of(fx, size) + from, len);
}

static void what_is_kept_is_read_back_whole(void **state)
{
    static const size_t sizes[] = { 1, 5, 100000, 3 * 1024 * 1024 + 7 };
    struct fixture *fx = *state;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        given_kept(fx, CM_STR(SID), sizes[i]); /* over the one before */
        ok(fx, open_it(fx));
        assert_true(fx->out.is_there);
        assert_int_equal(fx->out.size, sizes[i]);
        assert_holds(fx, fx->out.fd, sizes[i], 0, sizes[i]);
        close(fx->out.fd);
    }
    ok(fx, cm_recordings_remove(fx->recordings, fx->arena, CM_STR(SID), &fx->err));
}

static void keeping_leaves_no_part_and_removing_no_object(void **state)
{
    struct fixture *fx = *state;
    struct stat seen;

    given_kept(fx, CM_STR(SID), 10);
    assert_int_equal(stat(cm_arena_printf(fx->arena, "%s/" SID ".mp3.part", fx->dir).at, &seen),
                     -1);
    for (int i = 0; i < 2; i++) { /* the second time it is not there any more */
        ok(fx, cm_recordings_remove(fx->recordings, fx->arena, CM_STR(SID), &fx->err));
        ok(fx, cm_recordings_look(fx->recordings, fx->arena, CM_STR(SID), &fx->out, &fx->err));
        assert_false(fx->out.is_there);
    }
}

static void a_part_that_was_removed_meanwhile_is_not_kept(void **state)
{
    struct fixture *fx = *state;
    CM_OWN_RECORDING_FILE struct cm_recording_file file = { .fd = -1 };
    struct cm_recording_facts facts = given_part(fx, CM_STR(SID), 10, &file);

    ok(fx, cm_recordings_remove(fx->recordings, fx->arena, CM_STR(SID), &fx->err));
    assert_int_equal(cm_recordings_keep(fx->recordings, fx->arena, &file, &facts, &fx->err),
                     CM_RETRY);
    ok(fx, cm_recordings_look(fx->recordings, fx->arena, CM_STR(SID), &fx->out, &fx->err));
    assert_false(fx->out.is_there);
}

static void bytes_that_are_not_those_that_were_hashed_are_not_kept(void **state)
{
    struct fixture *fx = *state;
    CM_OWN_RECORDING_FILE struct cm_recording_file file = { .fd = -1 };
    struct cm_recording_facts facts = given_part(fx, CM_STR(SID), 10, &file);

    assert_int_equal(pwrite(file.fd, "?", 1, 3), 1);
    assert_int_not_equal(cm_recordings_keep(fx->recordings, fx->arena, &file, &facts, &fx->err),
                         CM_OK);
    ok(fx, cm_recordings_look(fx->recordings, fx->arena, CM_STR(SID), &fx->out, &fx->err));
    assert_false(fx->out.is_there);
}

static void a_range_is_copied_while_it_is_the_same_recording(void **state)
{
    struct fixture *fx = *state;
    const struct cm_recording_ask ask = { .call_sid = CM_STR(SID) };
    FILE *to = tmpfile(), *again = tmpfile();

    assert_true(to && again);
    given_kept(fx, CM_STR(SID), 5000);
    ok(fx, cm_recordings_look(fx->recordings, fx->arena, CM_STR(SID), &fx->out, &fx->err));
    assert_int_equal(fx->out.fd, -1);
    ok(fx, cm_recordings_copy(fx->recordings, fx->arena, &ask, &fx->out, 1000, 77, fileno(to),
                              &fx->err));
    assert_holds(fx, fileno(to), 5000, 1000, 77);

    given_kept(fx, CM_STR(SID), 6000);
    assert_int_equal(cm_recordings_copy(fx->recordings, fx->arena, &ask, &fx->out, 1000, 77,
                                        fileno(again), &fx->err),
                     CM_RETRY);
    assert_int_equal(lseek(fileno(again), 0, SEEK_END), 0);
    fclose(to);
    fclose(again);
    ok(fx, cm_recordings_remove(fx->recordings, fx->arena, CM_STR(SID), &fx->err));
}

static void a_walk_meets_the_folder_and_every_page_of_the_bucket(void **state)
{
    enum { OBJECTS = 7, EACH = 3 };
    struct fixture *fx = *state;
    CM_OWN(cm_recordings_walk) walk = cm_recordings_walk_new(fx->recordings);
    CM_OWN_RECORDING_FILE struct cm_recording_file file = { .fd = -1 };
    bool ended = false, was_there;
    int in_store = 0, in_folder = 0;

    for (int i = 0; i < OBJECTS; i++)
        given_kept(fx, cm_arena_printf(fx->arena, "CA%032x", i), 3);
    (void)given_part(fx, CM_STR(OTHER), 3, &file);
    for (int looks = 0; !ended; looks++) {
        struct cm_recordings_entry *entries;
        size_t count;

        assert_true(looks < 10);
        ok(fx, cm_recordings_walk_on(walk, fx->arena, EACH, &entries, &count, &ended, &fx->err));
        assert_true(count <= EACH);
        for (size_t i = 0; i < count; i++) {
            *(entries[i].in_store ? &in_store : &in_folder) += 1;
            assert_in_range(entries[i].changed_us, cm_now_us() - 60 * CM_US_PER_SEC,
                            cm_now_us() + 2 * CM_US_PER_SEC);
            if (entries[i].in_store)
                ok(fx,
                   cm_recordings_walk_remove(walk, fx->arena, &entries[i], &was_there, &fx->err));
        }
    }
    assert_int_equal(in_store, OBJECTS);
    assert_int_equal(in_folder, 1);
    for (int i = 0; i < OBJECTS; i++) {
        ok(fx, cm_recordings_look(fx->recordings, fx->arena,
                                  cm_arena_printf(fx->arena, "CA%032x", i), &fx->out, &fx->err));
        assert_false(fx->out.is_there);
    }
}

static void a_wrong_secret_is_fatal_and_not_told(void **state)
{
    struct fixture *fx = *state;
    const char *bucket = getenv("S3_BUCKET");

    fx->secret = "another-secret";
    assert_int_equal(connect_store(fx), CM_FATAL);
    assert_non_null(strstr(fx->err.msg, "S3_SECRET_ACCESS_KEY"));
    assert_true(bucket && strstr(fx->err.msg, bucket));
    assert_null(strstr(fx->err.msg, fx->secret));
}

static void a_bucket_that_is_not_there_is_fatal(void **state)
{
    struct fixture *fx = *state;

    fx->bucket = "nobodys-bucket";
    assert_int_equal(connect_store(fx), CM_FATAL);
    assert_non_null(strstr(fx->err.msg, "nobodys-bucket"));
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        STORE_TEST(what_is_kept_is_read_back_whole),
        STORE_TEST(keeping_leaves_no_part_and_removing_no_object),
        STORE_TEST(a_part_that_was_removed_meanwhile_is_not_kept),
        STORE_TEST(bytes_that_are_not_those_that_were_hashed_are_not_kept),
        STORE_TEST(a_range_is_copied_while_it_is_the_same_recording),
        STORE_TEST(a_walk_meets_the_folder_and_every_page_of_the_bucket),
        STORE_TEST(a_wrong_secret_is_fatal_and_not_told),
        STORE_TEST(a_bucket_that_is_not_there_is_fatal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
