/* session_talk.c - the model's sound, what the caller heard of it, and what was said. */
#include <stdlib.h>

#include "base64.h"
#include "mulaw.h"
#include "session_inside.h"

/* One message's sound to Twilio: no more than lies between two marks, and whole in base64. */
enum { PIECE_BASE64 = PLAYBACK_MARK_MS * MULAW_BYTES_A_MS / 3 * 4 };

int64_t talk_stream_ms(const struct session *s, int64_t input_ms)
{
    int64_t at = input_ms < 0 ? s->clock_ms : input_ms + s->assistant->offset_ms;

    return at < 0 ? 0 : at > s->clock_ms ? s->clock_ms : at;
}

static bool to_stream(struct session *s, enum session_send what, const struct cm_str parts[],
                      size_t count)
{
    return s->stage == STAGE_LIVE && s->ports->to_stream(s->ctx, what, parts, count);
}

static void tell_turns(struct session *s)
{
    struct session_turn turn;

    while (s->stage == STAGE_LIVE && turns_next(&s->assistant->turns, s->now_ms, &turn))
        s->ports->turn(s->ctx, &turn);
}

static void clear(struct session *s)
{
    struct cm_str parts[STREAM_PARTS];

    s->assistant->clear_owed =
        !to_stream(s, SEND_CONTROL, parts, stream_write_clear(session_stream_sid(s), parts));
}

void talk_settle(struct session *s)
{
    struct assistant *a = s->assistant;
    struct playback_heard heard;

    if (a->clear_owed)
        clear(s);
    while (playback_next(&a->playback, &heard))
        turns_agent_heard(&a->turns, &heard);
    if (a->turns.count)
        tell_turns(s);
    acts_settle(s);
}

static void mark(struct session *s, size_t ahead)
{
    struct playback *playback = &s->assistant->playback;
    struct cm_str parts[STREAM_PARTS];
    char name[PLAYBACK_NAME];

    if (playback_mark_due(playback, ahead, name) &&
        to_stream(s, SEND_CONTROL, parts,
                  stream_write_mark(session_stream_sid(s), cm_str_of(name), parts)))
        playback_marked(playback);
}

void talk_mark(struct session *s)
{
    mark(s, PLAYBACK_END);
}

static void say(struct session *s, struct cm_str item, struct cm_str base64)
{
    struct playback *playback = &s->assistant->playback;

    while (base64.len) {
        size_t len = base64.len < PIECE_BASE64 ? base64.len : PIECE_BASE64;
        struct cm_str piece = { base64.at, len }, parts[STREAM_PARTS];

        mark(s, base64_bytes(piece));
        if (!to_stream(s, SEND_SOUND, parts,
                       stream_write_media(session_stream_sid(s), piece, parts))) {
            COUNT(s, media_dropped);
        } else {
            COUNT(s, media_out);
            playback_sent(playback, item, base64_bytes(piece));
            mark(s, 0);
        }
        base64 = (struct cm_str){ base64.at + len, base64.len - len };
    }
}

bool talk_is_dropped(const struct session *s, struct cm_str response_id)
{
    const struct assistant *a = s->assistant;
    uint64_t hash;

    if (!a->next_dropped || !response_id.len) /* nobody has interrupted yet */
        return false;

    hash = ident_hash(response_id);
    for (size_t i = 0; i < DROPPED_MAX; i++)
        if (a->dropped[i] == hash)
            return true;
    return false;
}

/* mu-law of what the model says, as plain base64; false: it can't be read. */
static bool mulaw_of(struct assistant *a, struct cm_str raw, bool fresh, struct cm_buf *room,
                     struct cm_str *out)
{
    CM_OWN_BUF struct cm_buf plain = { 0 };

    if (!a->resample) {
        *out = base64_plain(raw, room);
        return base64_bytes(*out) > 0;
    }

    if (fresh)
        resample_restart(a->resample);
    if (!resample_to_stream(a->resample, base64_plain(raw, &plain), room))
        return false;

