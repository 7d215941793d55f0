/* The engine over HTTP: POST /v1/audio/transcriptions, as OpenAI, whisper-server, speaches, vLLM
 * and LocalAI serve it. Only what somebody says is sent, in stretches that stay far below the
 * servers' 25 MB: silence costs money there, and the model behind it invents words for it as any
 * Whisper does. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/hearing/cutter.h"
#include "engine/hearing/engines.h"
#include "engine/hearing/jobs.h"
#include "engine/hearing/utterances.h"
#include "engine/hearing/wav.h"
#include "engine/remote.h"
#include "http/client.h"

/* With times in the answer a request may be long, which gives the model context: 5 minutes are 9.6
 * MB, and a call of ordinary length is one request a channel. Without them, a request is what one
 * time is told for. */
static const struct cm_cut_rule timed_rule = { .pause_ms = 30000, .longest_ms = 300000 };
static const struct cm_cut_rule untimed_rule = { .pause_ms = 600, .longest_ms = 25000 };

/* OpenAI's own hints for segments that nobody said. */
static const double silent_above = 0.6, unsure_below = -1.0, looping_above = 2.4;

enum { PARTS_MAX = 6 };

struct transcriptions {
    struct cm_speech port; /* first */
    struct cm_http_client *http;
    struct cm_jobs *jobs;
    struct cm_arena *texts; /* of the options */
    const char *url, *api_key, *language, *vad_path;
    bool plain_json;
    int timeout_ms;
};

/* One sound being heard. */
struct session {
    struct transcriptions *engine;
    const struct cm_listen *ask;
    struct cm_utterances heard;
    const char *language; /* as the server told first; NULL: not yet */
};

static void transcriptions_destroy(struct cm_speech *port)
{
    struct transcriptions *engine = (struct transcriptions *)port;

    cm_jobs_free(engine->jobs);
    cm_arena_free(engine->texts);
    free(engine);
}

static bool is_auto(const struct transcriptions *engine)
{
    return strcmp(engine->language, "auto") == 0;
}

static cm_rc post(const struct session *session, struct cm_str wav, struct cm_arena *arena,
                  struct cm_http_answer *answer, struct cm_err *err)
{
    const struct transcriptions *engine = session->engine;
    struct cm_http_part parts[PARTS_MAX] = {
        { .name = "file", .file_name = "speech.wav", .type = "audio/wav", .body = wav },
        { .name = "model", .body = cm_str_of(engine->port.model) },
        { .name = "temperature", .body = CM_STR("0") },
        { .name = "response_format",
          .body = engine->plain_json ? CM_STR("json") : CM_STR("verbose_json") },
    };
    struct cm_http_ask request = { .url = engine->url,
                                   .bearer = engine->api_key,
                                   .parts = parts,
                                   .part_count = 4,
                                   .reach = CM_REACH_ANY,
                                   .tell_trace = true,
                                   .timeout_ms = engine->timeout_ms,
                                   .stop = session->ask->stop,
                                   .stop_ctx = session->ask->stop_ctx };
    cm_rc rc;

    if (!is_auto(engine))
        parts[request.part_count++] =
            (struct cm_http_part){ .name = "language", .body = cm_str_of(engine->language) };
    if (!engine->plain_json)
        parts[request.part_count++] =
            (struct cm_http_part){ .name = "timestamp_granularities[]", .body = CM_STR("segment") };

    rc = cm_http_fetch(engine->http, &request, arena, answer, err);
    if (rc)
        return cm_err_wrap(err, "SPEECH_URL");

    return cm_remote_verdict("SPEECH_URL", answer, cm_now_us(), err);
}

static double number(const json_t *object, const char *key, double missing)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : missing;
}

static struct cm_str text(const json_t *object)
{
    const json_t *value = json_object_get(object, "text");

    return (struct cm_str){ json_string_value(value), json_string_length(value) };
}

static bool nobody_said(const json_t *segment)
{
    return (number(segment, "no_speech_prob", 0) > silent_above &&
            number(segment, "avg_logprob", 0) < unsure_below) ||
           number(segment, "compression_ratio", 0) > looping_above;
}

/* Seconds in the stretch as milliseconds in the sound, kept within the stretch whatever was
 * answered. */
static int64_t within(const struct cm_stretch *stretch, double seconds)
{
    double length_ms = (double)stretch->count * 1000 / CM_SPEECH_RATE;

    return stretch->from_ms + (int64_t)fmin(fmax(seconds * 1000, 0), length_ms);
}

