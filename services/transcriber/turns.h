/* turns.h - what was said on the channels of a call, as one conversation. */
#pragma once
#include "base/arena.h"
#include "event/event.h"
#include "recording.h"

struct turns {                   /* in the arena */
    struct cm_segment *segments; /* in order of start */
    size_t count;
    struct cm_str text; /* one line a turn, "Caller: ..." or "Agent: ..." */
};

/** `caller_channel` is 0 or 1; of a mono recording everything is the caller's (handler.h). Ids are
 * made from `now_us`. */
struct turns turns_of(const struct hearing *hearing, int64_t caller_channel, int64_t now_us,
                      struct cm_arena *arena);
