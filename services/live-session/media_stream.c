#include "media_stream.h"

#include "base/sid.h"
#include "json_walk.h"

enum { PARAMETER_MAX = 500 };

static enum stream_event event_of(struct cm_str name)
{
    static const struct {
        const char *name;
        enum stream_event event;
    } events[] = {
        { "media", STREAM_MEDIA }, { "mark", STREAM_MARK }, { "connected", STREAM_CONNECTED },
        { "start", STREAM_START }, { "dtmf", STREAM_DTMF }, { "stop", STREAM_STOP },
    };

    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (cm_str_is(name, events[i].name))
            return events[i].event;
    return STREAM_OTHER;
}

/* What is read along the way, before it is known which event it belongs to. */
struct found {
    struct json_value event, stream_sid, timestamp, payload, track, name, start;
};

static void read_media(struct json_walk *walk, struct found *found)
{
    struct json_value ignored;
    struct cm_str key;

    while (json_key(walk, &key)) {
        if (JSON_KEY_IS(key, "payload"))
            json_value(walk, &found->payload);
        else if (JSON_KEY_IS(key, "timestamp"))
            json_value(walk, &found->timestamp);
        else if (JSON_KEY_IS(key, "track"))
            json_value(walk, &found->track);
        else
            json_value(walk, &ignored);
    }
}

static void read_mark(struct json_walk *walk, struct found *found)
{
    struct json_value ignored;
    struct cm_str key;

    while (json_key(walk, &key))
        json_value(walk, JSON_KEY_IS(key, "name") ? &found->name : &ignored);
}

static bool walk_message(struct cm_str text, struct found *found)
{
    struct json_walk walk = json_walk(text);
    struct json_value ignored;
    struct cm_str key;

    if (!json_enter(&walk))
        return false;
    while (json_key(&walk, &key)) {
        if (JSON_KEY_IS(key, "media") && json_enter(&walk))
            read_media(&walk, found);
        else if (JSON_KEY_IS(key, "mark") && json_enter(&walk))
            read_mark(&walk, found);
        else if (JSON_KEY_IS(key, "event"))
            json_value(&walk, &found->event);
        else if (JSON_KEY_IS(key, "streamSid"))
            json_value(&walk, &found->stream_sid);
        else if (JSON_KEY_IS(key, "start"))
            json_value(&walk, &found->start);
        else
            json_value(&walk, &ignored);
    }
    return json_done(&walk);
}

static const char *check_media(const struct found *found, struct stream_message *out)
{
    if (found->payload.kind != JSON_STRING)
        return "a media message has no payload";
    if (!json_i64(found->timestamp, 0, INT64_C(1) << 40, &out->timestamp_ms))
        return "a media message has no timestamp";

    out->payload = found->payload.raw;
    out->outbound = cm_str_is(found->track.raw, "outbound");
    return NULL;
}

static const char *check(const struct found *found, struct stream_message *out)
{
    if (found->event.kind != JSON_STRING)
        return "a message has no event";

    out->event = event_of(found->event.raw);
    out->stream_sid = found->stream_sid.raw;
    if (out->event == STREAM_OTHER || out->event == STREAM_CONNECTED)
        return NULL;
    if (found->stream_sid.kind != JSON_STRING)
        return "a message has no streamSid";
    if (out->event == STREAM_MEDIA)
        return check_media(found, out);

    out->mark = found->name.raw;
    out->detail = found->start.raw;
    if (out->event == STREAM_MARK && found->name.kind != JSON_STRING)
        return "a mark has no name";
    if (out->event == STREAM_START && found->start.kind != JSON_OBJECT)
        return "a start message has no start";
    return NULL;
}

bool stream_read(struct cm_str text, struct stream_message *out, const char **why)
{
    struct found found = { 0 };

    *out = (struct stream_message){ 0 };
    *why = walk_message(text, &found) ? check(&found, out) : "a message is no JSON object";
    return !*why;
}

