/* session_model_test.c - the model's setup in both dialects, and its errors. */
#include "line.h"

#define BETA_CREATED                                                                               \
    "{\"type\":\"session.created\",\"session\":{\"id\":\"sess_1\",\"object\":"                     \
    "\"realtime.session\",\"modalities\":[\"text\",\"audio\"],\"input_audio_format\":\"pcm16\"}}"
#define BETA_UPDATED                                                                               \
    "{\"type\":\"session.updated\",\"session\":{\"input_audio_format\":\"g711_ulaw\","             \
    "\"output_audio_format\":\"g711_ulaw\",\"turn_detection\":{\"type\":\"server_vad\"}}}"
#define ERROR(code, message)                                                                       \
    "{\"type\":\"error\",\"event_id\":\"e\",\"error\":{\"type\":\"invalid_request_error\","        \
    "\"code\":\"" code "\",\"message\":\"" message "\",\"param\":null}}"

static void the_ga_is_set_up_nested(void **state)
{
    struct line *line = *state;
    const char *update;

    line_dial(line, "");
    assert_int_equal(line->model_count, 0);
    line_model(line, GA_CREATED, 0LL);
    update = line_last_to_model(line);

    assert_non_null(strstr(update,
                           "{\"type\":\"session.update\",\"session\":{\"type\":\"realtime\","
                           "\"output_modalities\":[\"audio\"],\"audio\":{\"input\":{"
                           "\"format\":{\"type\":\"audio/pcmu\"},\"transcription\":{"
                           "\"model\":\"whisper-1\"},\"turn_detection\":{\"type\":"
                           "\"server_vad\",\"create_response\":true,"
                           "\"interrupt_response\":true}},\"output\":{\"format\":{"
                           "\"type\":\"audio/pcmu\"}}}"));
    assert_non_null(strstr(update, "\"instructions\":\"Be kind.\""));
    assert_non_null(strstr(update, "\"name\":\"end_call\""));
    assert_non_null(strstr(update, "\"name\":\"forward_call\""));
    assert_non_null(strstr(update, "\"name\":\"note_todo\""));
}

static void a_beta_that_shows_itself_is_set_up_flat(void **state)
{
    struct line *line = *state;
    const char *update;

    line_dial(line, "");
    line_model(line, BETA_CREATED);
    update = line_last_to_model(line);

    assert_non_null(strstr(update, "\"modalities\":[\"text\",\"audio\"],\"input_audio_format\":"
                                   "\"g711_ulaw\",\"output_audio_format\":\"g711_ulaw\","
                                   "\"input_audio_transcription\":{\"model\":\"whisper-1\"}"));
    assert_null(strstr(update, "\"type\":\"realtime\""));
    line_model(line, BETA_UPDATED);
    line_talk(line, 20);
    assert_int_equal(line_count_to_model(line, "append"), 1);
}

static void a_server_that_does_not_know_the_ga_gets_the_beta(void **state)
{
    struct line *line = *state;

    line_dial(line, "");
    line_model(line, "{\"type\":\"session.created\",\"session\":{\"id\":\"x\"}}");
    assert_non_null(strstr(line_last_to_model(line), "\"type\":\"realtime\""));
    line_model(line, ERROR("unknown_parameter", "Unknown parameter: 'session.type'."));
    assert_non_null(strstr(line_last_to_model(line), "\"modalities\""));
    assert_int_equal(line->ends, 0);
    line_model(line, ERROR("unknown_parameter", "Unknown parameter: 'session.voice'."));

    assert_int_equal(line->end, END_MODEL_LOST); /* it was tried both ways */
    assert_string_equal(session_why(line->session),
                        "the model says: Unknown parameter: 'session.voice'.");
}

static void a_server_that_has_no_beta_any_more_gets_the_ga(void **state)
{
    struct line *line = *state;

    line_dial(line, "");
    line_model(line, BETA_CREATED);
    line_model(line, ERROR("beta_api_shape_disabled", "no more"));
    assert_non_null(strstr(line_last_to_model(line), "\"type\":\"realtime\""));
    line_model(line, "%s", GA_UPDATED);
    line_talk(line, 20);

    assert_int_equal(line_count_to_model(line, "append"), 1);
}

