/* turns.h - puts together what was said, from what the model writes down of both sides.
 *
 * The caller's words come from the model's transcriber, once for each item, maybe after the answer
 * to them; the agent's come with its sound, faster than it is heard. So turns wait in the order in
 * which they began: the caller's for its words, at most TURNS_WAIT_MS, the agent's until it was
 * played or cut. One that is late is told late and holds nobody up. Nothing is told twice, and
 * nothing that has no words.
 *
 * Of a turn that was cut, the words are kept that fit the share of its sound that was heard.
 * Thread: one at a time.
 */
#pragma once
#include "base/buf.h"
#include "ident.h"
#include "playback.h"
#include "session.h"

enum {
    TURNS_MAX = 8,
    TURNS_TEXT_MAX = 16 * 1024, /* more words than this are another turn */
    TURNS_WAIT_MS = 5000,
    TURNS_TOLD = 16, /* so many of the caller's items are remembered as told */
};

struct turn {
    struct ident item;
    enum session_role role;
    bool ready, interrupted;
    bool waits;               /* the caller's: `late_ms` counts */
    int64_t late_ms;          /* now_ms from which it holds up nobody */
    int64_t start_ms, end_ms; /* of the stream */
    int64_t from, until;      /* agent: the part of its item's samples; until -1: its end */
    struct cm_buf text;
};

struct turns { /* zeroed: nothing was said */
    size_t count;
    struct turn *list[TURNS_MAX];
    struct cm_buf lent;      /* words of the turn that was told last */
    struct cm_buf last_said; /* words of the caller's last turn */
    uint64_t told[TURNS_TOLD];
    unsigned next_told;
};

void turns_finish(struct turns *turns);

void turns_caller_began(struct turns *turns, struct cm_str item, int64_t start_ms);
void turns_caller_stopped(struct turns *turns, struct cm_str item, int64_t end_ms, int64_t now_ms);
/** The model answers: whoever has not stopped by now has. */
void turns_caller_answered(struct turns *turns, int64_t clock_ms, int64_t now_ms);
/** `raw` is what stands in JSON; `whole`: all of it, in place of what came before. `clock_ms` is
 * the time of a turn whose beginning was not told. */
void turns_caller_text(struct turns *turns, struct cm_str item, struct cm_str raw, bool whole,
                       int64_t clock_ms);
void turns_caller_failed(struct turns *turns, struct cm_str item); /* it has no words */

/** `generated`: samples of the item so far. */
void turns_agent_text(struct turns *turns, struct cm_str item, struct cm_str raw, bool whole,
                      int64_t generated);
/** It was played to its end, or cut. An item that was never heard: `heard` has no samples. */
void turns_agent_heard(struct turns *turns, const struct playback_heard *heard);
/** Goes through the agent's items that were not heard yet; `*index` begins at 0. */
bool turns_agent_waits(const struct turns *turns, size_t *index, struct ident *item);

/** Takes the next turn to be told; its text is lent until the next call. */
bool turns_next(struct turns *turns, int64_t now_ms, struct session_turn *out);
/** No more words come: what has some is told, by turns_next. */
void turns_end(struct turns *turns, int64_t clock_ms);
/** What the caller said last; empty while that is not known. Lent until the next change. */
struct cm_str turns_last_said(const struct turns *turns);
