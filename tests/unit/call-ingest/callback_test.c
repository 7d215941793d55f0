/* callback_test.c - Twilio's forms, whole, broken and cut. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "arena_fixture.h"
#include "callback.h"

#define A32  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SIDS "AccountSid=AC" A32 "&CallSid=CA" A32
#define VOICE                                                                                      \
    SIDS "&ApiVersion=2010-04-01&CallStatus=ringing&Direction=inbound&From=%2B14158675309"         \
         "&To=%2B18005551212&CalledZip=&CallerCity=S%C3%83O+PAULO"
#define STATUS                                                                                     \
    SIDS "&CallStatus=completed&Direction=outbound-api&From=%2B1555&To=%2B1666"                    \
         "&Timestamp=Sun%2C%2025%20Mar%202018%2009%3A53%3A19%20%2B0000"                            \
         "&CallbackSource=call-progress-events&SequenceNumber=3&Duration=1&CallDuration=49"
#define RECORDING                                                                                  \
    SIDS "&RecordingSource=StartCallRecordingAPI&RecordingTrack=both&RecordingSid=RE" A32          \
         "&RecordingUrl=https%3A%2F%2Fapi.twilio.com%2Fx&RecordingStatus=completed"                \
         "&RecordingChannels=2&ErrorCode=0"                                                        \
         "&RecordingStartTime=Wed%2C%2020%20Apr%202022%2023%3A45%3A25%20%2B0000"                   \
         "&RecordingDuration=11"
#define STREAM SIDS "&StreamSid=MZ" A32 "&StreamEvent=stream-error&StreamError=boom"

static cm_rc read_form(enum callback_kind kind, struct cm_str form, struct callback *out,
                       struct cm_err *err)
{
    struct cm_form_field *fields = NULL;
    size_t count = 0;
    cm_rc rc = cm_form_parse(form, arena, 200, &fields, &count, err);

    return rc ? rc : callback_read(kind, fields, count, out, err);
}

static struct callback read_good(enum callback_kind kind, const char *form)
{
    struct callback cb = { 0 };
    struct cm_err err = { 0 };

    if (read_form(kind, cm_str_of(form), &cb, &err))
        fail_msg("%s", err.msg);
    return cb;
}

/* The form of `kind` with one more field in front, which wins. */
static void expect_refusal(enum callback_kind kind, const char *form, const char *named)
{
    struct callback cb = { 0 };
    struct cm_err err = { 0 };

    assert_int_equal(read_form(kind, cm_str_of(form), &cb, &err), CM_REJECT);
    if (!strstr(err.msg, named))
        fail_msg("'%s' does not name %s", err.msg, named);
}

static void a_voice_webhook_says_who_calls_whom(void **state)
{
    struct callback cb = read_good(CALLBACK_VOICE, VOICE);

    (void)state;
    assert_true(cm_str_is(cb.call_sid, "CA" A32));
    assert_true(cb.has_numbers);
    assert_true(cm_str_is(cb.from, "+14158675309"));
    assert_true(cm_str_is(cb.to, "+18005551212"));
    assert_false(cb.outbound);
    assert_int_equal(cb.status, CALL_RINGING);
    assert_int_equal(cb.sequence, -1);
    assert_false(cb.at_us.set);
    assert_false(cb.duration_ms.set);
}

static void a_status_callback_has_its_own_clock_and_number(void **state)
{
    struct callback cb = read_good(CALLBACK_STATUS, STATUS);

    (void)state;
    assert_true(cb.outbound);
    assert_int_equal(cb.status, CALL_COMPLETED);
    assert_int_equal(cb.sequence, 3);
    assert_true(cb.at_us.set);
    assert_int_equal(cb.at_us.value, INT64_C(1521971599000000));
    assert_int_equal(cb.duration_ms.value, 49000); /* CallDuration, not the billed minutes */
}

static void a_recording_callback_names_no_numbers(void **state)
{
    struct callback cb = read_good(CALLBACK_RECORDING, RECORDING);

    (void)state;
    assert_false(cb.has_numbers);
    assert_true(cm_str_is(cb.recording_sid, "RE" A32));
    assert_int_equal(cb.recording_status, RECORDING_COMPLETED);
    assert_int_equal(cb.channels.value, 2);
    assert_int_equal(cb.recording_duration_ms.value, 11000);
    assert_int_equal(cb.error_code, 0);
}

static void a_stream_callback_tells_its_error(void **state)
{
    struct callback cb = read_good(CALLBACK_STREAM, STREAM);

    (void)state;
    assert_int_equal(cb.stream_event, STREAM_ERROR);
    assert_true(cm_str_is(cb.stream_error, "boom"));
}

