#include "stream.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "http/ws/ws_dial.h"
#include "player.h"
#include "sound.h"

enum { TICK_MS = 20, CATCH_UP = 50, LEFT_TO_SERVICE_MS = 30000, GOODBYE_MS = 2000 };

struct stream {
    struct world *world;
    const struct poster *poster;
    struct call *call;
    struct cm_loop *loop;
    struct cm_ws_dialer *dialer;
    struct cm_ws *ws; /* NULL: closed */
    struct cm_timer *tick;
    struct player *player;
    struct sound sound[2]; /* of the caller, of the other side */
    int64_t began_ms, frames, sequence, until_ms;
    bool talking, over;
};

/* ---- what Twilio says ---- */

static void send(struct stream *stream, struct cm_str text)
{
    if (stream->ws)
        cm_ws_send(stream->ws, &text, 1);
}

static void put_number(struct cm_json *json, const char *name, int64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)value);
    cm_json_text(json, name, text);
}

static struct cm_json begin(struct stream *stream, struct cm_buf *to, const char *event)
{
    struct cm_json json = cm_json(to);

    cm_json_object(&json, NULL);
    cm_json_text(&json, "event", event);
    put_number(&json, "sequenceNumber", ++stream->sequence);
    cm_json_text(&json, "streamSid", stream->call->live->sid);
    return json;
}

static void say_start(struct stream *stream)
{
    const struct live *live = stream->call->live;
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct cm_json json;

    send(stream, CM_STR("{\"event\":\"connected\",\"protocol\":\"Call\",\"version\":\"1.0.0\"}"));
    json = begin(stream, &text, "start");
    cm_json_object(&json, "start");
    cm_json_text(&json, "accountSid", stream->world->options->account_sid);
    cm_json_text(&json, "streamSid", live->sid);
    cm_json_text(&json, "callSid", stream->call->sid);
    cm_json_array(&json, "tracks");
    cm_json_text(&json, NULL, "inbound");
    if (live->both_tracks)
        cm_json_text(&json, NULL, "outbound");
    cm_json_end(&json);
    cm_json_object(&json, "mediaFormat");
    cm_json_text(&json, "encoding", "audio/x-mulaw");
    cm_json_i64(&json, "sampleRate", 8000);
    cm_json_i64(&json, "channels", 1);
    cm_json_end(&json);
    cm_json_object(&json, "customParameters");
    for (int i = 0; i < live->parameter_count; i++)
        cm_json_text(&json, live->parameters[i].name, live->parameters[i].value);
    cm_json_end(&json);
    cm_json_end(&json);
    cm_json_end(&json);
    send(stream, cm_buf_view(&text));
}

static void say_media(struct stream *stream, const char *track, const struct sound *sound)
{
    uint8_t frame[SOUND_FRAME];
    char payload[sodium_base64_ENCODED_LEN(SOUND_FRAME, sodium_base64_VARIANT_ORIGINAL)];
    size_t at = (size_t)stream->frames * SOUND_FRAME;
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct cm_json json = begin(stream, &text, "media");

    memset(frame, 0xff, sizeof frame);
    if (at < sound->len)
        memcpy(frame, sound->at + at,
               sound->len - at < sizeof frame ? sound->len - at : sizeof frame);
    sodium_bin2base64(payload, sizeof payload, frame, sizeof frame, sodium_base64_VARIANT_ORIGINAL);
    cm_json_object(&json, "media");
    cm_json_text(&json, "track", track);
    put_number(&json, "chunk", stream->frames + 1);
    put_number(&json, "timestamp", stream->frames * SOUND_FRAME_MS);
    cm_json_text(&json, "payload", payload);
    cm_json_end(&json);
    cm_json_end(&json);
    send(stream, cm_buf_view(&text));
}

static void say_stop(struct stream *stream)
{
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct cm_json json = begin(stream, &text, "stop");

    cm_json_object(&json, "stop");
    cm_json_text(&json, "accountSid", stream->world->options->account_sid);
    cm_json_text(&json, "callSid", stream->call->sid);
    cm_json_end(&json);
    cm_json_end(&json);
    send(stream, cm_buf_view(&text));
}

