#include "turns.h"

#include <stdlib.h>

#include "base/arena.h"
#include "json_walk.h"

enum { AHEAD = 2 }; /* places kept free, for what one message may begin */

static void drop(struct turns *t, size_t index)
{
    cm_buf_finish(&t->list[index]->text);
    free(t->list[index]);
    memmove(&t->list[index], &t->list[index + 1], (--t->count - index) * sizeof(struct turn *));
}

void turns_finish(struct turns *t)
{
    while (t->count)
        drop(t, t->count - 1);
    cm_buf_finish(&t->lent);
    cm_buf_finish(&t->last_said);
}

/* The last part of what this side said in this item; one without an id is over once it is ready. */
static struct turn *find(struct turns *t, enum session_role role, struct cm_str item)
{
    for (size_t i = t->count; i-- > 0;)
        if (t->list[i]->role == role && ident_is(&t->list[i]->item, item) &&
            (item.len || !t->list[i]->ready))
            return t->list[i];
    return NULL;
}

static size_t place_of(const struct turns *t, const struct turn *turn)
{
    size_t index = 0;

    while (t->list[index] != turn)
        index++;
    return index;
}

static bool was_told(const struct turns *t, struct cm_str item)
{
    uint64_t hash = ident_hash(item);

    for (size_t i = 0; i < TURNS_TOLD; i++)
        if (t->told[i] == hash)
            return true;
    return false;
}

/* NULL: too much waits; then it is not told at all. */
static struct turn *insert(struct turns *t, size_t index, const struct turn *turn)
{
    struct turn *kept;

    if (t->count == TURNS_MAX)
        return NULL;

    kept = cm_must(malloc(sizeof *kept));
    *kept = *turn;
    memmove(&t->list[index + 1], &t->list[index], (t->count++ - index) * sizeof(struct turn *));
    t->list[index] = kept;
    return kept;
}

static struct turn *begin(struct turns *t, enum session_role role, struct cm_str item,
                          int64_t at_ms)
{
    struct turn turn = { .role = role, .start_ms = at_ms, .end_ms = at_ms, .until = -1 };

    ident_set(&turn.item, item);
    return insert(t, t->count, &turn);
}

void turns_caller_began(struct turns *t, struct cm_str item, int64_t start_ms)
{
    if (!find(t, ROLE_CALLER, item) && !was_told(t, item))
        begin(t, ROLE_CALLER, item, start_ms);
}

static void stop(struct turn *turn, int64_t end_ms, int64_t now_ms)
{
    turn->end_ms = end_ms > turn->start_ms ? end_ms : turn->start_ms;
    turn->waits = true;
    turn->late_ms = now_ms + TURNS_WAIT_MS;
}

void turns_caller_stopped(struct turns *t, struct cm_str item, int64_t end_ms, int64_t now_ms)
{
    struct turn *turn = find(t, ROLE_CALLER, item);

    if (turn && !turn->waits)
        stop(turn, end_ms, now_ms);
}

void turns_caller_answered(struct turns *t, int64_t clock_ms, int64_t now_ms)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->list[i]->role == ROLE_CALLER && !t->list[i]->waits)
            stop(t->list[i], clock_ms, now_ms);
}

/* Puts words behind those of `turn`; what is too much becomes turns of its own, which go on where
 * it stops: of an agent's item after `generated` samples. */
static void append(struct turns *t, struct turn *turn, struct cm_str text, int64_t generated)
{
    for (;;) {
        size_t room = TURNS_TEXT_MAX - turn->text.len, fits = text.len < room ? text.len : room;
        struct turn more = *turn;

        if (fits < text.len)
            while (fits && ((unsigned char)text.at[fits] & 0xC0) == 0x80)
                fits--;
        cm_buf_put(&turn->text, text.at, fits);
        text = (struct cm_str){ text.at + fits, text.len - fits };
        if (!text.len)
            return;

        more.text = (struct cm_buf){ 0 };
        more.start_ms = turn->end_ms;
        more.from = turn->until = generated;
        turn = insert(t, place_of(t, turn) + 1, &more);
        if (!turn)
            return;
    }
}

static void append_raw(struct turns *t, struct turn *turn, struct cm_str raw, int64_t generated)
{
    CM_OWN_BUF struct cm_buf text = { 0 };

    json_unescape(raw, SIZE_MAX, &text);
    append(t, turn, cm_buf_view(&text), generated);
}

static void remember_said(struct turns *t, const struct turn *turn)
{
    cm_buf_clear(&t->last_said);
    cm_buf_str(&t->last_said, cm_str_trim(cm_buf_view(&turn->text)));
}

/* The first of an item's parts, without the others, which `last` is the last of. */
static struct turn *only_part(struct turns *t, struct turn *last)
{
    size_t at = place_of(t, last), first = at;

    while (last->item.len && first > 0 && t->list[first - 1]->role == last->role &&
           ident_is(&t->list[first - 1]->item, ident_str(&last->item)))
        first--;
    for (; at > first; at--)
        drop(t, at);
    return t->list[first];
}