static void an_empty_from_is_a_number_that_was_withheld(void **state)
{
    struct callback cb = read_good(CALLBACK_VOICE, SIDS "&CallStatus=ringing&From=&To=%2B1800");

    (void)state;
    assert_true(cb.has_numbers);
    assert_int_equal(cb.from.len, 0);
}

static void what_is_missing_or_no_such_thing_is_named(void **state)
{
    (void)state;
    expect_refusal(CALLBACK_VOICE, "", "CallSid");
    expect_refusal(CALLBACK_VOICE, "CallSid=../../etc/passwd&" VOICE, "CallSid");
    expect_refusal(CALLBACK_VOICE, "CallSid=CA" A32 "x&" VOICE, "CallSid");
    expect_refusal(CALLBACK_VOICE, "CallSid=CAzaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&" VOICE, "CallSid");
    expect_refusal(CALLBACK_VOICE, "AccountSid=CA" A32 "&" VOICE, "AccountSid");
    expect_refusal(CALLBACK_VOICE, "CallStatus=exploded&" VOICE, "CallStatus");
    expect_refusal(CALLBACK_VOICE, SIDS "&CallStatus=ringing&From=%2B1", "To");
    expect_refusal(CALLBACK_STATUS, "SequenceNumber=-1&" STATUS, "SequenceNumber");
    expect_refusal(CALLBACK_STATUS, "SequenceNumber=99999999999&" STATUS, "SequenceNumber");
    expect_refusal(CALLBACK_STATUS, "Timestamp=yesterday&" STATUS, "Timestamp");
    expect_refusal(CALLBACK_STATUS, "CallDuration=1.5&" STATUS, "CallDuration");
    expect_refusal(CALLBACK_RECORDING, "RecordingSid=CA" A32 "&" RECORDING, "RecordingSid");
    expect_refusal(CALLBACK_RECORDING, "RecordingStatus=done&" RECORDING, "RecordingStatus");
    expect_refusal(CALLBACK_RECORDING, "RecordingDuration=abc&" RECORDING, "RecordingDuration");
    expect_refusal(CALLBACK_STREAM, "StreamSid=" A32 "&" STREAM, "StreamSid");
    expect_refusal(CALLBACK_STREAM, "StreamEvent=stream-paused&" STREAM, "StreamEvent");
}

static void a_long_wrong_value_is_cut_in_the_message(void **state)
{
    struct callback cb = { 0 };
    struct cm_err err = { 0 };
    char form[1024] = "CallSid=";

    (void)state;
    memset(form + 8, 'x', 500);
    assert_int_equal(read_form(CALLBACK_VOICE, cm_str_of(form), &cb, &err), CM_REJECT);
    assert_true(strlen(err.msg) < 120);
}

/* Each form cut at each byte is refused, or read as what is left of it; never more. */
static void a_form_cut_at_any_byte_is_read_or_refused(void **state)
{
    static const struct {
        enum callback_kind kind;
        const char *form;
    } forms[] = { { CALLBACK_VOICE, VOICE },
                  { CALLBACK_STATUS, STATUS },
                  { CALLBACK_RECORDING, RECORDING },
                  { CALLBACK_STREAM, STREAM } };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (size_t len = 0; len < strlen(forms[i].form); len++) {
            CM_OWN_MEM char *cut =
                malloc(len + 1); /* its own block, so that a step beyond is seen */
            struct callback cb = { .sequence = 77 };
            struct cm_err err = { 0 };
            cm_rc rc;

            memcpy(cut, forms[i].form, len);
            rc = read_form(forms[i].kind, (struct cm_str){ cut, len }, &cb, &err);
            assert_true(rc == CM_OK || rc == CM_REJECT);
            assert_true(rc == CM_OK || cb.sequence == 77); /* untouched */
            cm_arena_reset(arena);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_voice_webhook_says_who_calls_whom),
        cmocka_unit_test(a_status_callback_has_its_own_clock_and_number),
        cmocka_unit_test(a_recording_callback_names_no_numbers),
        cmocka_unit_test(a_stream_callback_tells_its_error),
        cmocka_unit_test(an_empty_from_is_a_number_that_was_withheld),
        cmocka_unit_test(what_is_missing_or_no_such_thing_is_named),
        cmocka_unit_test(a_long_wrong_value_is_cut_in_the_message),
        cmocka_unit_test(a_form_cut_at_any_byte_is_read_or_refused),
    };

    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
