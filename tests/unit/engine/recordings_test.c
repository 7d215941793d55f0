/* recordings_test.c - recordings in a folder, and what of the settings fits together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engine/recordings_walk.h"

#define SID   "CA0123456789abcdef0123456789ABCDEF"
#define OTHER "CAffffffffffffffffffffffffffffffff"

struct fixture {
    char dir[64], file[160];
    struct cm_arena *arena;
    struct cm_recordings *recordings;
    struct cm_recording out;
    struct cm_err err;
};

static int setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);

    assert_non_null(fx);
    snprintf(fx->dir, sizeof fx->dir, "/tmp/recordings_test.XXXXXX");
    assert_non_null(mkdtemp(fx->dir));
    snprintf(fx->file, sizeof fx->file, "%s/" SID ".mp3", fx->dir);
    fx->arena = cm_arena_new();
    fx->recordings = cm_recordings_in_folder(fx->dir);
    *state = fx;
    return 0;
}

static int teardown(void **state)
{
    static const char *const left[] = { SID ".mp3", SID ".mp3.part", OTHER ".mp3", "notes" };
    struct fixture *fx = *state;

    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        (void)unlink(cm_arena_printf(fx->arena, "%s/%s", fx->dir, left[i]).at);
    assert_int_equal(rmdir(fx->dir), 0);
    cm_recordings_free(fx->recordings);
    cm_arena_free(fx->arena);
    free(fx);
    return 0;
}

static void given_file(struct fixture *fx, const char *name, const char *content)
{
    FILE *file = fopen(cm_arena_printf(fx->arena, "%s/%s", fx->dir, name).at, "w");

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static cm_rc look_for(struct fixture *fx, struct cm_str sid)
{
    return cm_recordings_look(fx->recordings, fx->arena, sid, &fx->out, &fx->err);
}

static cm_rc open_it(struct fixture *fx)
{
    return cm_recordings_open(fx->recordings, fx->arena,
                              &(struct cm_recording_ask){ .call_sid = CM_STR(SID) }, &fx->out,
                              &fx->err);
}

static void the_file_is_found_by_its_sid(void **state)
{
    struct fixture *fx = *state;
    char byte;

    given_file(fx, SID ".mp3", "ID3");
    assert_int_equal(look_for(fx, CM_STR(SID)), CM_OK);
    assert_true(fx->out.is_there);
    assert_int_equal(fx->out.size, 3);
    assert_int_equal(read(fx->out.fd, &byte, 1), 1);
    assert_int_equal(byte, 'I');
    assert_int_equal(fx->out.etag[0], '"');
    assert_int_equal(fx->out.etag[strlen(fx->out.etag) - 1], '"');
    close(fx->out.fd);
}

static void another_file_has_another_etag(void **state)
{
    struct fixture *fx = *state;
    char first[sizeof fx->out.etag];

    given_file(fx, SID ".mp3", "one");
    assert_int_equal(open_it(fx), CM_OK);
    close(fx->out.fd);
    memcpy(first, fx->out.etag, sizeof first);
    given_file(fx, SID ".mp3", "longer");
    assert_int_equal(open_it(fx), CM_OK);
    close(fx->out.fd);
    assert_string_not_equal(first, fx->out.etag);
}

static void a_missing_file_is_told_and_a_missing_folder_is_away(void **state)
{
    struct fixture *fx = *state;
    CM_OWN(cm_recordings) nowhere = cm_recordings_in_folder("/nowhere");

    fx->out.is_there = true;
    assert_int_equal(open_it(fx), CM_OK);
    assert_false(fx->out.is_there);
    assert_int_equal(fx->out.fd, -1);

    assert_int_equal(cm_recordings_look(nowhere, fx->arena, CM_STR(SID), &fx->out, &fx->err),
                     CM_RETRY);
    assert_true(fx->err.away);
    assert_non_null(strstr(fx->err.msg, "RECORDINGS_DIR=/nowhere"));
}

static void what_is_no_file_is_neither_followed_nor_waited_for(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(symlink("/etc/passwd", fx->file), 0);
    assert_int_equal(look_for(fx, CM_STR(SID)), CM_REJECT);
    assert_int_equal(unlink(fx->file), 0);
    assert_int_equal(mkfifo(fx->file, 0600), 0);
    assert_int_equal(look_for(fx, CM_STR(SID)), CM_REJECT);
}

static void what_is_no_sid_never_becomes_a_path(void **state)
{
    static const char *const names[] = {
        "",
        "CA",
        "../../../../../../../../etc/passwd",
        "CA0123456789abcdef0123456789abcde/",
        "CA..............................xx",
        "ca0123456789abcdef0123456789abcdef",
        "RE0123456789abcdef0123456789abcdef",
        "CA0123456789abcdef0123456789abcdeg",
        "CA0123456789abcdef0123456789abcdef0",
        "CA%2e%2e%2f%2e%2e%2f%2e%2e%2fetc/xx",
    };
    struct fixture *fx = *state;
    struct cm_recording_file file = { .fd = -1 };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(look_for(fx, cm_str_of(names[i])), CM_REJECT);
        assert_int_equal(
            cm_recordings_begin(fx->recordings, fx->arena, cm_str_of(names[i]), &file, &fx->err),
            CM_REJECT);
        assert_int_equal(
            cm_recordings_remove(fx->recordings, fx->arena, cm_str_of(names[i]), &fx->err),
            CM_REJECT);
    }
    for (size_t len = 0; len < sizeof SID - 1; len++)
        assert_int_equal(look_for(fx, (struct cm_str){ SID, len }), CM_REJECT);
    assert_int_equal(look_for(fx, (struct cm_str){ "CA0123456789abcdef\0123456789abcdef", 34 }),
                     CM_REJECT);
}

static void what_is_kept_is_there_until_it_is_removed(void **state)
{
    struct fixture *fx = *state;
    CM_OWN_RECORDING_FILE struct cm_recording_file file = { .fd = -1 };
    const struct cm_recording_facts facts = { .size_bytes = 3 };

    assert_int_equal(cm_recordings_begin(fx->recordings, fx->arena, CM_STR(SID), &file, &fx->err),
                     CM_OK);
    assert_int_equal(write(file.fd, "ID3", 3), 3);
    assert_int_equal(cm_recordings_keep(fx->recordings, fx->arena, &file, &facts, &fx->err), CM_OK);
    assert_int_equal(look_for(fx, CM_STR(SID)), CM_OK);
    assert_true(fx->out.is_there && fx->out.size == 3);
    close(fx->out.fd);

    assert_int_equal(cm_recordings_remove(fx->recordings, fx->arena, CM_STR(SID), &fx->err), CM_OK);
    assert_int_equal(look_for(fx, CM_STR(SID)), CM_OK);
    assert_false(fx->out.is_there);
}

static void a_walk_meets_recordings_only_and_begins_anew(void **state)
{
    struct fixture *fx = *state;
    CM_OWN(cm_recordings_walk) walk = cm_recordings_walk_new(fx->recordings);

    given_file(fx, SID ".mp3", "");
    given_file(fx, SID ".mp3.part", "");
    given_file(fx, OTHER ".mp3", "");
    given_file(fx, "notes", "");
    for (int round = 0; round < 2; round++) {
        size_t met = 0, count;
        bool ended = false;

        for (int looks = 0; !ended; looks++) {
            struct cm_recordings_entry *entries;

            assert_true(looks < 10);
            assert_int_equal(
                cm_recordings_walk_on(walk, fx->arena, 2, &entries, &count, &ended, &fx->err),
                CM_OK);
            assert_true(count <= 2);
            for (size_t i = 0; i < count; i++) {
                assert_true(cm_str_is(entries[i].call_sid, SID) ||
                            cm_str_is(entries[i].call_sid, OTHER));
                assert_false(entries[i].in_store);
                assert_in_range(entries[i].changed_us / CM_US_PER_SEC, time(NULL) - 60,
                                time(NULL) + 1);
            }
            met += count;
        }
        assert_int_equal(met, 3);
    }
}

/* ---- settings ---- */

