/* What is asked, and what comes back. */
#include "elsewhere.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"

static void a_get_brings_status_type_and_body(void **state)
{
    struct elsewhere *fx = *state;

    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo") }), CM_OK);
    assert_int_equal(fx->answer.status, 200);
    assert_true(cm_str_is(fx->answer.type, "text/plain"));
    assert_body(fx, "GET\nUser-Agent: callmill/" CALLMILL_VERSION "\n\n");
    assert_int_equal(fx->answer.size, fx->answer.body.len);
}

static void a_body_is_posted_with_its_type_and_headers(void **state)
{
    static const char *const headers[] = { "X-Custom: 1", NULL };
    struct elsewhere *fx = *state;

    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo"),
                                                     .body = CM_STR("{\"a\":1}"),
                                                     .body_type = "application/json",
                                                     .bearer = "token",
                                                     .headers = headers }),
                     CM_OK);
    assert_body(fx, "POST\nAuthorization: Bearer token\nContent-Type: application/json\n"
                    "X-Custom: 1\nUser-Agent: callmill/" CALLMILL_VERSION "\n\n{\"a\":1}");
}

static void a_method_basic_auth_and_an_empty_body_are_sent(void **state)
{
    struct elsewhere *fx = *state;

    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo"),
                                                     .method = "PUT",
                                                     .user = "AC1",
                                                     .password = "secret",
                                                     .body = CM_STR("x"),
                                                     .body_type = "text/plain" }),
                     CM_OK);
    assert_body(fx, "PUT\nAuthorization: Basic QUMxOnNlY3JldA==\nContent-Type: text/plain\n"
                    "User-Agent: callmill/" CALLMILL_VERSION "\n\nx");
    assert_int_equal(
        fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo"), .method = "POST" }), CM_OK);
    assert_int_equal(fx->answer.status, 200);
}

static void parts_are_sent_as_a_form(void **state)
{
    const struct cm_http_part parts[] = {
        { "model", NULL, NULL, CM_STR("tiny") },
        { "file", "a.mp3", "audio/mpeg", { "\0ID3", 4 } },
    };
    struct elsewhere *fx = *state;
    size_t at;

    assert_int_equal(
        fetch(fx,
              (struct cm_http_ask){ .url = url_of(fx, "/echo"), .parts = parts, .part_count = 2 }),
        CM_OK);
    assert_true(cm_str_find(fx->answer.body, "POST\nContent-Type: multipart/form-data", &at));
    assert_true(cm_str_find(fx->answer.body, "name=\"model\"\r\n\r\ntiny\r\n", &at));
    assert_true(cm_str_find(fx->answer.body,
                            "name=\"file\"; filename=\"a.mp3\"\r\n"
                            "Content-Type: audio/mpeg\r\n\r\n",
                            &at));
}

static void any_status_is_an_answer_with_what_it_says_about_retrying(void **state)
{
    struct elsewhere *fx = *state;

    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/status/429") }), CM_OK);
    assert_int_equal(fx->answer.status, 429);
    assert_true(cm_str_is(fx->answer.retry_after, "7"));
    assert_true(cm_str_is(fx->answer.should_retry, "true"));
    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/status/500") }), CM_OK);
    assert_int_equal(fx->answer.status, 500);
}

static void an_answer_over_its_limit_is_rejected(void **state)
{
    struct elsewhere *fx = *state;

    assert_int_equal(
        fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/much"), .answer_max = 999999 }),
        CM_REJECT);
    assert_non_null(strstr(fx->err.msg, "larger than 999999 bytes"));
    assert_int_equal(
        fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/much"), .answer_max = 1000000 }),
        CM_OK);
    assert_int_equal(fx->answer.body.len, 1000000);
}

static void a_body_of_200_goes_to_the_sink_and_no_other(void **state)
{
    struct elsewhere *fx = *state;
    FILE *file = tmpfile();

    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/status/404"),
                                                     .sink_fd = fileno(file) }),
                     CM_OK);
    assert_body(fx, "{}");
    assert_int_equal(lseek(fileno(file), 0, SEEK_END), 0);
    assert_int_equal(
        fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/much"), .sink_fd = fileno(file) }),
        CM_OK);
    assert_int_equal(fx->answer.size, 1000000);
    assert_int_equal(fx->answer.body.len, 0);
    assert_int_equal(lseek(fileno(file), 0, SEEK_END), 1000000);
    fclose(file);
}

static void a_sink_that_is_full_is_a_dependency_that_is_away(void **state)
{
    struct elsewhere *fx = *state;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    assert_true(full >= 0);
    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/much"), .sink_fd = full }),
                     CM_RETRY);
    assert_non_null(strstr(fx->err.msg, strerror(ENOSPC)));
    assert_true(fx->err.away);
    close(full);
}

static void a_file_is_uploaded_from_its_beginning(void **state)
{
    struct elsewhere *fx = *state;
    FILE *file = tmpfile();

    assert_int_equal(fputs("an upload", file), 1);
    fflush(file); /* the descriptor stands at the end now */
    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo"),
                                                     .upload_fd = fileno(file),
                                                     .upload_len = 6 }),
                     CM_OK);
    assert_body(fx, "PUT\nUser-Agent: callmill/" CALLMILL_VERSION "\n\nan upl");

    /* It has become shorter than was promised. */
    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo"),
                                                     .upload_fd = fileno(file),
                                                     .upload_len = 60 }),
                     CM_RETRY);
    fclose(file);
}