static void say_mark(void *ctx, struct cm_str name)
{
    struct stream *stream = ctx;
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct cm_json json = begin(stream, &text, "mark");

    cm_json_object(&json, "mark");
    cm_json_str(&json, "name", name);
    cm_json_end(&json);
    cm_json_end(&json);
    stream->call->live->marks++;
    send(stream, cm_buf_view(&text));
}

static void post_status(struct stream *stream, const char *event, const char *error)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct call *call = stream->call;
    struct webhook_sent sent;
    struct form form = { 0 };

    if (!call->live->status_callback[0])
        return;
    form_text(&form, "AccountSid", stream->world->options->account_sid);
    form_text(&form, "CallSid", call->sid);
    form_text(&form, "StreamSid", call->live->sid);
    form_text(&form, "StreamName", call->live->sid);
    form_text(&form, "StreamEvent", event);
    if (error)
        form_text(&form, "StreamError", error);
    form_add(&form, "Timestamp", cm_arena_printf(arena, "%s", cm_time_rfc3339(cm_now_us()).at));
    webhook_post(stream->poster, call->live->status_callback, &form,
                 cm_uuid_text(cm_uuid_v7(cm_now_us())).at, arena, &sent);
}

/* ---- its events ---- */

static bool is_asked_to_end(struct stream *stream)
{
    bool asked;

    pthread_mutex_lock(&stream->world->lock);
    asked = stream->call->live->asked[0] != '\0';
    pthread_mutex_unlock(&stream->world->lock);
    return asked;
}

static void end_talk(struct stream *stream)
{
    stream->talking = false;
    cm_loop_stop(stream->loop);
}

static void talk_on(struct stream *stream, int64_t due)
{
    for (int i = 0; i < CATCH_UP && stream->frames < due; i++, stream->frames++) {
        say_media(stream, "inbound", &stream->sound[0]);
        if (stream->call->live->both_tracks)
            say_media(stream, "outbound", &stream->sound[1]);
        player_play(stream->player, SOUND_FRAME);
        stream->call->live->frames++;
    }
}

static void on_tick(void *ctx)
{
    struct stream *stream = ctx;
    int64_t now_ms = cm_mono_ms(), speed = stream->world->options->speed;

    if (stream->talking) {
        talk_on(stream, (now_ms - stream->began_ms) * speed / SOUND_FRAME_MS);
        if (now_ms >= stream->until_ms || is_asked_to_end(stream) || stream->poster->stop())
            end_talk(stream);
    } else if (now_ms >= stream->until_ms) {
        cm_loop_stop(stream->loop);
    }
    cm_timer_arm(stream->tick, TICK_MS / speed ? TICK_MS / speed : 1);
}

static int64_t talk_ms(const struct stream *stream)
{
    const struct options *options = stream->world->options;
    int64_t ms = options->talk_s ? INT64_C(1000) * options->talk_s
                                 : (int64_t)stream->sound[0].len / 8 + SOUND_FRAME_MS;

    return ms / options->speed;
}

static void on_opened(void *ctx, struct cm_ws *ws)
{
    struct stream *stream = ctx;

    (void)ws;
    stream->call->live->opened = true;
    stream->began_ms = cm_mono_ms();
    stream->until_ms = stream->began_ms + talk_ms(stream);
    stream->talking = true;
    say_start(stream);
    cm_timer_arm(stream->tick, 0);
}

static void on_message(void *ctx, struct cm_ws *ws, struct cm_str text)
{
    struct stream *stream = ctx;

    (void)ws;
    if (!player_take(stream->player, text))
        stream->call->live->bad_messages++;
}

static void on_closed(void *ctx, unsigned code, const char *why)
{
    struct stream *stream = ctx;

    stream->ws = NULL;
    stream->call->live->close_code = code;
    if (!stream->call->live->opened)
        fprintf(stderr, "callsim: stream of %s: %s\n", stream->call->sid, why);
    stream->over = true;
    cm_loop_stop(stream->loop);
}

static const struct cm_ws_events events = { .opened = on_opened,
                                            .message = on_message,
                                            .closed = on_closed };

/* ---- life ---- */