static const char *const *environment; /* name, value, ..., NULL */

static char *lookup(const char *name)
{
    static char value[200];

    for (const char *const *at = environment; *at; at += 2)
        if (strcmp(at[0], name) == 0) {
            snprintf(value, sizeof value, "%s", at[1]);
            return value;
        }
    return NULL;
}

static cm_rc set_up(const char *const env[], struct cm_recordings **out, struct cm_err *err)
{
    static const struct cm_setting dir[] = {
        { .name = "RECORDINGS_DIR", .type = CM_SET_TEXT, .help = "x" },
        { 0 },
    };
    static const struct cm_setting *const tables[] = { dir, cm_recordings_settings, NULL };
    CM_OWN(cm_config) config = NULL;
    CM_OWN(cm_http_client) http = NULL;
    cm_rc rc;

    environment = env;
    rc = cm_config_load(tables, lookup, &config, err);
    if (!rc)
        rc = cm_http_client_new(NULL, &http, err);
    return rc ? rc : cm_recordings_new(config, http, NULL, out, err);
}

static void a_file_url_is_a_folder(void **state)
{
    CM_OWN(cm_recordings) made = NULL;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(set_up((const char *[]){ "RECORDINGS_URL", "file:///var/lib/calls",
                                              "RECORDINGS_DIR", "/elsewhere", NULL },
                            &made, &err),
                     CM_OK);
    assert_string_equal(cm_recordings_folder(made), "/var/lib/calls");
    assert_false(cm_recordings_are_remote(made));
}

