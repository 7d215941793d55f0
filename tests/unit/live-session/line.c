#include "line.h"

static char *joined(const struct cm_str parts[], size_t count)
{
    CM_OWN_BUF struct cm_buf all = { 0 };
    char *text;

    for (size_t i = 0; i < count; i++)
        cm_buf_str(&all, parts[i]);
    text = strdup(cm_buf_view(&all).at);
    assert_non_null(text);
    return text;
}

static bool to_stream(void *ctx, enum session_send what, const struct cm_str parts[], size_t count)
{
    struct line *line = ctx;

    assert_int_equal(line->ends, 0);
    if (line->stream_full || (line->stream_nearly_full && what == SEND_SOUND))
        return false;

    assert_true(line->stream_count < LINE_MAX);
    line->to_stream[line->stream_count++] = joined(parts, count);
    return true;
}

static bool to_model(void *ctx, enum session_send what, const struct cm_str parts[], size_t count)
{
    struct line *line = ctx;

    assert_int_equal(line->ends, 0);
    if (line->model_full || (line->model_nearly_full && what == SEND_SOUND))
        return false;

    assert_true(line->model_count < LINE_MAX);
    line->to_model[line->model_count++] = joined(parts, count);
    return true;
}

static void on_started(void *ctx, const struct session_start *start)
{
    struct line *line = ctx;

    line->started = true;
    line->start = *start;
    snprintf(line->token, sizeof line->token, "%.*s", CM_STR_FMT(start->token));
    snprintf(line->from, sizeof line->from, "%.*s", CM_STR_FMT(start->from));
}

static void on_turn(void *ctx, const struct session_turn *turn)
{
    struct line *line = ctx;
    struct told_turn *told = &line->turns[line->turn_count++];

    assert_true(line->turn_count <= 32);
    assert_int_equal(line->ends, 0);
    assert_true(turn->text.len > 0);
    assert_true(turn->start_ms >= 0 && turn->end_ms >= turn->start_ms);
    *told = (struct told_turn){ turn->role, turn->start_ms, turn->end_ms, turn->interrupted,
                                "",         turn->text.len };
    snprintf(told->text, sizeof told->text, "%.*s", CM_STR_FMT(turn->text));
}

static void on_heard(void *ctx, enum session_role role, int64_t at_ms, const uint8_t *mulaw,
                     size_t count)
{
    struct line *line = ctx;

    assert_true(line->heard_count < 16);
    line->heard[line->heard_count].role = role;
    line->heard[line->heard_count].at_ms = at_ms;
    line->heard[line->heard_count].first = mulaw[0];
    line->heard[line->heard_count++].count = count;
}

static void on_act(void *ctx, const struct session_act *act)
{
    struct line *line = ctx;
    struct told_act *told = &line->acts[line->act_count++];

    assert_true(line->act_count <= 8);
    told->kind = act->kind;
    snprintf(told->id, sizeof told->id, "%.*s", CM_STR_FMT(act->id));
    snprintf(told->number, sizeof told->number, "%.*s", CM_STR_FMT(act->number));
    snprintf(told->title, sizeof told->title, "%.*s", CM_STR_FMT(act->title));
    snprintf(told->due, sizeof told->due, "%.*s", CM_STR_FMT(act->due));
    snprintf(told->said, sizeof told->said, "%.*s", CM_STR_FMT(act->said));
}

static void on_ended(void *ctx, enum session_end end)
{
    struct line *line = ctx;

    line->ends++;
    line->end = end;
}

static const struct session_ports ports = { to_stream, to_model, on_started, on_turn,
                                            on_heard,  on_act,   on_ended };

struct line *line_new(void)
{
    struct line *line = calloc(1, sizeof *line);

