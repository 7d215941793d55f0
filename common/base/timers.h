/* timers.h - the timers of one loop, in the order in which they are due. Inside base. Thread: the
 * loop's. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

struct timers {             /* all zero: none */
    struct cm_timer **heap; /* a binary heap, the next timer first */
    size_t armed, room;
    uint64_t next_order;
};

struct timers *loop_timers(struct cm_loop *loop);

/** How long the loop may sleep until the next one, as epoll_wait() has it: -1: for ever. */
int timers_wait_ms(const struct timers *timers);
/** Fires what is due; a timer that is armed meanwhile has its turn in the next round at the
 *  earliest. */
void timers_run(struct timers *timers);
/** Timers that outlive their loop are disarmed. */
void timers_finish(struct timers *timers);
