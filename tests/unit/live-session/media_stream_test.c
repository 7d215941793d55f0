/* media_stream_test.c - Twilio's messages, read in any order and written exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media_stream.h"

#define A32 "0123456789abcdef0123456789abcdef"
#define SID "MZ" A32
#define START_OF(account, call, format, tracks)                                                    \
    "{\"event\":\"start\",\"start\":{\"accountSid\":\"" account "\",\"callSid\":\"" call           \
    "\",\"streamSid\":\"" SID "\",\"tracks\":" tracks ",\"mediaFormat\":" format                   \
    ",\"customParameters\":{\"tok\":\"s3cret\",\"from\":\"\\u002b1415\",\"to\":\"+1800\","         \
    "\"other\":\"x\"}},\"streamSid\":\"" SID "\"}"
#define FORMAT "{\"encoding\":\"audio/x-mulaw\",\"sampleRate\":8000,\"channels\":1}"

static const char *why;

static bool read_text(const char *text, struct stream_message *out)
{
    return stream_read(cm_str_of(text), out, &why);
}

static void media_is_read_in_any_order(void **state)
{
    static const char *const texts[] = {
        "{\"event\":\"media\",\"sequenceNumber\":\"4\",\"media\":{\"track\":\"inbound\",\"chunk\":"
        "\"2\",\"timestamp\":\"5\",\"payload\":\"no+Jho==\"},\"streamSid\":\"" SID "\"}",
        "{ \"streamSid\" : \"" SID "\" , \"media\" : { \"payload\" : \"no+Jho==\",\"timestamp\" : 5"
        " , \"new\":{\"x\":[]} } , \"event\" : \"media\" }",
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct stream_message message;

        assert_true(read_text(texts[i], &message));
        assert_int_equal(message.event, STREAM_MEDIA);
        assert_int_equal(message.timestamp_ms, 5);
        assert_true(cm_str_is(message.payload, "no+Jho=="));
        assert_true(cm_str_is(message.stream_sid, SID));
        assert_false(message.outbound);
    }
}

static void each_event_is_known(void **state)
{
    struct stream_message message;

    (void)state;
    assert_true(read_text("{\"event\":\"connected\"}", &message));
    assert_int_equal(message.event, STREAM_CONNECTED);
    assert_true(read_text("{\"event\":\"new\"}", &message));
    assert_int_equal(message.event, STREAM_OTHER);
    assert_true(read_text("{\"event\":\"dtmf\",\"streamSid\":\"" SID "\"}", &message));
    assert_int_equal(message.event, STREAM_DTMF);
    assert_true(read_text("{\"event\":\"stop\",\"streamSid\":\"" SID "\"}", &message));
    assert_int_equal(message.event, STREAM_STOP);
    assert_true(read_text(
        "{\"event\":\"mark\",\"streamSid\":\"" SID "\",\"mark\":{\"name\":\"0.8\"}}", &message));
    assert_int_equal(message.event, STREAM_MARK);
    assert_true(cm_str_is(message.mark, "0.8"));
}

static void a_start_says_who_it_is(void **state)
{
    CM_OWN_BUF struct cm_buf room = { 0 };
    struct stream_message message;
    struct session_start start;

    (void)state;
    assert_true(
        read_text(START_OF("AC" A32, "CA" A32, FORMAT, "[\"inbound\",\"outbound\"]"), &message));
    assert_true(stream_read_start(&message, &room, &start, &why));
    assert_true(cm_str_is(start.account_sid, "AC" A32));
    assert_true(cm_str_is(start.call_sid, "CA" A32));
    assert_true(cm_str_is(start.stream_sid, SID));
    assert_true(cm_str_is(start.token, "s3cret"));
    assert_true(cm_str_is(start.from, "+1415"));
    assert_true(cm_str_is(start.to, "+1800"));
    assert_true(start.inbound && start.outbound);
}

static void a_start_of_another_shape_says_what_is_wrong(void **state)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        { START_OF("AC1", "CA" A32, FORMAT, "[\"inbound\"]"), "accountSid" },
        { START_OF("AC" A32, "../../etc/passwd", FORMAT, "[\"inbound\"]"), "callSid" },
        { START_OF("AC" A32, "CA" A32, FORMAT, "[]"), "no track" },
        { START_OF("AC" A32, "CA" A32,
                   "{\"encoding\":\"audio/x-mulaw\",\"sampleRate\":16000,\"channels\":1}",
                   "[\"inbound\"]"),
          "format" },
        { START_OF("AC" A32, "CA" A32, "null", "[\"inbound\"]"), "format" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CM_OWN_BUF struct cm_buf room = { 0 };
        struct stream_message message;
        struct session_start start;

        assert_true(read_text(bad[i].text, &message));
        assert_false(stream_read_start(&message, &room, &start, &why));
        assert_non_null(strstr(why, bad[i].why));
    }
}

static void every_cut_of_a_message_is_refused(void **state)
{
    const char *text = START_OF("AC" A32, "CA" A32, FORMAT, "[\"inbound\"]");

    (void)state;
    for (size_t len = 0; len < strlen(text); len++) {
        char *cut = malloc(len + 1);
        struct stream_message message;

        assert_non_null(cut);
        memcpy(cut, text, len);
        assert_false(stream_read((struct cm_str){ cut, len }, &message, &why));
        assert_non_null(why);
        free(cut);
    }
}

static void assert_written(size_t count, const struct cm_str parts[], const char *text)
{
    CM_OWN_BUF struct cm_buf all = { 0 };

    assert_true(count <= STREAM_PARTS);
    for (size_t i = 0; i < count; i++)
        cm_buf_str(&all, parts[i]);
    assert_string_equal(all.at, text);
}

static void what_is_written_has_the_documented_keys(void **state)
{
    struct cm_str parts[STREAM_PARTS], sid = CM_STR(SID);

    (void)state;
    assert_written(stream_write_media(sid, CM_STR("//8="), parts), parts,
                   "{\"event\":\"media\",\"streamSid\":\"" SID
                   "\",\"media\":{\"payload\":\"//8=\"}}");
    assert_written(stream_write_mark(sid, CM_STR("1.160"), parts), parts,
                   "{\"event\":\"mark\",\"streamSid\":\"" SID "\",\"mark\":{\"name\":\"1.160\"}}");
    assert_written(stream_write_clear(sid, parts), parts,
                   "{\"event\":\"clear\",\"streamSid\":\"" SID "\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(media_is_read_in_any_order),
        cmocka_unit_test(each_event_is_known),
        cmocka_unit_test(a_start_says_who_it_is),
        cmocka_unit_test(a_start_of_another_shape_says_what_is_wrong),
        cmocka_unit_test(every_cut_of_a_message_is_refused),
        cmocka_unit_test(what_is_written_has_the_documented_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