    assert_non_null(line);
    line->instructions = "Be kind.";
    line->registry = cm_metrics_new();
    line->metrics = (struct session_metrics){
        .media_in = cm_counter(line->registry, "in", "-", ""),
        .media_out = cm_counter(line->registry, "out", "-", ""),
        .media_dropped = cm_counter(line->registry, "dropped", "-", ""),
        .interruptions = cm_counter(line->registry, "interruptions", "-", ""),
        .harmless_errors = cm_counter(line->registry, "harmless", "-", ""),
        .bad_messages = cm_counter(line->registry, "bad", "-", ""),
    };
    line->options = (struct session_options){
        .dialect = DIALECT_AUTO,
        .model = "gpt-realtime",
        .transcriber = "whisper-1",
        .voice = "",
        .start_ms = 10000,
        .silence_ms = 10000,
        .model_ms = 8000,
        .limit_ms = 600000,
        .farewell_ms = 30000,
        .metrics = &line->metrics,
    };
    line->now_ms = 5000;
    line->session = session_new(&line->options, &ports, line, line->now_ms);
    return line;
}

void line_free(struct line *line)
{
    session_free(line->session);
    for (size_t i = 0; i < line->stream_count; i++)
        free(line->to_stream[i]);
    for (size_t i = 0; i < line->model_count; i++)
        free(line->to_model[i]);
    cm_metrics_free(line->registry);
    free(line);
}

void line_stream(struct line *line, const char *text)
{
    session_stream_text(line->session, cm_str_of(text), line->now_ms);
}

void line_model(struct line *line, const char *format, ...)
{
    char text[8192];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(text, sizeof text, format, args); /* NOLINT(clang-analyzer-valist*) */
    va_end(args);
    assert_in_range(len, 0, sizeof text - 1);
    session_model_text(line->session, cm_str_of(text), line->now_ms);
}

void line_start(struct line *line)
{
    line_stream(line, "{\"event\":\"connected\",\"protocol\":\"Call\",\"version\":\"1.0.0\"}");
    line_stream(line,
                "{\"event\":\"start\",\"sequenceNumber\":\"1\",\"start\":{\"accountSid\":\"AC" A32
                "\",\"streamSid\":\"" STREAM_SID "\",\"callSid\":\"CA" A32
                "\",\"tracks\":[\"inbound\"],\"mediaFormat\":{\"encoding\":\"audio/x-mulaw\","
                "\"sampleRate\":8000,\"channels\":1},\"customParameters\":{\"tok\":\"T\\/k\","
                "\"from\":\"+1415\"}},\"streamSid\":\"" STREAM_SID "\"}");
}

void line_admit(struct line *line, const char *greeting)
{
    session_admit(line->session,
                  &(struct session_plan){ .kind = SESSION_ASSISTANT,
                                          .instructions = cm_str_of(line->instructions),
                                          .greeting = cm_str_of(greeting),
                                          .caller_is_inbound = true },
                  line->now_ms);
}

void line_dial(struct line *line, const char *greeting)
{
    line_start(line);
    line_admit(line, greeting);
    session_model_opened(line->session, line->now_ms);
}

void line_ready(struct line *line)
{
    session_model_opened(line->session, line->now_ms);
    line_model(line,
               "{\"type\":\"session.created\",\"session\":{\"type\":\"realtime\","
               "\"audio\":{\"input\":{\"format\":{\"type\":\"audio/pcm\",\"rate\":24000}}}}}");
    line_model(line, "%s", GA_UPDATED);
}

void line_answer(struct line *line, const char *greeting)
{
    line_start(line);
    line_admit(line, greeting);
    line_ready(line);
}

/* Base64 of `bytes` zero bytes, which must be a multiple of 3, or leave 2 as 160 does. */
static void zeros(char *out, size_t bytes)
{
    size_t len = bytes / 3 * 4;
    const char *rest = bytes % 3 == 1 ? "AA==" : bytes % 3 == 2 ? "AAA=" : "";

    memset(out, 'A', len);
    memcpy(out + len, rest, strlen(rest) + 1);
}

