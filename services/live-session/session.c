#include "session_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base64.h"
#include "named_numbers.h"

enum { WHY_MAX = 160 };

const char *session_end_text(enum session_end end)
{
    static const char *const texts[] = {
        [END_STOPPED] = "stopped",
        [END_CLOSED] = "closed",
        [END_SILENT] = "silent",
        [END_STREAM_ERROR] = "stream-error",
        [END_CALL_ENDED] = "call-ended",
        [END_HUNG_UP] = "hung-up",
        [END_FORWARDED] = "forwarded",
        [END_MODEL_LOST] = "model-lost",
        [END_TIME_LIMIT] = "time-limit",
        [END_SHUTDOWN] = "shutdown",
        [END_LOST] = "lost",
        [END_REFUSED] = "refused",
    };

    return texts[end];
}

struct session *session_new(const struct session_options *options,
                            const struct session_ports *ports, void *ctx, int64_t now_ms)
{
    struct session *s = cm_must(calloc(1, sizeof *s));

    s->options = options;
    s->ports = ports;
    s->ctx = ctx;
    s->now_ms = s->new_ms = s->heard_ms = now_ms;
    return s;
}

static void assistant_free(struct assistant *a)
{
    if (!a)
        return;

    resample_free(a->resample);
    cm_buf_finish(&a->waiting.mulaw);
    cm_buf_finish(&a->instructions);
    cm_buf_finish(&a->voice);
    cm_buf_finish(&a->greeting);
    cm_buf_finish(&a->numbers);
    acts_forget(a);
    turns_finish(&a->turns);
    free(a);
}

void session_free(struct session *s)
{
    if (!s)
        return;

    assistant_free(s->assistant);
    free(s->why);
    free(s);
}

struct cm_str session_stream_sid(const struct session *s)
{
    return cm_str_of(s->stream_sid);
}

bool session_has_ended(const struct session *s)
{
    return s->stage == STAGE_ENDED;
}

const char *session_why(const struct session *s)
{
    return s->why ? s->why : "";
}

void session_end(struct session *s, enum session_end end, int64_t now_ms)
{
    if (s->stage == STAGE_ENDED)
        return;

    s->now_ms = now_ms;
    if (s->assistant)
        talk_end(s);
    s->stage = STAGE_ENDED;
    s->ports->ended(s->ctx, end);
}

/* NOLINTBEGIN(clang-analyzer-valist.Uninitialized): it does not follow a va_list. */
void session_end_because(struct session *s, enum session_end end, const char *format, ...)
{
    char why[WHY_MAX];
    va_list args;

    if (s->stage == STAGE_ENDED)
        return;

    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    s->why = cm_must(strdup(why));
    session_end(s, end, s->now_ms);
}
/* NOLINTEND(clang-analyzer-valist.Uninitialized) */

static void refuse(struct session *s, const char *why)
{
    COUNT(s, bad_messages);
    session_end_because(s, END_REFUSED, "%s", why);
}

static void take_start(struct session *s, const struct stream_message *message)
{
    CM_OWN_BUF struct cm_buf room = { 0 };
    struct session_start start;
    const char *why;

    if (s->stage != STAGE_NEW) {
        refuse(s, "the stream started twice");
        return;
    }
    if (!stream_read_start(message, &room, &start, &why)) {
        refuse(s, why);
        return;
    }

    snprintf(s->stream_sid, sizeof s->stream_sid, "%.*s", CM_STR_FMT(start.stream_sid));
    s->stage = STAGE_ASKED;
    s->ports->started(s->ctx, &start);
}

static void hear(struct session *s, const struct stream_message *media)
{
    CM_OWN_BUF struct cm_buf plain = { 0 };
    CM_OWN_BUF struct cm_buf sound = { 0 };
    bool caller = media->outbound != s->caller_is_inbound;

    if (!base64_decode(base64_plain(media->payload, &plain), &sound))
        refuse(s, "a media message's payload is no base64");
    else if (sound.len)
        s->ports->heard(s->ctx, caller ? ROLE_CALLER : ROLE_AGENT, media->timestamp_ms,
                        (const uint8_t *)sound.at, sound.len);
}

static void take_media(struct session *s, const struct stream_message *media)
{
    COUNT(s, media_in);
    if (media->timestamp_ms > s->clock_ms)
        s->clock_ms = media->timestamp_ms;
    if (s->stage != STAGE_LIVE)
        COUNT(s, media_dropped);
    else if (s->kind == SESSION_CAPTIONS)
        hear(s, media);
    else if (!media->outbound)
        caller_says(s, media);
}

void session_stream_text(struct session *s, struct cm_str text, int64_t now_ms)
{
    struct stream_message message;
    const char *why;

    if (s->stage == STAGE_ENDED)
        return;

    s->now_ms = s->heard_ms = now_ms;
    if (!stream_read(text, &message, &why)) {
        refuse(s, why);
        return;
    }
    if (message.event == STREAM_OTHER || message.event == STREAM_CONNECTED)
        return;
    if (message.event == STREAM_START) {
        take_start(s, &message);
        return;
    }
    if (s->stage == STAGE_NEW) {
        refuse(s, "a message came before the stream's start");
        return;
    }
    if (!cm_str_eq(message.stream_sid, session_stream_sid(s))) {
        refuse(s, "a message is of another stream");
        return;
    }

    if (message.event == STREAM_MEDIA) {
        take_media(s, &message);
    } else if (message.event == STREAM_MARK && s->assistant) {
        playback_mark_back(&s->assistant->playback, message.mark);
        talk_settle(s);
    } else if (message.event == STREAM_STOP) {
        session_end_because(s, END_STOPPED, "Twilio stopped the stream");
    }
}

static struct assistant *assistant_new(struct session *s, const struct session_plan *plan)
{
    struct assistant *a = cm_must(calloc(1, sizeof *a));

    cm_buf_str(&a->instructions, plan->instructions);
    named_numbers_keep(plan->instructions, &a->numbers);
    cm_buf_str(&a->voice, plan->voice);
    if (!plan->voice.len)
        cm_buf_text(&a->voice, s->options->voice ? s->options->voice : "");
    if (plan->greeting.len)
        cm_buf_str(&a->greeting, plan->greeting);
    a->speaks_first = plan->speaks_first;
    a->model_until_ms = s->now_ms + s->options->model_ms;
    if (s->options->limit_ms > 0)
        a->limit_at_ms = s->now_ms + s->options->limit_ms;
    a->playback.clock_ms = s->clock_ms;
    if (s->options->pcm_rate)
        a->resample = resample_new(s->options->pcm_rate);
    return a;
}

void session_admit(struct session *s, const struct session_plan *plan, int64_t now_ms)
{
    if (s->stage != STAGE_ASKED)
        return;

    s->now_ms = now_ms;
    s->stage = STAGE_LIVE;
    s->kind = plan->kind;
    s->caller_is_inbound = plan->caller_is_inbound;
    if (plan->kind == SESSION_ASSISTANT)
        s->assistant = assistant_new(s, plan);
}

void session_tick(struct session *s, int64_t now_ms)
{
    if (s->stage == STAGE_ENDED)
        return;

    s->now_ms = now_ms;
    if (s->stage == STAGE_NEW && now_ms - s->new_ms >= s->options->start_ms)
        session_end_because(s, END_SILENT, "no start message within %d ms", s->options->start_ms);
    else if (s->stage != STAGE_NEW && now_ms - s->heard_ms >= s->options->silence_ms)
        session_end_because(s, END_SILENT, "no message for %d ms", s->options->silence_ms);
    else if (s->assistant)
        model_tick(s);
}
