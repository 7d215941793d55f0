/* realtime_read.c - what a realtime model says (realtime.h). */
#include <string.h>

#include "json_walk.h"
#include "realtime.h"

static const struct {
    const char *name;
    enum realtime_event event;
} events[] = {
    { "response.output_audio.delta", REALTIME_AUDIO },
    { "response.audio.delta", REALTIME_AUDIO },
    { "response.output_audio_transcript.delta", REALTIME_SAID },
    { "response.audio_transcript.delta", REALTIME_SAID },
    { "response.output_audio_transcript.done", REALTIME_SAID_DONE },
    { "response.audio_transcript.done", REALTIME_SAID_DONE },
    { "response.output_audio.done", REALTIME_AUDIO_DONE },
    { "response.audio.done", REALTIME_AUDIO_DONE },
    { "input_audio_buffer.speech_started", REALTIME_SPEECH_STARTED },
    { "input_audio_buffer.speech_stopped", REALTIME_SPEECH_STOPPED },
    { "conversation.item.input_audio_transcription.delta", REALTIME_HEARD },
    { "conversation.item.input_audio_transcription.completed", REALTIME_HEARD_DONE },
    { "conversation.item.input_audio_transcription.failed", REALTIME_HEARD_FAILED },
    { "response.created", REALTIME_RESPONSE_CREATED },
    { "response.done", REALTIME_RESPONSE_DONE },
    { "response.output_item.done", REALTIME_CALL },
    { "response.function_call_arguments.done", REALTIME_CALL },
    { "session.created", REALTIME_SESSION_CREATED },
    { "session.updated", REALTIME_SESSION_UPDATED },
    { "error", REALTIME_ERROR },
};

static enum realtime_event event_of(struct cm_str type)
{
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (cm_str_is(type, events[i].name))
            return events[i].event;
    return REALTIME_OTHER;
}

/* Keys whose values are strings, numbers, or objects that are looked into later. */
enum field {
    TYPE,
    DELTA,
    TRANSCRIPT,
    ITEM_ID,
    RESPONSE_ID,
    CALL_ID,
    NAME,
    ARGUMENTS,
    START_MS,
    END_MS,
    SESSION,
    RESPONSE,
    ITEM,
    ERROR_OBJECT,
    FIELDS,
};
static const struct cm_str keys[FIELDS] = {
    [TYPE] = { "type", 4 },
    [DELTA] = { "delta", 5 },
    [TRANSCRIPT] = { "transcript", 10 },
    [ITEM_ID] = { "item_id", 7 },
    [RESPONSE_ID] = { "response_id", 11 },
    [CALL_ID] = { "call_id", 7 },
    [NAME] = { "name", 4 },
    [ARGUMENTS] = { "arguments", 9 },
    [START_MS] = { "audio_start_ms", 14 },
    [END_MS] = { "audio_end_ms", 12 },
    [SESSION] = { "session", 7 },
    [RESPONSE] = { "response", 8 },
    [ITEM] = { "item", 4 },
    [ERROR_OBJECT] = { "error", 5 },
};

static bool walk_message(struct cm_str text, struct json_value found[FIELDS])
{
    struct json_walk walk = json_walk(text);
    struct json_value value;
    struct cm_str key;

    if (!json_enter(&walk))
        return false;
    while (json_key(&walk, &key)) {
        if (!json_value(&walk, &value))
            return false;
        for (size_t i = 0; i < FIELDS; i++)
            if (key.len == keys[i].len && memcmp(key.at, keys[i].at, key.len) == 0) {
                found[i] = value;
                break;
            }
    }
    return json_done(&walk);
}

static struct cm_str string(struct json_value value)
{
    return value.kind == JSON_STRING ? value.raw : (struct cm_str){ 0 };
}

static struct cm_str object(struct json_value value)
{
    return value.kind == JSON_OBJECT ? value.raw : (struct cm_str){ 0 };
}

/* A tool's call is told in three places, of which not all servers have all: the item when it is
 * done has everything, the arguments when they are done have the name in GA only. */
static void read_call(const struct json_value found[FIELDS], struct realtime_message *out)
{
    struct cm_str item = object(found[ITEM]);

    out->call_id = string(found[CALL_ID]);
    out->name = string(found[NAME]);
    out->arguments = string(found[ARGUMENTS]);
    if (item.len) {
        if (!cm_str_is(json_find_str(item, "type"), "function_call")) {
            out->event = REALTIME_OTHER;
            return;
        }
        out->call_id = json_find_str(item, "call_id");
        out->name = json_find_str(item, "name");
        out->arguments = json_find_str(item, "arguments");
    }
    if (!out->call_id.len || !out->name.len)
        out->event = REALTIME_OTHER;
}