static void a_signed_request_covers_its_headers_and_shows_no_secret(void **state)
{
    static const char *const headers[] = { "x-amz-content-sha256: UNSIGNED-PAYLOAD", NULL };
    struct elsewhere *fx = *state;
    size_t at;

    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo"),
                                                     .headers = headers,
                                                     .sign = "aws:amz:eu-north-1:s3",
                                                     .user = "the-key",
                                                     .password = "hush" }),
                     CM_OK);
    assert_true(cm_str_find(fx->answer.body, "AWS4-HMAC-SHA256 Credential=the-key/", &at));
    assert_true(cm_str_find(fx->answer.body, "/eu-north-1/s3/aws4_request", &at));
    assert_true(cm_str_find(fx->answer.body,
                            "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=", &at));
    assert_false(cm_str_find(fx->answer.body, "hush", &at));
}

static void only_the_status_that_is_asked_for_fills_the_sink(void **state)
{
    struct elsewhere *fx = *state;
    FILE *file = tmpfile();

    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo"),
                                                     .answer_max = 1,
                                                     .sink_fd = fileno(file),
                                                     .sink_status = 206 }),
                     CM_OK);
    assert_int_equal(fx->answer.status, 200);
    assert_true(fx->answer.body.len > 1);
    assert_int_equal(lseek(fileno(file), 0, SEEK_END), 0);
    fclose(file);
}

static void a_header_of_two_lines_is_rejected(void **state)
{
    static const char *const headers[] = { "X-Custom: a\r\nX-Forged: b", NULL };
    struct elsewhere *fx = *state;

    assert_int_equal(
        fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo"), .headers = headers }),
        CM_REJECT);
    assert_int_equal(
        fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo"), .bearer = "a\r\nb: c" }),
        CM_REJECT);
}

struct asker {
    struct elsewhere *fx;
    pthread_t thread;
    int ok;
};

static void *ask_often(void *ctx)
{
    struct asker *asker = ctx;
    struct cm_arena *arena = cm_arena_new();
    char url[128];

    snprintf(url, sizeof url, "http://127.0.0.1:%u/echo", cm_http_server_port(asker->fx->server));
    for (int i = 0; i < 200; i++) {
        struct cm_http_ask ask = { .url = url, .body = CM_STR("x"), .body_type = "text/plain" };
        struct cm_http_answer answer;
        struct cm_err err;

        cm_arena_reset(arena);
        asker->ok += cm_http_fetch(asker->fx->client, &ask, arena, &answer, &err) == CM_OK &&
                     answer.status == 200;
    }
    cm_arena_free(arena);
    return NULL;
}

static void many_threads_share_a_client(void **state)
{
    struct asker askers[8];

    for (int i = 0; i < 8; i++) {
        askers[i] = (struct asker){ .fx = *state };
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_often, &askers[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_int_equal(askers[i].ok, 200);
    }
}

static void requests_are_counted_by_outcome(void **state)
{
    struct elsewhere *fx = *state;
    struct cm_metric *ok =
        cm_counter(fx->metrics, "callmill_http_client_requests_total", "", "outcome=\"2xx\"");
    int64_t before = cm_metric_value(ok);

    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo") }), CM_OK);
    assert_int_equal(cm_metric_value(ok), before + 1);
}

static void retry_after_is_seconds_decimals_or_a_date(void **state)
{
    const int64_t now_us = INT64_C(1445412480) * CM_US_PER_SEC; /* Wed, 21 Oct 2015 07:28:00 GMT */
    static const struct {
        const char *text;
        unsigned ms;
    } cases[] = {
        { "0", 0 },
        { "7", 7000 },
        { " 1.5 ", 1500 },
        { "0.0001", 1 },
        { "", 0 },
        { "-1", 0 },
        { "soon", 0 },
        { "1.2.3", 0 },
        { "nan", 0 },
        { "1e9", 0 },
        { "0x10", 0 },
        { "99999999999999999999", 86400000 },
        { "Wed, 21 Oct 2015 07:28:10 GMT", 10000 },
        { "Wed, 21 Oct 2015 07:27:00 GMT", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(cm_retry_after_ms(cm_str_of(cases[i].text), now_us), cases[i].ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_brings_status_type_and_body),
        cmocka_unit_test(a_body_is_posted_with_its_type_and_headers),
        cmocka_unit_test(a_method_basic_auth_and_an_empty_body_are_sent),
        cmocka_unit_test(parts_are_sent_as_a_form),
        cmocka_unit_test(any_status_is_an_answer_with_what_it_says_about_retrying),
        cmocka_unit_test(an_answer_over_its_limit_is_rejected),
        cmocka_unit_test(a_body_of_200_goes_to_the_sink_and_no_other),
        cmocka_unit_test(a_sink_that_is_full_is_a_dependency_that_is_away),
        cmocka_unit_test(a_file_is_uploaded_from_its_beginning),
        cmocka_unit_test(a_signed_request_covers_its_headers_and_shows_no_secret),
        cmocka_unit_test(only_the_status_that_is_asked_for_fills_the_sink),
        cmocka_unit_test(a_header_of_two_lines_is_rejected),
        cmocka_unit_test(many_threads_share_a_client),
        cmocka_unit_test(requests_are_counted_by_outcome),
        cmocka_unit_test(retry_after_is_seconds_decimals_or_a_date),
    };

    return cmocka_run_group_tests(tests, elsewhere_open, elsewhere_close);
}
