/* twilio_api_test.c - answers of Twilio's REST API, whole, odd and cut. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "arena_fixture.h"
#include "twilio_api.h"

#define A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define CALL_OF(status, times)                                                                     \
    "{\"sid\":\"CA" A32 "\",\"account_sid\":\"AC" A32 "\",\"from\":\"+1555\",\"to\":\"+1666\","    \
    "\"direction\":\"inbound\",\"status\":\"" status "\"," times ",\"price\":null}"
#define RECORDING_OF(status, rest)                                                                 \
    "{\"sid\":\"RE" A32 "\",\"account_sid\":\"AC" A32 "\",\"call_sid\":\"CA" A32 "\","             \
    "\"source\":\"StartCallRecordingTwiML\",\"status\":\"" status "\"," rest "}"
#define LIST_OF(items) "{\"recordings\":[" items "],\"page\":0}"
#define OVER                                                                                       \
    "\"start_time\":\"Sun, 25 Mar 2018 09:52:30 +0000\","                                          \
    "\"end_time\":\"Sun, 25 Mar 2018 09:53:19 +0000\",\"duration\":\"49\""
#define GOING                                                                                      \
    "\"start_time\":\"Sun, 25 Mar 2018 09:52:30 +0000\",\"end_time\":null,\"duration\":null"

static void a_call_that_is_over_is_its_last_callback(void **state)
{
    struct callback cb = { 0 };
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(twilio_read_call(CM_STR(CALL_OF("completed", OVER)), arena, &cb, &err), CM_OK);
    assert_int_equal(cb.kind, CALLBACK_STATUS);
    assert_int_equal(cb.source, SOURCE_TWILIO);
    assert_int_equal(cb.status, CALL_COMPLETED);
    assert_int_equal(cb.at_us.value, INT64_C(1521971599000000));
    assert_int_equal(cb.duration_ms.value, 49000);
    assert_true(cb.has_numbers);
    assert_true(cm_str_is(cb.to, "+1666"));
}

static void a_call_that_goes_on_has_its_start_and_no_length(void **state)
{
    struct callback cb = { 0 };
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(twilio_read_call(CM_STR(CALL_OF("in-progress", GOING)), arena, &cb, &err),
                     CM_OK);
    assert_int_equal(cb.at_us.value, INT64_C(1521971550000000));
    assert_false(cb.duration_ms.set);
}

static void recordings_are_their_last_callbacks(void **state)
{
    struct callback *cbs = NULL;
    size_t count = 0;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(
        twilio_read_recordings(
            CM_STR(LIST_OF(
                RECORDING_OF("completed", "\"channels\":2,\"duration\":\"11\"") "," RECORDING_OF(
                    "processing", "\"channels\":1,\"duration\":null"))),
            arena, &cbs, &count, &err),
        CM_OK);
    assert_int_equal(count, 2);
    assert_int_equal(cbs[0].recording_status, RECORDING_COMPLETED);
    assert_int_equal(cbs[0].channels.value, 2);
    assert_int_equal(cbs[0].recording_duration_ms.value, 11000);
    assert_int_equal(cbs[1].recording_status, RECORDING_IN_PROGRESS);
    assert_false(cbs[1].recording_duration_ms.set);
}

static void an_empty_list_is_a_list(void **state)
{
    struct callback *cbs = NULL;
    size_t count = 7;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(twilio_read_recordings(CM_STR(LIST_OF("")), arena, &cbs, &count, &err), CM_OK);
    assert_int_equal(count, 0);
}

/* What is no answer now may be one at the next question: a proxy's page, a sid that is none. */
static void what_is_no_answer_is_asked_again(void **state)
{
    static const char *const calls[] = {
        "",
        "null",
        "[]",
        "<html>",
        "{}",
        CALL_OF("exploded", GOING),
        "{\"sid\":\"../../x\"}",
        "{\"sid\":\"CA" A32 "\",\"sid\":\"CA" A32 "\"}",
    };
    static const char *const lists[] = {
        "{}", "{\"recordings\":{}}", LIST_OF("null"), LIST_OF("{\"sid\":\"RE1\"}"), LIST_OF("[]"),
    };
    struct callback cb, *cbs = NULL;
    size_t count = 0;
    struct cm_err err = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        assert_int_equal(twilio_read_call(cm_str_of(calls[i]), arena, &cb, &err), CM_RETRY);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        assert_int_equal(twilio_read_recordings(cm_str_of(lists[i]), arena, &cbs, &count, &err),
                         CM_RETRY);
}

static void an_answer_cut_at_any_byte_is_asked_again(void **state)
{
    static const char call[] = CALL_OF("completed", OVER);
    static const char list[] = LIST_OF(RECORDING_OF("completed", "\"channels\":2"));
    struct callback cb, *cbs = NULL;
    size_t count = 0;
    struct cm_err err = { 0 };

    (void)state;
    for (size_t len = 0; len + 1 < sizeof call; len++) {
        CM_OWN_MEM char *cut = strndup(call, len);

        assert_int_equal(twilio_read_call((struct cm_str){ cut, len }, arena, &cb, &err), CM_RETRY);
    }
    for (size_t len = 0; len + 1 < sizeof list; len++) {
        CM_OWN_MEM char *cut = strndup(list, len);

        assert_int_equal(
            twilio_read_recordings((struct cm_str){ cut, len }, arena, &cbs, &count, &err),
            CM_RETRY);
    }
}

static void without_credentials_nothing_is_asked(void **state)
{
    struct twilio_options options = { .rest = { .api_url = "https://api.twilio.com" } };
    CM_OWN(twilio) twilio = twilio_new(&options);
    enum twilio_answer answer;
    struct callback cb;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(twilio_ask_call(twilio, CM_STR("CA" A32), arena, &cb, &answer, &err),
                     CM_RETRY);
    assert_true(err.away);
    assert_non_null(strstr(err.msg, "TWILIO_AUTH_TOKEN"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_is_over_is_its_last_callback),
        cmocka_unit_test(a_call_that_goes_on_has_its_start_and_no_length),
        cmocka_unit_test(recordings_are_their_last_callbacks),
        cmocka_unit_test(an_empty_list_is_a_list),
        cmocka_unit_test(what_is_no_answer_is_asked_again),
        cmocka_unit_test(an_answer_cut_at_any_byte_is_asked_again),
        cmocka_unit_test(without_credentials_nothing_is_asked),
    };

    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