bool realtime_read(struct cm_str text, struct realtime_message *out)
{
    struct json_value found[FIELDS] = { 0 };

    *out = (struct realtime_message){ .audio_ms = -1 };
    if (!walk_message(text, found) || found[TYPE].kind != JSON_STRING)
        return false;

    out->event = event_of(found[TYPE].raw);
    out->item_id = string(found[ITEM_ID]);
    out->response_id = string(found[RESPONSE_ID]);
    out->text = string(found[found[DELTA].kind == JSON_STRING ? DELTA : TRANSCRIPT]);
    if (!json_i64(found[START_MS], 0, INT64_C(1) << 40, &out->audio_ms))
        json_i64(found[END_MS], 0, INT64_C(1) << 40, &out->audio_ms);
    if (out->event == REALTIME_CALL)
        read_call(found, out);
    if (out->event == REALTIME_ERROR)
        out->detail = object(found[ERROR_OBJECT]);
    else if (out->event == REALTIME_SESSION_CREATED || out->event == REALTIME_SESSION_UPDATED)
        out->detail = object(found[SESSION]);
    else if (found[RESPONSE].kind == JSON_OBJECT) {
        out->detail = found[RESPONSE].raw;
        out->response_id = json_find_str(out->detail, "id");
    }
    return true;
}

bool realtime_is_beta(struct cm_str session)
{
    return json_find(session, "audio").kind == JSON_NONE &&
           (json_find(session, "input_audio_format").kind != JSON_NONE ||
            json_find(session, "modalities").kind != JSON_NONE);
}

enum sound { SOUND_UNSAID, SOUND_MULAW, SOUND_PCM, SOUND_ANOTHER };

static enum sound sound_of(struct cm_str name)
{
    size_t at;

    if (!name.len)
        return SOUND_UNSAID;
    if (cm_str_find(name, "pcmu", &at) || cm_str_find(name, "ulaw", &at))
        return SOUND_MULAW;
    return cm_str_is(name, "pcm16") || cm_str_is(name, "audio/pcm") ||
                   cm_str_is(name, "audio\\/pcm")
               ? SOUND_PCM
               : SOUND_ANOTHER;
}

bool realtime_formats_agree(struct cm_str session, int pcm_rate, struct cm_str *found)
{
    static const char *const names[] = { "audio.input.format.type", "audio.output.format.type",
                                         "input_audio_format", "output_audio_format" };
    static const char *const rates[] = { "audio.input.format.rate", "audio.output.format.rate" };
    enum sound wanted = pcm_rate ? SOUND_PCM : SOUND_MULAW;
    int64_t rate;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        *found = json_find_str(session, names[i]);
        if (sound_of(*found) != SOUND_UNSAID && sound_of(*found) != wanted)
            return false;
    }
    for (size_t i = 0; pcm_rate && i < sizeof rates / sizeof rates[0]; i++)
        if (json_i64(json_find(session, rates[i]), 1, INT32_MAX, &rate) && rate != pcm_rate) {
            *found = json_find(session, rates[i]).raw;
            return false;
        }
    return true;
}

bool realtime_cancels_itself(struct cm_str session)
{
    return json_find(session, "audio.input.turn_detection.interrupt_response").kind == JSON_TRUE ||
           json_find(session, "turn_detection.interrupt_response").kind == JSON_TRUE;
}

int64_t realtime_expires_at_s(struct cm_str session)
{
    int64_t at = 0;

    json_i64(json_find(session, "expires_at"), 1, INT64_C(1) << 40, &at);
    return at;
}

static const struct {
    const char *code;
    enum realtime_trouble trouble;
} troubles[] = {
    { "response_cancel_not_active", TROUBLE_HARMLESS },
    { "input_audio_buffer_commit_empty", TROUBLE_HARMLESS },
    { "conversation_already_has_active_response", TROUBLE_BUSY },
    { "beta_api_shape_disabled", TROUBLE_NOT_BETA },
    { "session_expired", TROUBLE_FATAL },
    { "invalid_api_key", TROUBLE_FATAL },
    { "authentication_error", TROUBLE_FATAL },
    { "permission_error", TROUBLE_FATAL },
    { "insufficient_quota", TROUBLE_FATAL },
    { "model_not_found", TROUBLE_FATAL },
    { "model_load_error", TROUBLE_FATAL },
};

static bool is_about_ga(struct cm_str error)
{
    struct cm_str param = json_find_str(error, "param"), message = json_find_str(error, "message");
    static const char *const words[] = { "session.type", "session.audio", "output_modalities" };
    size_t at;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (cm_str_find(param, words[i], &at) || cm_str_find(message, words[i], &at))
            return true;
    return cm_str_is(json_find_str(error, "code"), "unknown_parameter");
}

enum realtime_trouble realtime_trouble(struct cm_str error)
{
    struct cm_str code = json_find_str(error, "code"), type = json_find_str(error, "type");
    size_t at;

    for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++)
        if (cm_str_is(code, troubles[i].code) || cm_str_is(type, troubles[i].code))
            return troubles[i].trouble;
    if (cm_str_find(json_find_str(error, "message"), "maximum duration", &at))
        return TROUBLE_FATAL;
    return is_about_ga(error) ? TROUBLE_NOT_GA : TROUBLE_PASSING;
}