    *out = cm_buf_view(room);
    return true;
}

static bool is_fresh(const struct playback *playback, struct cm_str item)
{
    return !playback->item_count || !ident_is(&playback->items[playback->item_count - 1].id, item);
}

void talk_from_model(struct session *s, const struct realtime_message *message)
{
    struct assistant *a = s->assistant;
    CM_OWN_BUF struct cm_buf room = { 0 };
    bool fresh = is_fresh(&a->playback, message->item_id);
    struct cm_str base64;

    if (a->clear_owed)
        clear(s);
    if (a->clear_owed) { /* it would be cleared as well, and count as heard */
        COUNT(s, media_dropped);
        return;
    }
    if (!mulaw_of(a, message->text, fresh, &room, &base64)) {
        COUNT(s, bad_messages);
        return;
    }
    if (fresh)
        mark(s, PLAYBACK_END);
    say(s, message->item_id, base64);
    talk_settle(s);
}

static void drop_response(struct session *s)
{
    struct assistant *a = s->assistant;
    CM_OWN_BUF struct cm_buf cancel = { 0 };

    if (!a->open)
        return;

    if (a->response.len && !talk_is_dropped(s, ident_str(&a->response)))
        a->dropped[a->next_dropped++ % DROPPED_MAX] = ident_hash(ident_str(&a->response));
    if (a->cancels_itself)
        return;

    realtime_write_cancel(ident_str(&a->response), &cancel);
    model_try(s, &cancel);
}

static void truncate_item(struct session *s, const struct playback_heard *heard)
{
    CM_OWN_BUF struct cm_buf truncate = { 0 };

    if (!heard->cut || !heard->id.len)
        return;

    realtime_write_truncate(ident_str(&heard->id), heard->played / MULAW_BYTES_A_MS, &truncate);
    model_try(s, &truncate);
}

void talk_barge_in(struct session *s, const struct realtime_message *started)
{
    struct assistant *a = s->assistant;
    struct playback_heard heard[PLAYBACK_ITEMS];
    size_t count;

    talk_settle(s);
    a->caller_speaks = true;
    a->due &= ~(unsigned)DUE_ANSWER;
    drop_response(s);
    if (playback_is_busy(&a->playback)) {
        clear(s);
        count = playback_cut(&a->playback, heard);
        for (size_t i = 0; i < count; i++) {
            truncate_item(s, &heard[i]);
            turns_agent_heard(&a->turns, &heard[i]);
        }
        COUNT(s, interruptions);
    }
    acts_call_off(s);
    turns_caller_began(&a->turns, started->item_id, talk_stream_ms(s, started->audio_ms));
    tell_turns(s);
}

/* What was written down of an item without sound was never heard. */
static void forget_unheard(struct session *s)
{
    struct assistant *a = s->assistant;
    struct playback_heard nothing = { .cut = true };
    size_t index = 0;

    while (turns_agent_waits(&a->turns, &index, &nothing.id))
        if (!playback_generated(&a->playback, ident_str(&nothing.id))) {
            nothing.start_ms = nothing.end_ms = s->clock_ms;
            turns_agent_heard(&a->turns, &nothing);
        }
}

void talk_response_done(struct session *s)
{
    playback_whole(&s->assistant->playback, NULL);
    mark(s, PLAYBACK_END);
    forget_unheard(s);
}

void talk_end(struct session *s)
{
    struct assistant *a = s->assistant;
    struct playback_heard heard[PLAYBACK_ITEMS];
    size_t count;

    caller_flush(s);
    while (playback_next(&a->playback, &heard[0]))
        turns_agent_heard(&a->turns, &heard[0]);
    count = playback_cut(&a->playback, heard);
    for (size_t i = 0; i < count; i++)
        turns_agent_heard(&a->turns, &heard[i]);
    forget_unheard(s);
    turns_end(&a->turns, s->clock_ms);
    tell_turns(s);
}