static void note_segments(const json_t *segments, const struct cm_stretch *stretch,
                          struct cm_utterances *heard)
{
    int64_t after = stretch->from_ms;
    const json_t *segment;
    size_t i;

    json_array_foreach(segments, i, segment)
    {
        int64_t start_ms = within(stretch, number(segment, "start", 0));
        int64_t end_ms = within(stretch, number(segment, "end", INFINITY));

        if (nobody_said(segment))
            continue;
        if (start_ms < after)
            start_ms = after;
        cm_utterances_add(heard, start_ms, end_ms, text(segment));
        after = start_ms;
    }
}

static cm_rc note_answer(struct session *session, struct cm_str body,
                         const struct cm_stretch *stretch, struct cm_err *err)
{
    json_t *answer = json_loadb(body.at ? body.at : "", body.len, 0, NULL);
    const json_t *segments = json_object_get(answer, "segments"), *name;

    if (!json_is_object(answer)) {
        json_decref(answer);
        return cm_fail(err, CM_RETRY, "SPEECH_URL answers 200 with what is no JSON object");
    }

    if (json_array_size(segments) > 0)
        note_segments(segments, stretch, &session->heard);
    else
        cm_utterances_add(&session->heard, stretch->start_ms, stretch->end_ms, text(answer));

    name = json_object_get(answer, "language");
    if (!session->language && json_is_string(name))
        session->language =
            cm_language_code((struct cm_str){ json_string_value(name), json_string_length(name) });
    json_decref(answer);
    return CM_OK;
}

static cm_rc hear_stretch(void *ctx, const struct cm_stretch *stretch, struct cm_err *err)
{
    struct session *session = ctx;
    const struct cm_listen *ask = session->ask;
    CM_OWN(cm_arena) arena = cm_arena_new(); /* of this request */
    CM_OWN_BUF struct cm_buf wav = { 0 };
    struct cm_http_answer answer;
    int place;
    cm_rc rc;

    rc = cm_jobs_enter(session->engine->jobs, ask->stop, ask->stop_ctx, &place, err);
    if (rc)
        return rc;

    cm_wav_put(&wav, stretch->samples, stretch->count);
    rc = post(session, cm_buf_view(&wav), arena, &answer, err);
    cm_jobs_leave(session->engine->jobs, place);
    if (rc)
        return rc;

    return note_answer(session, answer.body, stretch, err);
}

static struct cm_str language_of(const struct session *session)
{
    if (session->language)
        return cm_str_of(session->language);
    return is_auto(session->engine) ? CM_STR("und") : cm_str_of(session->engine->language);
}

static cm_rc transcriptions_hear(struct cm_speech *port, const struct cm_listen *ask,
                                 struct cm_heard *out, struct cm_err *err)
{
    struct transcriptions *engine = (struct transcriptions *)port;
    struct session session = { .engine = engine, .ask = ask, .heard = { .arena = ask->arena } };
    cm_rc rc;

    rc = cm_each_stretch(ask, engine->vad_path, engine->plain_json ? untimed_rule : timed_rule,
                         hear_stretch, &session, err);
    if (rc)
        return rc;

    *out = (struct cm_heard){ .utterances = session.heard.at,
                              .count = session.heard.count,
                              .language = language_of(&session) };
    return CM_OK;
}

static const char *copy(struct cm_arena *arena, const char *value)
{
    return value ? cm_arena_text(arena, cm_str_of(value)) : NULL;
}

cm_rc cm_transcriptions_new(const struct cm_transcriptions_options *options, struct cm_speech **out,
                            struct cm_err *err)
{
    CM_OWN(cm_vad) vad = NULL;
    struct transcriptions *engine;
    cm_rc rc;

    rc = cm_vad_new(options->vad_path, &vad, err); /* wrong now, it should stop the start */
    if (rc)
        return rc;

    engine = cm_must(calloc(1, sizeof *engine));
    engine->http = options->http;
    engine->jobs = cm_jobs_new(options->jobs);
    engine->texts = cm_arena_new();
    engine->url = cm_remote_url(engine->texts, options->url, "/audio/transcriptions");
    engine->api_key = copy(engine->texts, options->api_key);
    engine->language = copy(engine->texts, options->language);
    engine->vad_path = copy(engine->texts, options->vad_path);
    engine->plain_json = options->plain_json;
    engine->timeout_ms = options->timeout_ms;
    engine->port = (struct cm_speech){ .engine = "openai",
                                       .model = copy(engine->texts, options->model),
                                       .hear = transcriptions_hear,
                                       .destroy = transcriptions_destroy };
    *out = &engine->port;
    return CM_OK;
}