static void without_a_url_it_is_the_folder_that_is_set(void **state)
{
    CM_OWN(cm_recordings) made = NULL;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(
        set_up((const char *[]){ "RECORDINGS_DIR", "/var/lib/calls", NULL }, &made, &err), CM_OK);
    assert_string_equal(cm_recordings_folder(made), "/var/lib/calls");
}

static void what_does_not_fit_is_told(void **state)
{
    static const struct {
        const char *url, *dir, *key, *secret, *endpoint, *told;
    } cases[] = {
        { NULL, NULL, NULL, NULL, NULL, "RECORDINGS_DIR is not set" },
        { "s3://calls", NULL, "k", "hush", NULL, "RECORDINGS_DIR is not set; with s3" },
        { "s3://calls", "/tmp", NULL, "hush", NULL, "needs S3_ACCESS_KEY_ID" },
        { "s3://calls", "/tmp", "k", NULL, NULL, "needs S3_SECRET_ACCESS_KEY" },
        { "s3:///calls", "/tmp", "k", "hush", NULL, "want s3://bucket" },
        { "s3://ab", "/tmp", "k", "hush", NULL, "want s3://bucket" },
        { "s3://us?er", "/tmp", "k", "hush", NULL, "want s3://bucket" },
        { "s3://calls/a//b", "/tmp", "k", "hush", NULL, "want s3://bucket" },
        { "s3://calls/../b", "/tmp", "k", "hush", NULL, "want s3://bucket" },
        { "s3://calls", "/tmp", "k", "hush", "http://u:hush@store", "S3_ENDPOINT" },
        { "http://calls", "/tmp", "k", "hush", NULL, "RECORDINGS_URL" },
        { "file://folder", "/tmp", NULL, NULL, NULL, "want file:///folder" },
        { "file:///a%20b", "/tmp", NULL, NULL, NULL, "want file:///folder" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *env[12] = { NULL };
        const char *const names[] = { "RECORDINGS_URL", "RECORDINGS_DIR", "S3_ACCESS_KEY_ID",
                                      "S3_SECRET_ACCESS_KEY", "S3_ENDPOINT" };
        const char *const values[] = { cases[i].url, cases[i].dir, cases[i].key, cases[i].secret,
                                       cases[i].endpoint };
        struct cm_recordings *made = NULL;
        struct cm_err err = { 0 };
        int at = 0;

        for (int n = 0; n < 5; n++)
            if (values[n]) {
                env[at++] = names[n];
                env[at++] = values[n];
            }
        assert_int_equal(set_up(env, &made, &err), CM_FATAL);
        assert_null(made);
        if (!strstr(err.msg, cases[i].told))
            fail_msg("case %zu: '%s' has no '%s'", i, err.msg, cases[i].told);
        assert_null(strstr(err.msg, "hush"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_file_is_found_by_its_sid, setup, teardown),
        cmocka_unit_test_setup_teardown(another_file_has_another_etag, setup, teardown),
        cmocka_unit_test_setup_teardown(a_missing_file_is_told_and_a_missing_folder_is_away, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_neither_followed_nor_waited_for, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_no_sid_never_becomes_a_path, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_kept_is_there_until_it_is_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_walk_meets_recordings_only_and_begins_anew, setup,
                                        teardown),
        cmocka_unit_test(a_file_url_is_a_folder),
        cmocka_unit_test(without_a_url_it_is_the_folder_that_is_set),
        cmocka_unit_test(what_does_not_fit_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