/* mu-law at 8 kHz in one channel: the only format there is so far. */
static bool format_is_known(struct cm_str start)
{
    int64_t rate, channels;

    return cm_str_is(json_find_str(start, "mediaFormat.encoding"), "audio/x-mulaw") ||
                   cm_str_is(json_find_str(start, "mediaFormat.encoding"), "audio\\/x-mulaw")
               ? json_i64(json_find(start, "mediaFormat.sampleRate"), 8000, 8000, &rate) &&
                     json_i64(json_find(start, "mediaFormat.channels"), 1, 1, &channels)
               : false;
}

static bool read_tracks(struct cm_str tracks, struct session_start *out)
{
    size_t at;

    out->inbound = cm_str_find(tracks, "\"inbound\"", &at);
    out->outbound = cm_str_find(tracks, "\"outbound\"", &at);
    return out->inbound || out->outbound;
}

static void read_parameters(struct cm_str start, struct cm_buf *room, struct session_start *out)
{
    struct cm_str *const fields[] = { &out->token, &out->from, &out->to };
    static const char *const names[] = { "customParameters.tok", "customParameters.from",
                                         "customParameters.to" };
    size_t at = room->len;

    for (size_t i = 0; i < 3; i++) {
        size_t before = room->len;

        json_unescape(json_find_str(start, names[i]), PARAMETER_MAX, room);
        fields[i]->len = room->len - before;
    }
    for (size_t i = 0; i < 3; i++) { /* only now does the room stay where it is */
        fields[i]->at = fields[i]->len ? room->at + at : NULL;
        at += fields[i]->len;
    }
}

bool stream_read_start(const struct stream_message *message, struct cm_buf *room,
                       struct session_start *out, const char **why)
{
    struct cm_str start = message->detail;
    struct session_start read = {
        .account_sid = json_find_str(start, "accountSid"),
        .call_sid = json_find_str(start, "callSid"),
        .stream_sid = message->stream_sid,
    };

    *why = NULL;
    if (!cm_is_sid(read.stream_sid, "MZ"))
        *why = "start has no streamSid of the form MZ and 32 hexadecimal digits";
    else if (!cm_is_sid(read.account_sid, "AC"))
        *why = "start has no accountSid of the form AC and 32 hexadecimal digits";
    else if (!cm_is_sid(read.call_sid, "CA"))
        *why = "start has no callSid of the form CA and 32 hexadecimal digits";
    else if (json_find(start, "streamSid").kind != JSON_NONE &&
             !cm_str_eq(json_find_str(start, "streamSid"), read.stream_sid))
        *why = "start names two streams";
    else if (!format_is_known(start))
        *why = "the stream's format is not audio/x-mulaw with 8000 samples a second in one channel";
    else if (!read_tracks(json_find(start, "tracks").raw, &read))
        *why = "start names no track";
    if (*why)
        return false;

    read_parameters(start, room, &read);
    *out = read;
    return true;
}

size_t stream_write_media(struct cm_str stream_sid, struct cm_str base64,
                          struct cm_str parts[STREAM_PARTS])
{
    parts[0] = CM_STR("{\"event\":\"media\",\"streamSid\":\"");
    parts[1] = stream_sid;
    parts[2] = CM_STR("\",\"media\":{\"payload\":\"");
    parts[3] = base64;
    parts[4] = CM_STR("\"}}");
    return 5;
}

size_t stream_write_mark(struct cm_str stream_sid, struct cm_str name,
                         struct cm_str parts[STREAM_PARTS])
{
    parts[0] = CM_STR("{\"event\":\"mark\",\"streamSid\":\"");
    parts[1] = stream_sid;
    parts[2] = CM_STR("\",\"mark\":{\"name\":\"");
    parts[3] = name;
    parts[4] = CM_STR("\"}}");
    return 5;
}

size_t stream_write_clear(struct cm_str stream_sid, struct cm_str parts[STREAM_PARTS])
{
    parts[0] = CM_STR("{\"event\":\"clear\",\"streamSid\":\"");
    parts[1] = stream_sid;
    parts[2] = CM_STR("\"}");
    return 3;
}
