/* session_caller.c - the caller's sound on its way to the model: as it comes, or joined.
 *
 * With append_ms several messages of the caller's become one append, which saves system calls here
 * and work at the model. What waits for the rest of its append is mu-law, less than append_ms of
 * it; it becomes base64, or PCM, when it goes. It goes when it is long enough, when a tick finds
 * that it has waited so long (the caller's sound has a gap), and before the session ends. What the
 * model can't take is lost as a whole, and counted as the messages that it came in.
 */
#include "base64.h"
#include "mulaw.h"
#include "session_inside.h"

enum { KEPT_BYTES = 2048 }; /* more memory than this is not kept for what waits next */

static bool append(struct session *s, struct cm_str base64)
{
    struct cm_str parts[REALTIME_PARTS];

    return s->ports->to_model(s->ctx, SEND_SOUND, parts, realtime_write_append(base64, parts));
}

/* The model has got so much; what it says of its input's time is then `offset_ms` earlier than the
 * stream's. */
static void note_input(struct assistant *a, size_t samples, int64_t offset_ms)
{
    a->offset_ms = offset_ms;
    a->input_samples += (int64_t)samples;
}

static void forget(struct waiting *waiting)
{
    waiting->messages = 0;
    if (waiting->mulaw.room > KEPT_BYTES)
        cm_buf_finish(&waiting->mulaw);
    else
        cm_buf_clear(&waiting->mulaw);
}

void caller_flush(struct session *s)
{
    struct assistant *a = s->assistant;
    struct waiting *waiting = &a->waiting;
    const struct cm_buf *mulaw = &waiting->mulaw;
    CM_OWN_BUF struct cm_buf base64 = { 0 };

    if (!waiting->messages)
        return;

    if (a->resample)
        resample_to_model(a->resample, (const uint8_t *)mulaw->at, mulaw->len, &base64);
    else
        base64_encode(mulaw->at, mulaw->len, &base64);
    if (append(s, cm_buf_view(&base64)))
        note_input(a, mulaw->len, waiting->offset_ms);
    else
        COUNT_MANY(s, media_dropped, waiting->messages);
    forget(waiting);
}

/* false: the message is lost. */
static bool take(struct session *s, struct cm_str base64, int64_t at_ms)
{
    struct assistant *a = s->assistant;
    struct waiting *waiting = &a->waiting;
    size_t enough = (size_t)s->options->append_ms * MULAW_BYTES_A_MS;
    size_t samples = base64_bytes(base64);
    int64_t offset_ms;

    if (!samples || a->model != MODEL_READY)
        return false;

    if (!a->resample && samples >= enough) { /* untouched */
        caller_flush(s);
        offset_ms = at_ms - a->input_samples / MULAW_BYTES_A_MS;
        if (!append(s, base64))
            return false;
        note_input(a, samples, offset_ms);
        return true;
    }

    offset_ms = at_ms - (a->input_samples + (int64_t)waiting->mulaw.len) / MULAW_BYTES_A_MS;
    if (!base64_decode(base64, &waiting->mulaw))
        return false;
    if (!waiting->messages++)
        waiting->since_ms = s->now_ms;
    waiting->offset_ms = offset_ms;
    if (waiting->mulaw.len >= enough)
        caller_flush(s);
    return true;
}

void caller_says(struct session *s, const struct stream_message *media)
{
    CM_OWN_BUF struct cm_buf room = { 0 };

    playback_clock(&s->assistant->playback, s->clock_ms);
    if (!take(s, base64_plain(media->payload, &room), media->timestamp_ms))
        COUNT(s, media_dropped);
    talk_settle(s);
}

void caller_tick(struct session *s)
{
    if (s->now_ms - s->assistant->waiting.since_ms >= s->options->append_ms)
        caller_flush(s);
}