static void a_server_that_wants_neither_is_not_asked_for_ever(void **state)
{
    struct line *line = *state;

    line_dial(line, "");
    line_model(line, "{\"type\":\"session.created\",\"session\":{\"id\":\"x\"}}");
    line_model(line, ERROR("unknown_parameter", "Unknown parameter: 'session.type'."));
    line_model(line, ERROR("beta_api_shape_disabled", "no more"));

    assert_int_equal(line->end, END_MODEL_LOST);
    assert_int_equal(line_count_to_model(line, "session.update"), 2);
}

static void a_dialect_that_was_chosen_is_kept(void **state)
{
    struct line *line = *state;

    line->options.dialect = DIALECT_GA;
    line_dial(line, "");
    line_model(line, BETA_CREATED);
    assert_non_null(strstr(line_last_to_model(line), "\"type\":\"realtime\""));
    line_model(line, ERROR("unknown_parameter", "Unknown parameter: 'session.type'."));

    assert_int_equal(line->end, END_MODEL_LOST);
    assert_int_equal(line->model_count, 1);
}

static void a_model_that_keeps_another_format_is_an_error(void **state)
{
    struct line *line = *state;

    line_dial(line, "");
    line_model(line, GA_CREATED, 0LL);
    line_model(line, "{\"type\":\"session.updated\",\"session\":{\"audio\":{\"input\":{\"format\":{"
                     "\"type\":\"audio/pcmu\"}},\"output\":{\"format\":{\"type\":\"audio/pcm\","
                     "\"rate\":24000}}}}}");

    assert_int_equal(line->end, END_MODEL_LOST);
    assert_string_equal(session_why(line->session),
                        "the model was asked for audio/pcmu and keeps to audio/pcm: ask it for "
                        "what it has");
}

static void a_model_of_another_rate_is_an_error(void **state)
{
    struct line *line = *state;

    line->options.pcm_rate = 16000;
    line_dial(line, "");
    line_model(line, GA_CREATED, 0LL);
    assert_non_null(strstr(line_last_to_model(line), "{\"type\":\"audio/pcm\",\"rate\":16000}"));
    line_model(line, "{\"type\":\"session.updated\",\"session\":{\"audio\":{\"input\":{\"format\":{"
                     "\"type\":\"audio/pcm\",\"rate\":24000}}}}}");

    assert_int_equal(line->end, END_MODEL_LOST);
}

static void pcm_is_made_and_taken(void **state)
{
    struct line *line = *state;

    line->options.pcm_rate = 24000;
    line_dial(line, "");
    line_model(line, GA_CREATED, 0LL);
    line_model(line, "{\"type\":\"session.updated\",\"session\":{\"audio\":{\"input\":{\"format\":{"
                     "\"type\":\"audio/pcm\",\"rate\":24000}}}}}");
    line_talk(line, 40);
    /* 20 ms of mu-law become 20 ms at 24 kHz: 960 bytes, 1,280 characters */
    assert_int_equal(strlen(line_last_to_model(line)),
                     strlen("{\"type\":\"input_audio_buffer.append\",\"audio\":\"\"}") + 1280);
    line_say(line, "r", "i", 600); /* 4,800 bytes: 100 ms at 24 kHz, 800 bytes of mu-law */

    assert_int_equal(strlen(line->to_stream[0]),
                     strlen("{\"event\":\"media\",\"streamSid\":\"" STREAM_SID
                            "\",\"media\":{\"payload\":\"\"}}") +
                         1068);
}

