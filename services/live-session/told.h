/* told.h - what others are told of a live session: its events, and its span.
 *
 * The span is part of the call's trace (base/trace.h), from the session's beginning to its end. Its
 * id is made of the session's, so that turns, the end, and what is done meanwhile hang on it before
 * it is recorded, and so that another process can record it of one that is lost. Thread: any.
 */
#pragma once
#include "base/trace.h"
#include "store.h"

struct cm_trace told_trace(struct cm_uuid call_id, struct cm_uuid session_id);

/* Texts are lent by what is given, or live in the arena. */
struct cm_event told_turn(struct cm_arena *arena, const struct live_turn_row *turn,
                          const struct cm_event_head *call);
struct cm_event told_end(struct cm_arena *arena, const struct live_ended_row *end);

/** Their spans; once, when their ends are committed. */
void told_spans(const struct live_ended_row ends[], size_t count);
