/* object_answer_test.c - what an object store's words mean, and its listings in any state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/object_answer.h"

static cm_rc judge(unsigned status, const char *code, bool reads, struct cm_err *err)
{
    static const struct object_answer_context writes = { .bucket = { "calls", 5 },
                                                         .region = "eu-north-1" };
    struct object_answer_context context = writes;
    struct cm_http_answer answer = { .status = status, .retry_after = CM_STR("7") };
    char body[300];

    snprintf(body, sizeof body, "<?xml version=\"1.0\"?><Error><Code>%s</Code></Error>", code);
    context.reads = reads;
    if (code[0])
        answer.body = cm_str_of(body);
    *err = (struct cm_err){ 0 };
    return object_answer_judge(&context, &answer, 0, err);
}

static void every_answer_says_what_to_do_next(void **state)
{
    static const struct {
        unsigned status;
        const char *code;
        bool reads;
        cm_rc rc;
        bool away;
    } cases[] = {
        { 200, "", true, CM_OK, false },
        { 204, "", false, CM_OK, false },
        { 206, "", true, CM_OK, false },
        { 404, "NoSuchKey", true, CM_OK, false },
        { 404, "", true, CM_OK, false }, /* of HEAD */
        { 404, "NoSuchBucket", false, CM_FATAL, false },
        { 500, "InternalError", false, CM_RETRY, true },
        { 503, "SlowDown", false, CM_RETRY, true },
        { 503, "", true, CM_RETRY, true },
        { 429, "", true, CM_RETRY, true },
        { 400, "RequestTimeout", false, CM_RETRY, false },
        { 400, "BadDigest", false, CM_RETRY, false },
        { 409, "OperationAborted", false, CM_RETRY, false },
        { 412, "PreconditionFailed", true, CM_RETRY, false },
        { 416, "InvalidRange", true, CM_RETRY, false },
        { 400, "EntityTooLarge", false, CM_REJECT, false },
        { 403, "AccessDenied", true, CM_REJECT, false },
        { 403, "", true, CM_REJECT, false }, /* of HEAD */
        { 403, "", false, CM_FATAL, false },
        { 403, "AccessDenied", false, CM_FATAL, false },
        { 403, "SignatureDoesNotMatch", true, CM_FATAL, false },
        { 403, "InvalidAccessKeyId", true, CM_FATAL, false },
        { 403, "RequestTimeTooSkewed", false, CM_FATAL, false },
        { 301, "PermanentRedirect", true, CM_FATAL, false },
        { 400, "AuthorizationHeaderMalformed", false, CM_FATAL, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cm_err err;
        cm_rc rc = judge(cases[i].status, cases[i].code, cases[i].reads, &err);

        if (rc != cases[i].rc || err.away != cases[i].away)
            fail_msg("%u %s: %s, away %d", cases[i].status, cases[i].code, cm_rc_name(rc),
                     err.away);
        if (rc == CM_RETRY)
            assert_int_equal(err.retry_after_ms, 7000);
    }
}

static void a_refusal_names_the_bucket_and_the_settings(void **state)
{
    struct cm_err err;

    (void)state;
    assert_int_equal(judge(403, "SignatureDoesNotMatch", false, &err), CM_FATAL);
    assert_true(strstr(err.msg, "calls") && strstr(err.msg, "RECORDINGS_URL") &&
                strstr(err.msg, "S3_SECRET_ACCESS_KEY"));
    assert_int_equal(judge(403, "AccessDenied", true, &err), CM_REJECT);
    assert_true(strstr(err.msg, "calls") && strstr(err.msg, "s3:GetObject"));
    assert_int_equal(judge(301, "PermanentRedirect", false, &err), CM_FATAL);
    assert_non_null(strstr(err.msg, "S3_REGION=eu-north-1"));
}

static const char listing[] =
    "<?xml version=\"1.0\"?><ListBucketResult><Name>calls</Name><IsTruncated>true</IsTruncated>"
    "<Contents><Key>a&amp;b/one.mp3</Key><LastModified>2026-10-01T09:30:00.000Z</LastModified>"
    "</Contents><Contents><Key>&lt;two&gt;&quot;&apos;&unknown;&</Key></Contents>"
    "</ListBucketResult>";

static void a_listing_is_read_with_its_references(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_str rest = CM_STR(listing), content;

    (void)state;
    assert_true(cm_str_is(object_answer_text(arena, rest, "IsTruncated"), "true"));
    assert_true(object_answer_next(&rest, "Contents", &content));
    assert_true(cm_str_is(object_answer_text(arena, content, "Key"), "a&b/one.mp3"));
    assert_true(object_answer_next(&rest, "Contents", &content));
    assert_true(cm_str_is(object_answer_text(arena, content, "Key"), "<two>\"'&unknown;&"));
    assert_int_equal(object_answer_text(arena, content, "LastModified").len, 0);
    assert_false(object_answer_next(&rest, "Contents", &content));
}

static void a_listing_cut_anywhere_is_read_as_far_as_it_goes(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof listing; len++) {
        CM_OWN(cm_arena) arena = cm_arena_new();
        CM_OWN_MEM char *cut = malloc(len ? len : 1); /* its end is the sanitizer's to watch */
        struct cm_str rest = { cut, len }, content;
        int contents = 0;

        memcpy(cut, listing, len);
        while (object_answer_next(&rest, "Contents", &content)) {
            (void)object_answer_text(arena, content, "Key");
            contents++;
        }
        assert_true(contents <= 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_says_what_to_do_next),
        cmocka_unit_test(a_refusal_names_the_bucket_and_the_settings),
        cmocka_unit_test(a_listing_is_read_with_its_references),
        cmocka_unit_test(a_listing_cut_anywhere_is_read_as_far_as_it_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
