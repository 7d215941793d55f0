/* realtime_test.c - a realtime model's events in both dialects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "realtime.h"

static struct realtime_message read_text(const char *text)
{
    struct realtime_message message;

    assert_true(realtime_read(cm_str_of(text), &message));
    return message;
}

static void both_names_of_an_event_are_one(void **state)
{
    static const struct {
        const char *ga, *beta;
        enum realtime_event event;
    } pairs[] = {
        { "response.output_audio.delta", "response.audio.delta", REALTIME_AUDIO },
        { "response.output_audio.done", "response.audio.done", REALTIME_AUDIO_DONE },
        { "response.output_audio_transcript.delta", "response.audio_transcript.delta",
          REALTIME_SAID },
        { "response.output_audio_transcript.done", "response.audio_transcript.done",
          REALTIME_SAID_DONE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        CM_OWN_BUF struct cm_buf ga = { 0 };
        CM_OWN_BUF struct cm_buf beta = { 0 };

        cm_buf_printf(&ga, "{\"type\":\"%s\"}", pairs[i].ga);
        cm_buf_printf(&beta, "{\"x\":1,\"type\":\"%s\"}", pairs[i].beta);
        assert_int_equal(read_text(ga.at).event, pairs[i].event);
        assert_int_equal(read_text(beta.at).event, pairs[i].event);
    }
}

static void sound_is_a_view_into_the_message(void **state)
{
    struct realtime_message message =
        read_text("{\"delta\":\"AA\\/\\/\",\"content_index\":0,\"item_id\":\"item_1\",\"type\":"
                  "\"response.output_audio.delta\",\"response_id\":\"resp_1\"}");

    (void)state;
    assert_true(cm_str_is(message.text, "AA\\/\\/"));
    assert_true(cm_str_is(message.item_id, "item_1"));
    assert_true(cm_str_is(message.response_id, "resp_1"));
    assert_int_equal(message.audio_ms, -1);
}

static void speech_has_its_time(void **state)
{
    (void)state;
    assert_int_equal(read_text("{\"type\":\"input_audio_buffer.speech_started\","
                               "\"audio_start_ms\":1234,\"item_id\":\"i\"}")
                         .audio_ms,
                     1234);
    assert_int_equal(read_text("{\"type\":\"input_audio_buffer.speech_stopped\","
                               "\"audio_end_ms\":2345,\"item_id\":\"i\"}")
                         .audio_ms,
                     2345);
}

static void a_tools_call_is_known_wherever_it_is_told(void **state)
{
    struct realtime_message message = read_text(
        "{\"type\":\"response.output_item.done\",\"response_id\":\"r\",\"item\":{\"type\":"
        "\"function_call\",\"name\":\"end_call\",\"call_id\":\"c\",\"arguments\":\"{}\"}}");

    (void)state;
    assert_int_equal(message.event, REALTIME_CALL);
    assert_true(cm_str_is(message.name, "end_call"));
    assert_true(cm_str_is(message.call_id, "c"));
    assert_true(cm_str_is(message.arguments, "{}"));
    assert_int_equal(read_text("{\"type\":\"response.function_call_arguments.done\",\"name\":\"x\","
                               "\"call_id\":\"c\",\"arguments\":\"{}\"}")
                         .event,
                     REALTIME_CALL);
    assert_int_equal(read_text("{\"type\":\"response.function_call_arguments.done\","
                               "\"call_id\":\"c\",\"arguments\":\"{}\"}")
                         .event,
                     REALTIME_OTHER); /* the beta's: its item tells the name */
    assert_int_equal(read_text("{\"type\":\"response.output_item.done\",\"item\":{\"type\":"
                               "\"message\",\"call_id\":\"c\",\"name\":\"x\"}}")
                         .event,
                     REALTIME_OTHER);
}

static void what_is_no_event_is_seen(void **state)
{
    static const char *const bad[] = { "", "[]", "{}", "{\"type\":7}", "{\"type\":\"error\"" };
    struct realtime_message message;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(realtime_read(cm_str_of(bad[i]), &message));
}

static void every_cut_of_an_event_is_seen(void **state)
{
    const char *text = "{\"type\":\"response.done\",\"response\":{\"id\":\"r\",\"output\":[{\"a\":"
                       "\"\\u00e9\"}],\"usage\":{\"total\":1.5e3}},\"event_id\":\"e\"}";

    (void)state;
    assert_true(cm_str_is(read_text(text).response_id, "r"));
    for (size_t len = 0; len < strlen(text); len++) {
        char *cut = malloc(len + 1);
        struct realtime_message message;

        assert_non_null(cut);
        memcpy(cut, text, len);
        assert_false(realtime_read((struct cm_str){ cut, len }, &message));
        free(cut);
    }
}

