#include "base/timers.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"

enum { NOT_ARMED = -1 };

struct cm_timer {
    struct timers *timers;
    void (*fn)(void *ctx);
    void *ctx;
    int64_t due_ms;
    uint64_t order; /* of arming: among timers due together the first armed fires first */
    ptrdiff_t slot; /* in the heap, or NOT_ARMED */
};

static bool before(const struct cm_timer *a, const struct cm_timer *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void place(struct timers *timers, struct cm_timer *timer, size_t slot)
{
    timers->heap[slot] = timer;
    timer->slot = (ptrdiff_t)slot;
}

static void sift_up(struct timers *timers, struct cm_timer *timer, size_t slot)
{
    while (slot > 0 && before(timer, timers->heap[(slot - 1) / 2])) {
        place(timers, timers->heap[(slot - 1) / 2], slot);
        slot = (slot - 1) / 2;
    }
    place(timers, timer, slot);
}

static void sift_down(struct timers *timers, struct cm_timer *timer, size_t slot)
{
    for (size_t child; (child = 2 * slot + 1) < timers->armed; slot = child) {
        if (child + 1 < timers->armed && before(timers->heap[child + 1], timers->heap[child]))
            child++;
        if (!before(timers->heap[child], timer))
            break;
        place(timers, timers->heap[child], slot);
    }
    place(timers, timer, slot);
}

struct cm_timer *cm_timer_new(struct cm_loop *loop, void (*fn)(void *ctx), void *ctx)
{
    struct cm_timer *timer = cm_must(malloc(sizeof *timer));

    *timer =
        (struct cm_timer){ .timers = loop_timers(loop), .fn = fn, .ctx = ctx, .slot = NOT_ARMED };
    return timer;
}

void cm_timer_disarm(struct cm_timer *timer)
{
    struct timers *timers = timer->timers;
    struct cm_timer *last;
    size_t slot = (size_t)timer->slot;

    if (timer->slot == NOT_ARMED)
        return;

    timer->slot = NOT_ARMED;
    last = timers->heap[--timers->armed];
    if (last == timer)
        return;
    if (before(last, timer))
        sift_up(timers, last, slot);
    else
        sift_down(timers, last, slot);
}

void cm_timer_arm(struct cm_timer *timer, int64_t delay_ms)
{
    struct timers *timers = timer->timers;

    cm_timer_disarm(timer);
    if (timers->armed == timers->room) {
        size_t room = timers->room ? timers->room * 2 : 16;

        timers->heap = cm_must(reallocarray(timers->heap, room, sizeof(struct cm_timer *)));
        timers->room = room;
    }
    timer->due_ms = cm_mono_ms() + (delay_ms > 0 ? delay_ms : 0);
    timer->order = timers->next_order++;
    sift_up(timers, timer, timers->armed++);
}

void cm_timer_free(struct cm_timer *timer)
{
    if (!timer)
        return;

    cm_timer_disarm(timer);
    free(timer);
}

int timers_wait_ms(const struct timers *timers)
{
    int64_t left_ms;

    if (!timers->armed)
        return -1;
    left_ms = timers->heap[0]->due_ms - cm_mono_ms();
    return left_ms <= 0 ? 0 : left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

void timers_run(struct timers *timers)
{
    uint64_t end = timers->next_order;
    int64_t now_ms = timers->armed ? cm_mono_ms() : 0;

    while (timers->armed && timers->heap[0]->due_ms <= now_ms && timers->heap[0]->order < end) {
        struct cm_timer *timer = timers->heap[0];

        cm_timer_disarm(timer);
        timer->fn(timer->ctx);
    }
}

void timers_finish(struct timers *timers)
{
    for (size_t i = 0; i < timers->armed; i++)
        timers->heap[i]->slot = NOT_ARMED;
    free(timers->heap);
}