static void dial(struct stream *stream)
{
    const struct options *options = stream->world->options;
    const struct live *live = stream->call->live;
    struct form nothing = { 0 };
    struct cm_base64_32 signature;
    char header[96];
    const char *headers[] = { header, "User-Agent: TwilioProxy/1.1", NULL };
    struct cm_err err = { 0 };

    webhook_sign(options->auth_token, cm_str_of(live->url), &nothing, &signature);
    snprintf(header, sizeof header, "X-Twilio-Signature: %s", signature.at);
    if (cm_ws_dial(
            stream->dialer,
            &(struct cm_ws_dial){ .url = options->stream ? options->stream : live->url,
                                  .headers = headers,
                                  .limits = { .queue_max = 4 << 20, .message_max = 1 << 20 } },
            &events, stream, &stream->ws, &err)) {
        fprintf(stderr, "callsim: stream of %s: %s\n", stream->call->sid, err.msg);
        stream->ws = NULL;
        stream->over = true;
    }
}

struct stream *stream_open(struct world *world, const struct poster *poster, struct call *call)
{
    struct stream *stream = calloc(1, sizeof *stream);
    struct cm_err err = { 0 };

    if (!stream)
        cm_out_of_memory();
    stream->world = world;
    stream->poster = poster;
    stream->call = call;
    snprintf(call->live->sid, sizeof call->live->sid, "MZ%s", call->sid + 2);
    stream->player = player_new(call->live, say_mark, stream);
    for (int channel = 0; channel < 2; channel++)
        if (call->recording_count &&
            sound_of(world, call->recordings[0].audio, channel, &stream->sound[channel], &err))
            fprintf(stderr, "callsim: %s\n", err.msg);
    if (cm_loop_new(&stream->loop, &err) ||
        cm_ws_dialer_new(stream->loop, cm_str_starts(cm_str_of(call->live->url), "wss://"),
                         &stream->dialer, &err)) {
        fprintf(stderr, "callsim: %s\n", err.msg);
        stream->over = true;
        return stream;
    }
    stream->tick = cm_timer_new(stream->loop, on_tick, stream);
    dial(stream);
    return stream;
}

void stream_talk(struct stream *stream)
{
    if (stream->over)
        return;
    stream->until_ms = cm_mono_ms() + LEFT_TO_SERVICE_MS; /* to connect */
    cm_loop_run(stream->loop);
    if (stream->call->live->opened && !stream->over)
        post_status(stream, "stream-started", NULL);
}

static void wait_for_close(struct stream *stream, int64_t ms)
{
    if (stream->over)
        return;
    stream->until_ms = cm_mono_ms() + ms;
    cm_timer_arm(stream->tick, TICK_MS);
    cm_loop_run(stream->loop);
}

static void close_politely(struct stream *stream)
{
    if (!stream->ws)
        return;
    cm_ws_close(stream->ws, CM_WS_NORMAL, "");
    wait_for_close(stream, GOODBYE_MS);
}

void stream_hang_up(struct stream *stream)
{
    enum hang_up way = stream->world->options->hang_up;

    if (stream->over || !stream->call->live->opened)
        return;
    if (is_asked_to_end(stream))
        way = HANG_UP_STOP;
    switch (way) {
    case HANG_UP_STOP:
        say_stop(stream);
        close_politely(stream);
        post_status(stream, "stream-stopped", NULL);
        break;
    case HANG_UP_CLOSE:
        close_politely(stream);
        break;
    case HANG_UP_RESET:
        cm_ws_abort(stream->ws);
        wait_for_close(stream, GOODBYE_MS);
        break;
    case HANG_UP_ERROR:
        post_status(stream, "stream-error", "31924: protocol error");
        wait_for_close(stream, LEFT_TO_SERVICE_MS);
        break;
    case HANG_UP_SILENT:
    case HANG_UP_STATUS: /* which was posted already */
        wait_for_close(stream, LEFT_TO_SERVICE_MS);
        break;
    }
}

void stream_free(struct stream *stream)
{
    if (!stream)
        return;
    cm_timer_free(stream->tick);
    cm_ws_dialer_free(stream->dialer);
    cm_loop_free(stream->loop);
    player_free(stream->player);
    free(stream);
}