static void the_greeting_is_asked_for_once_it_is_ready(void **state)
{
    struct line *line = *state;

    line_dial(line, "Willkommen bei \"Adler\".");
    line_model(line, GA_CREATED, 0LL);
    assert_int_equal(line_count_to_model(line, "response.create"), 0);
    line_model(line, "%s", GA_UPDATED);

    assert_int_equal(line_count_to_model(line, "response.create"), 1);
    assert_non_null(strstr(line_last_to_model(line), "Willkommen bei \\\"Adler\\\"."));
    line_model(line, "%s", GA_UPDATED);
    assert_int_equal(line_count_to_model(line, "response.create"), 1);
}

static void without_a_greeting_the_model_waits(void **state)
{
    struct line *line = *state;

    line_answer(line, "");

    assert_int_equal(line_count_to_model(line, "response.create"), 0);
}

static void harmless_errors_are_harmless(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_model(line, ERROR("response_cancel_not_active", "x"));
    line_model(line, ERROR("input_audio_buffer_commit_empty", "x"));
    line_model(line, ERROR("conversation_already_has_active_response", "x"));
    line_model(line, ERROR("invalid_value", "Audio content of 1ms is already shorter than 2ms"));

    assert_int_equal(line->ends, 0);
    assert_int_equal(cm_metric_value(line->metrics.harmless_errors), 4);
}

static void fatal_errors_are_fatal(void **state)
{
    static const char *const errors[] = {
        ERROR("session_expired", "Your session hit the maximum duration of 60 minutes."),
        ERROR("invalid_api_key", "no"),
        ERROR("insufficient_quota", "no"),
        ERROR("beta_api_shape_disabled", "no"),
        "{\"type\":\"response.done\",\"response\":{\"id\":\"r\",\"status\":\"failed\","
        "\"status_details\":{\"type\":\"failed\",\"error\":{\"type\":\"insufficient_quota\","
        "\"code\":null,\"message\":\"no\"}}}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        struct line *line = line_new();

        line_answer(line, "");
        line_model(line, "%s", errors[i]);
        assert_int_equal(line->ends, 1);
        assert_int_equal(line->end, END_MODEL_LOST);
        line_free(line);
    }
}

static void what_it_was_too_busy_for_is_asked_again(void **state)
{
    struct line *line = *state;

    line_answer(line, "Hello.");
    line_created(line, "resp_own");
    line_model(line, ERROR("conversation_already_has_active_response", "x"));
    assert_int_equal(line_count_to_model(line, "response.create"), 1);
    line_done(line, "resp_own");

    assert_int_equal(line_count_to_model(line, "response.create"), 2);
    assert_non_null(strstr(line_last_to_model(line), "Hello."));
}

static void what_is_no_message_is_counted_and_passed_over(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_model(line, "{\"type\":\"response.output_audio.delta\",\"delta\":\"AA");
    line_model(line, "[]");
    line_model(line, "{\"type\":\"rate_limits.updated\",\"rate_limits\":[{\"name\":\"tokens\"}]}");

    assert_int_equal(line->ends, 0);
    assert_int_equal(cm_metric_value(line->metrics.bad_messages), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINE_TEST(the_ga_is_set_up_nested),
        LINE_TEST(a_beta_that_shows_itself_is_set_up_flat),
        LINE_TEST(a_server_that_does_not_know_the_ga_gets_the_beta),
        LINE_TEST(a_server_that_has_no_beta_any_more_gets_the_ga),
        LINE_TEST(a_server_that_wants_neither_is_not_asked_for_ever),
        LINE_TEST(a_dialect_that_was_chosen_is_kept),
        LINE_TEST(a_model_that_keeps_another_format_is_an_error),
        LINE_TEST(a_model_of_another_rate_is_an_error),
        LINE_TEST(pcm_is_made_and_taken),
        LINE_TEST(the_greeting_is_asked_for_once_it_is_ready),
        LINE_TEST(without_a_greeting_the_model_waits),
        LINE_TEST(harmless_errors_are_harmless),
        LINE_TEST(fatal_errors_are_fatal),
        LINE_TEST(what_it_was_too_busy_for_is_asked_again),
        LINE_TEST(what_is_no_message_is_counted_and_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
