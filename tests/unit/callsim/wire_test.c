/* wire_test.c - what callsim says and hears: signatures, TwiML, lengths. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "mp3_length.h"
#include "twiml_reader.h"
#include "webhook.h"

/* The first vector of twilio-python's and twilio-node's own tests. */
static void it_signs_as_twilio_does(void **state)
{
    struct form form = { 0 };
    struct cm_base64_32 signature;

    (void)state;
    form_text(&form, "To", "+18005551212");
    form_text(&form, "Caller", "+14158675309");
    form_text(&form, "CallSid", "CA1234567890ABCDE");
    form_text(&form, "From", "+14158675309");
    form_text(&form, "Digits", "1234");
    webhook_sign("12345", CM_STR("https://mycompany.com/myapp.php?foo=1&bar=2"), &form, &signature);
    assert_string_equal(signature.at, "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
}

static void it_finds_where_the_recording_is_to_be_told(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_str xml = CM_STR(
        "<?xml version=\"1.0\"?><Response><Start><Recording channels=\"dual\" "
        "recordingStatusCallbackEvent=\"completed\"\n  recordingStatusCallback=\""
        "https://x/r#a=1&amp;b=&quot;&apos;&lt;&gt;\"/></Start><Pause length=\"1\"/></Response>");
    struct cm_str value;

    (void)state;
    assert_true(twiml_attribute(xml, "Recording", "recordingStatusCallback", arena, &value));
    assert_true(cm_str_is(value, "https://x/r#a=1&b=\"'<>"));
    assert_true(twiml_attribute(xml, "Recording", "channels", arena, &value));
    assert_true(cm_str_is(value, "dual"));
    assert_false(twiml_attribute(xml, "Recording", "trim", arena, &value));
    assert_false(twiml_attribute(xml, "Pause", "channels", arena, &value));
    assert_true(twiml_has(xml, "Pause"));
    assert_false(twiml_has(xml, "Reject"));
    assert_false(twiml_has(xml, "Rec"));
}

static void a_twiml_cut_at_any_byte_is_read_without_harm(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    static const char xml[] = "<Response><Recording a=\"&amp;\" b=\"1\"/></Response>";
    struct cm_str value;

    (void)state;
    for (size_t len = 0; len < sizeof xml; len++) {
        CM_OWN_MEM char *cut = strndup(xml, len);

        twiml_attribute((struct cm_str){ cut, len }, "Recording", "b", arena, &value);
        twiml_has((struct cm_str){ cut, len }, "Response");
    }
}

static void frames_add_up_to_a_length(void **state)
{
    char file[20 + 144 * 50] = "ID3\4\0\0\0\0\0\12";
    static const uint8_t head[] = { 0xFF, 0xF3, 0x48, 0x00 };
    int64_t ms = 0;
    int channels = 0;
    struct cm_err err = { 0 };

    (void)state;
    for (size_t i = 0; i < 50; i++) /* MPEG-2, layer III, 32 kbit/s, 16 kHz, stereo: 36 ms each */
        memcpy(file + 20 + 144 * i, head, sizeof head);
    assert_int_equal(mp3_length((struct cm_str){ file, sizeof file }, &ms, &channels, &err), CM_OK);
    assert_int_equal(ms, 1800);
    assert_int_equal(channels, 2);
    for (size_t len = 0; len < 200; len++) {
        CM_OWN_MEM char *cut = malloc(len + 1);
        cm_rc rc;

        memcpy(cut, file, len);
        rc = mp3_length((struct cm_str){ cut, len }, &ms, &channels, &err);
        assert_int_equal(rc, len < 24 ? CM_REJECT : CM_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_signs_as_twilio_does),
        cmocka_unit_test(it_finds_where_the_recording_is_to_be_told),
        cmocka_unit_test(a_twiml_cut_at_any_byte_is_read_without_harm),
        cmocka_unit_test(frames_add_up_to_a_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
