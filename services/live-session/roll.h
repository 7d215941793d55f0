/* roll.h - what is on the line in this process: its exchanges, how many lines they have, and the
 * sessions that are this process's to end.
 *
 * Thread: any. It outlives the loops.
 */
#pragma once
#include <pthread.h>

#include "exchange.h"

enum { ROLL_LOOPS_MAX = 64 };

struct roll {
    pthread_mutex_t lock;   /* of all that follows */
    pthread_cond_t emptied; /* no line is left */
    struct exchange *exchanges[ROLL_LOOPS_MAX];
    unsigned lines;
    struct cm_uuid *held; /* sessions whose rows are there, and not ended yet */
    size_t held_count, held_room;
};

void roll_open(struct roll *roll);
void roll_close(struct roll *roll);

/** The exchange of loop `index`; NULL: it is gone. */
void roll_set(struct roll *roll, unsigned index, struct exchange *exchange);
struct exchange *roll_find(struct roll *roll, const struct cm_loop *loop);

void roll_line_came(struct roll *roll);
void roll_line_left(struct roll *roll);
/** How many are left, after that time at most. */
unsigned roll_wait(struct roll *roll, int64_t grace_ms);

void roll_hold(struct roll *roll, struct cm_uuid session_id);
void roll_let_go(struct roll *roll, struct cm_uuid session_id);
/** Those that are held, copied into `arena`. */
struct cm_uuid *roll_held(struct roll *roll, struct cm_arena *arena, size_t *count);

/** Ends that session, wherever its line is; NULL: all of them. */
void roll_end(struct roll *roll, const struct cm_uuid *session_id, enum session_end end);