void line_talk(struct line *line, int ms)
{
    char payload[256], text[512];

    zeros(payload, 160);
    for (int at = 0; at < ms; at += 20) {
        line->now_ms += 20;
        line->stream_ms += 20;
        snprintf(text, sizeof text,
                 "{\"event\":\"media\",\"sequenceNumber\":\"4\",\"media\":{\"track\":\"inbound\","
                 "\"chunk\":\"2\",\"timestamp\":\"%lld\",\"payload\":\"%s\"},\"streamSid\":"
                 "\"" STREAM_SID "\"}",
                 (long long)line->stream_ms, payload);
        line_stream(line, text);
    }
}

void line_say(struct line *line, const char *response, const char *item, int ms)
{
    size_t room = (size_t)ms * 8 * 2 + 400;
    char *payload = malloc(room), *text = malloc(room);

    assert_non_null(payload);
    assert_non_null(text);
    zeros(payload, (size_t)ms * 8);
    snprintf(text, room,
             "{\"type\":\"response.output_audio.delta\",\"response_id\":\"%s\",\"item_id\":\"%s\","
             "\"output_index\":0,\"content_index\":0,\"delta\":\"%s\"}",
             response, item, payload);
    session_model_text(line->session, cm_str_of(text), line->now_ms);
    free(payload);
    free(text);
}

void line_words(struct line *line, const char *response, const char *item, const char *words)
{
    line_model(line,
               "{\"type\":\"response.output_audio_transcript.delta\",\"response_id\":\"%s\","
               "\"item_id\":\"%s\",\"delta\":\"%s\"}",
               response, item, words);
}

void line_created(struct line *line, const char *response)
{
    line_model(line, "{\"type\":\"response.created\",\"response\":{\"id\":\"%s\"}}", response);
}

void line_done(struct line *line, const char *response)
{
    line_model(line,
               "{\"type\":\"response.done\",\"response\":{\"id\":\"%s\",\"status\":"
               "\"completed\"}}",
               response);
}

void line_respond(struct line *line, const char *response, const char *item, const char *words,
                  int ms)
{
    line_created(line, response);
    if (words)
        line_words(line, response, item, words);
    line_say(line, response, item, ms);
    line_done(line, response);
}

void line_began(struct line *line, const char *item, int at_ms)
{
    line_model(line,
               "{\"type\":\"input_audio_buffer.speech_started\",\"audio_start_ms\":%d,"
               "\"item_id\":\"%s\"}",
               at_ms, item);
}

void line_stopped(struct line *line, const char *item, int at_ms)
{
    line_model(line,
               "{\"type\":\"input_audio_buffer.speech_stopped\",\"audio_end_ms\":%d,"
               "\"item_id\":\"%s\"}",
               at_ms, item);
}

void line_transcript(struct line *line, const char *item, const char *words)
{
    line_model(line,
               "{\"type\":\"conversation.item.input_audio_transcription.completed\","
               "\"item_id\":\"%s\",\"content_index\":0,\"transcript\":\"%s\"}",
               item, words);
}

void line_marks_back(struct line *line, size_t from)
{
    for (size_t i = from; i < line->stream_count; i++)
        if (strstr(line->to_stream[i], "\"mark\""))
            line_stream(line, line->to_stream[i]);
}

const char *line_last_to_model(const struct line *line)
{
    return line->model_count ? line->to_model[line->model_count - 1] : "";
}

static size_t count_of(char *const list[], size_t count, const char *part)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        found += strstr(list[i], part) != NULL;
    return found;
}

size_t line_count_to_model(const struct line *line, const char *part)
{
    return count_of(line->to_model, line->model_count, part);
}

size_t line_count_to_stream(const struct line *line, const char *part)
{
    return count_of(line->to_stream, line->stream_count, part);
}

const char *line_find_to_model(const struct line *line, const char *part)
{
    for (size_t i = line->model_count; i-- > 0;)
        if (strstr(line->to_model[i], part))
            return line->to_model[i];
    return NULL;
}

int line_setup(void **state)
{
    *state = line_new();
    return 0;
}

int line_teardown(void **state)
{
    line_free(*state);
    return 0;
}
