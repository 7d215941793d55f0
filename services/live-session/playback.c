#include "playback.h"

#include <stdio.h>

#include "mulaw.h"

/* Where playing is by the clock alone, were there always something to play. */
static int64_t by_clock(const struct playback *p)
{
    return p->anchor + (p->clock_ms - p->anchor_ms) * MULAW_BYTES_A_MS;
}

/* When playing was, or will be, at a place. */
static int64_t time_of(const struct playback *p, int64_t place)
{
    return p->anchor_ms + (place - p->anchor) / MULAW_BYTES_A_MS;
}

static int64_t last_mark(const struct playback *p)
{
    return p->marks[(p->first_mark + p->mark_count - 1) % PLAYBACK_MARKS];
}

int64_t playback_at(const struct playback *p)
{
    int64_t at = by_clock(p);

    if (p->mark_count && at > p->marks[p->first_mark])
        at = p->marks[p->first_mark];
    if (at > p->sent)
        at = p->sent;
    return at < p->passed ? p->passed : at;
}

/* Where no mark will tell, the clock does; and where one should have told long ago. */
bool playback_is_over(const struct playback *p, int64_t place)
{
    int64_t at = by_clock(p);

    if (p->passed >= place)
        return true;
    if (at < place)
        return false;
    return !p->mark_count || last_mark(p) < place ||
           at >= place + (int64_t)PLAYBACK_LOST_MS * MULAW_BYTES_A_MS;
}

int64_t playback_generated(const struct playback *p, struct cm_str item)
{
    for (size_t i = 0; i < p->item_count; i++)
        if (ident_is(&p->items[i].id, item))
            return p->items[i].end - p->items[i].begin;
    return 0;
}

bool playback_is_busy(const struct playback *p)
{
    return playback_at(p) < p->sent || (p->item_count && !p->items[p->item_count - 1].whole);
}

static void note_starts(struct playback *p)
{
    int64_t at = playback_at(p);

    for (size_t i = 0; i < p->item_count; i++) {
        struct playback_item *item = &p->items[i];

        if (item->started || item->begin > at)
            continue;
        item->started = true;
        item->start_ms = time_of(p, item->begin);
        if (item->start_ms > p->clock_ms)
            item->start_ms = p->clock_ms;
    }
}

void playback_clock(struct playback *p, int64_t clock_ms)
{
    if (clock_ms <= p->clock_ms)
        return;

    p->clock_ms = clock_ms;
    note_starts(p);
}

static struct playback_item *item_of(struct playback *p, struct cm_str id)
{
    struct playback_item *last = p->item_count ? &p->items[p->item_count - 1] : NULL;

    if (last && ident_is(&last->id, id))
        return last;
    if (last)
        last->whole = true;
    if (p->item_count == PLAYBACK_ITEMS) /* playback_next was not asked; the oldest is forgotten */
        memmove(p->items, p->items + 1, --p->item_count * sizeof p->items[0]);

    last = &p->items[p->item_count++];
    *last = (struct playback_item){ .begin = p->sent, .end = p->sent };
    ident_set(&last->id, id);
    return last;
}

void playback_sent(struct playback *p, struct cm_str item_id, size_t samples)
{
    struct playback_item *item = item_of(p, item_id);

    if (by_clock(p) >= p->sent) { /* nothing was left to play: it begins now */
        p->anchor = p->sent;
        p->anchor_ms = p->clock_ms;
        if (item->begin == p->sent || p->clock_ms - p->marked_ms >= PLAYBACK_MARK_MS)
            p->mark_first = true;
    }
    p->sent += (int64_t)samples;
    item->end = p->sent;
    note_starts(p);
}

void playback_whole(struct playback *p, const struct cm_str *id)
{
    for (size_t i = 0; i < p->item_count; i++)
        if (!id || ident_is(&p->items[i].id, *id))
            p->items[i].whole = true;
}

bool playback_mark_due(const struct playback *p, size_t ahead, char name[PLAYBACK_NAME])
{
    if (p->mark_count == PLAYBACK_MARKS || p->sent == p->marked)
        return false;
    if (!p->mark_first &&
        p->sent - p->marked + (int64_t)ahead <= (int64_t)PLAYBACK_MARK_MS * MULAW_BYTES_A_MS)
        return false;

    snprintf(name, PLAYBACK_NAME, "%u.%lld", p->clears, (long long)p->sent);
    return true;
}

void playback_marked(struct playback *p)
{
    p->marks[(p->first_mark + p->mark_count++) % PLAYBACK_MARKS] = p->sent;
    p->marked = p->sent;
    p->marked_ms = p->clock_ms;
    p->mark_first = false;
}

void playback_mark_back(struct playback *p, struct cm_str name)
{
    struct cm_str rest = name, clears;
    int64_t before, place;

    if (!cm_str_split(&rest, '.', &clears) || !cm_str_i64(clears, 0, UINT32_MAX, &before) ||
        before != p->clears || !cm_str_i64(rest, 1, p->sent, &place) || place <= p->passed)
        return;

    while (p->mark_count && p->marks[p->first_mark] <= place) {
        p->first_mark = (uint8_t)((p->first_mark + 1) % PLAYBACK_MARKS);
        p->mark_count--;
    }
    p->passed = place;
    p->anchor = place;
    p->anchor_ms = p->clock_ms;
    note_starts(p);
}

static void tell(const struct playback *p, const struct playback_item *item, int64_t at,
                 struct playback_heard *out)
{
    int64_t until = at < item->end ? at : item->end;

    *out = (struct playback_heard){
        .id = item->id,
        .start_ms = item->started ? item->start_ms : p->clock_ms,
        .end_ms = time_of(p, item->end),
        .played = until > item->begin ? until - item->begin : 0,
        .generated = item->end - item->begin,
        .cut = at < item->end || !item->whole,
    };
    if (out->end_ms > p->clock_ms || at < item->end)
        out->end_ms = p->clock_ms;
    if (out->end_ms < out->start_ms)
        out->end_ms = out->start_ms;
}

bool playback_next(struct playback *p, struct playback_heard *out)
{
    if (!p->item_count || (p->item_count < PLAYBACK_ITEMS &&
                           (!p->items[0].whole || !playback_is_over(p, p->items[0].end))))
        return false;

    tell(p, &p->items[0], p->items[0].end, out);
    out->cut = false;
    memmove(p->items, p->items + 1, --p->item_count * sizeof p->items[0]);
    return true;
}

size_t playback_cut(struct playback *p, struct playback_heard out[])
{
    int64_t at = playback_at(p), clock_ms = p->clock_ms;
    size_t count = p->item_count;
    uint32_t clears = p->clears;

    for (size_t i = 0; i < count; i++)
        tell(p, &p->items[i], at, &out[i]);
    *p = (struct playback){ .clock_ms = clock_ms, .anchor_ms = clock_ms, .clears = clears + 1 };
    return count;
}