void turns_caller_text(struct turns *t, struct cm_str item, struct cm_str raw, bool whole,
                       int64_t clock_ms)
{
    struct turn *turn = find(t, ROLE_CALLER, item);

    if (was_told(t, item) || (turn && turn->ready))
        return;
    if (!turn)
        turn = begin(t, ROLE_CALLER, item, clock_ms);
    if (!turn)
        return;

    if (whole) {
        turn = only_part(t, turn);
        cm_buf_clear(&turn->text);
        turn->ready = true;
        if (!turn->waits && clock_ms > turn->end_ms)
            turn->end_ms = clock_ms;
    }
    append_raw(t, turn, raw, -1);
    if (whole)
        remember_said(t, turn);
}

void turns_caller_failed(struct turns *t, struct cm_str item)
{
    struct turn *turn = find(t, ROLE_CALLER, item);

    if (turn && !turn->ready)
        drop(t, place_of(t, turn));
}

void turns_agent_text(struct turns *t, struct cm_str item, struct cm_str raw, bool whole,
                      int64_t generated)
{
    struct turn *turn = find(t, ROLE_AGENT, item);

    if (turn && (turn->ready || (whole && turn->text.len)))
        return;
    if (!turn && !was_told(t, item))
        turn = begin(t, ROLE_AGENT, item, 0);
    if (turn)
        append_raw(t, turn, raw, generated);
}

/* How many bytes of words belong to `heard` of `all` samples, at the end of a word. */
static size_t words_heard(struct cm_str text, int64_t heard, int64_t all)
{
    size_t cut, word;

    if (heard >= all && all > 0)
        return text.len;
    if (heard <= 0)
        return 0;

    cut = (size_t)((double)text.len * (double)heard / (double)all);
    if (cut >= text.len)
        return text.len;
    while (cut && ((unsigned char)text.at[cut] & 0xC0) == 0x80)
        cut--;
    for (word = cut; word && text.at[word] != ' '; word--)
        if (cut - word > 64) /* a script without spaces */
            return cut;
    return word;
}

static void hear(struct turn *turn, const struct playback_heard *heard)
{
    int64_t until = turn->until >= 0 ? turn->until : heard->generated, from = turn->from,
            all = until - from, played = heard->played - from;

    played = played < 0 ? 0 : played > all ? all : played;
    turn->start_ms = heard->start_ms + from / 8;
    turn->end_ms = turn->until >= 0 ? heard->start_ms + until / 8 : heard->end_ms;
    if (turn->end_ms > heard->end_ms)
        turn->end_ms = heard->end_ms;
    if (turn->start_ms > turn->end_ms)
        turn->start_ms = turn->end_ms;
    turn->interrupted = heard->cut && (played < all || turn->until < 0);
    turn->text.len = words_heard(cm_buf_view(&turn->text), played, all);
    turn->ready = true;
}

void turns_agent_heard(struct turns *t, const struct playback_heard *heard)
{
    struct cm_str item = ident_str(&heard->id);

    for (size_t i = 0; i < t->count; i++)
        if (t->list[i]->role == ROLE_AGENT && ident_is(&t->list[i]->item, item) &&
            !t->list[i]->ready)
            hear(t->list[i], heard);
    if (item.len && !was_told(t, item))
        t->told[t->next_told++ % TURNS_TOLD] = ident_hash(item);
}

bool turns_agent_waits(const struct turns *t, size_t *index, struct ident *item)
{
    for (; *index < t->count; ++*index)
        if (t->list[*index]->role == ROLE_AGENT && !t->list[*index]->ready) {
            *item = t->list[(*index)++]->item;
            return true;
        }
    return false;
}

void turns_end(struct turns *t, int64_t clock_ms)
{
    for (size_t i = 0; i < t->count; i++) {
        struct turn *turn = t->list[i];

        if (!turn->ready && turn->role == ROLE_CALLER && !turn->waits && clock_ms > turn->end_ms)
            turn->end_ms = clock_ms;
        turn->ready = true;
    }
}

static void take(struct turns *t, size_t index, struct session_turn *out)
{
    struct turn *turn = t->list[index];
    struct cm_str item = ident_str(&turn->item);

    cm_buf_finish(&t->lent);
    t->lent = turn->text;
    turn->text = (struct cm_buf){ 0 };
    *out = (struct session_turn){ turn->role, turn->start_ms, turn->end_ms,
                                  cm_str_trim(cm_buf_view(&t->lent)), turn->interrupted };
    if (turn->role == ROLE_CALLER && item.len && !was_told(t, item))
        t->told[t->next_told++ % TURNS_TOLD] = ident_hash(item);
    drop(t, index);
}

bool turns_next(struct turns *t, int64_t now_ms, struct session_turn *out)
{
    for (size_t i = 0; i < t->count;) {
        struct turn *turn = t->list[i];
        bool forced = i == 0 && t->count > TURNS_MAX - AHEAD;

        if (turn->ready || forced) {
            take(t, i, out);
            if (out->text.len)
                return true;
        } else if (turn->waits && now_ms >= turn->late_ms) {
            i++;
        } else {
            return false;
        }
    }
    return false;
}

struct cm_str turns_last_said(const struct turns *t)
{
    for (size_t i = t->count; i-- > 0;)
        if (t->list[i]->role == ROLE_CALLER)
            return t->list[i]->ready ? cm_str_trim(cm_buf_view(&t->list[i]->text))
                                     : (struct cm_str){ 0 };
    return cm_buf_view(&t->last_said);
}
