#include "turns.h"

#include <stdlib.h>

#include "base/buf.h"

/* Who began first; of two at once, the lower channel. */
static int in_order(const void *a, const void *b)
{
    const struct cm_segment *x = a, *y = b;

    if (x->start_ms != y->start_ms)
        return x->start_ms < y->start_ms ? -1 : 1;
    if (x->channel != y->channel)
        return x->channel < y->channel ? -1 : 1;
    return x->end_ms < y->end_ms ? -1 : x->end_ms > y->end_ms;
}

static struct cm_str text_of(const struct turns *turns, struct cm_arena *arena)
{
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct cm_str speaker = { 0 };

    for (size_t i = 0; i < turns->count; i++) {
        const struct cm_segment *segment = &turns->segments[i];
        bool goes_on = i > 0 && cm_str_eq(segment->role, speaker);

        if (i > 0)
            cm_buf_char(&text, goes_on ? ' ' : '\n');
        if (!goes_on)
            cm_buf_text(&text, cm_str_is(segment->role, "caller") ? "Caller: " : "Agent: ");
        cm_buf_str(&text, segment->text);
        speaker = segment->role;
    }
    /* Not NULL when empty: an empty transcript is one. */
    return text.len ? cm_arena_str(arena, cm_buf_view(&text)) : CM_STR("");
}

struct turns turns_of(const struct hearing *hearing, int64_t caller_channel, int64_t now_us,
                      struct cm_arena *arena)
{
    struct turns turns = { 0 };
    size_t total = 0;

    for (int c = 0; c < hearing->mp3.channels; c++)
        total += hearing->channels[c].count;
    turns.segments = CM_NEW_N(arena, struct cm_segment, total);
    for (int c = 0; c < hearing->mp3.channels; c++) {
        bool is_caller = hearing->mp3.channels == 1 || c == caller_channel;

        for (size_t i = 0; i < hearing->channels[c].count; i++) {
            const struct cm_utterance *said = &hearing->channels[c].utterances[i];

            turns.segments[turns.count++] = (struct cm_segment){
                .channel = c,
                .role = is_caller ? CM_STR("caller") : CM_STR("agent"),
                .start_ms = said->start_ms,
                .end_ms = said->end_ms,
                .text = said->text,
            };
        }
    }
    qsort(turns.segments, turns.count, sizeof *turns.segments, in_order);
    for (size_t i = 0; i < turns.count; i++)
        turns.segments[i].id = cm_uuid_v7(now_us);
    turns.text = text_of(&turns, arena);
    return turns;
}