static void a_session_shows_its_dialect(void **state)
{
    (void)state;
    assert_true(realtime_is_beta(CM_STR("{\"modalities\":[\"text\"]}")));
    assert_true(realtime_is_beta(CM_STR("{\"input_audio_format\":\"pcm16\"}")));
    assert_false(realtime_is_beta(CM_STR("{\"type\":\"realtime\",\"audio\":{}}")));
    assert_false(realtime_is_beta(CM_STR("{\"id\":\"x\"}")));
}

static void formats_are_compared_by_what_they_mean(void **state)
{
    static const struct {
        const char *session;
        int rate;
        bool agree;
    } cases[] = {
        { "{}", 0, true },
        { "{\"input_audio_format\":\"g711_ulaw\",\"output_audio_format\":\"g711_ulaw\"}", 0, true },
        { "{\"input_audio_format\":\"g711_ulaw\",\"output_audio_format\":\"pcm16\"}", 0, false },
        { "{\"input_audio_format\":\"pcm16\"}", 24000, true },
        { "{\"audio\":{\"input\":{\"format\":{\"type\":\"audio\\/pcmu\"}}}}", 0, true },
        { "{\"audio\":{\"output\":{\"format\":{\"type\":\"audio/pcma\"}}}}", 0, false },
        { "{\"audio\":{\"output\":{\"format\":{\"type\":\"audio/pcm\",\"rate\":24000}}}}", 24000,
          true },
        { "{\"audio\":{\"output\":{\"format\":{\"type\":\"audio/pcm\",\"rate\":24000}}}}", 16000,
          false },
        { "{\"audio\":{\"output\":{\"format\":{\"type\":\"audio/pcmu\"}}}}", 16000, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cm_str found;

        assert_int_equal(realtime_formats_agree(cm_str_of(cases[i].session), cases[i].rate, &found),
                         cases[i].agree);
    }
}

static void an_error_says_whether_the_session_goes_on(void **state)
{
    static const struct {
        const char *error;
        enum realtime_trouble trouble;
    } cases[] = {
        { "{\"code\":\"response_cancel_not_active\"}", TROUBLE_HARMLESS },
        { "{\"code\":\"conversation_already_has_active_response\"}", TROUBLE_BUSY },
        { "{\"code\":null,\"message\":\"Unknown parameter: 'session.audio'.\"}", TROUBLE_NOT_GA },
        { "{\"code\":\"invalid_value\",\"param\":\"session.type\"}", TROUBLE_NOT_GA },
        { "{\"code\":\"beta_api_shape_disabled\"}", TROUBLE_NOT_BETA },
        { "{\"type\":\"model_load_error\"}", TROUBLE_FATAL },
        { "{\"code\":\"x\",\"message\":\"Your session hit the maximum duration of 60 minutes.\"}",
          TROUBLE_FATAL },
        { "{\"type\":\"server_error\",\"message\":\"try again\"}", TROUBLE_PASSING },
        { "", TROUBLE_PASSING },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(realtime_trouble(cm_str_of(cases[i].error)), cases[i].trouble);
}

static void an_answer_is_text_whatever_is_in_it(void **state)
{
    CM_OWN_BUF struct cm_buf out = { 0 };

    (void)state;
    realtime_write_answer(CM_STR("call_1"), CM_STR("say \"hi\"\n"), &out);
    assert_string_equal(out.at, "{\"type\":\"conversation.item.create\",\"item\":{\"type\":"
                                "\"function_call_output\",\"call_id\":\"call_1\",\"output\":"
                                "\"say \\\"hi\\\"\\n\"}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_names_of_an_event_are_one),
        cmocka_unit_test(sound_is_a_view_into_the_message),
        cmocka_unit_test(speech_has_its_time),
        cmocka_unit_test(a_tools_call_is_known_wherever_it_is_told),
        cmocka_unit_test(what_is_no_event_is_seen),
        cmocka_unit_test(every_cut_of_an_event_is_seen),
        cmocka_unit_test(a_session_shows_its_dialect),
        cmocka_unit_test(formats_are_compared_by_what_they_mean),
        cmocka_unit_test(an_error_says_whether_the_session_goes_on),
        cmocka_unit_test(an_answer_is_text_whatever_is_in_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
