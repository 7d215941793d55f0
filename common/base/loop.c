/* A turn: wait, serve the descriptors that are ready, the posted calls, the timers that are due,
 * then the hooks. Timers come late, so that one armed without delay by what came before fires in
 * the same turn. A watch that is freed while events of the turn may still name it is kept on the
 * list `dead` until the turn is over.
 */
#include "base/loop.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"

/* Few enough that what a turn gathers (answers to be sent at its end) stays small and warm; enough
 * that waiting for the next ones costs each event little. */
enum { EVENTS_A_TURN = 64, NOT_ARMED = -1 };

struct cm_watch {
    struct cm_loop *loop;
    int fd;
    uint32_t events;
    void (*fn)(void *ctx, uint32_t events);
    void *ctx;
    struct cm_watch *next_dead;
    bool dead;
};

struct cm_timer {
    struct cm_loop *loop;
    void (*fn)(void *ctx);
    void *ctx;
    int64_t due_ms;
    uint64_t order; /* of arming: among timers due together the first armed fires first */
    ptrdiff_t slot; /* in the heap, or NOT_ARMED */
};

struct call {
    void (*fn)(void *ctx);
    void *ctx;
    struct call *next;
};

struct hook {
    void (*fn)(void *ctx);
    void *ctx;
};

struct cm_loop {
    int epoll_fd, wake_fd;
    atomic_bool stop;
    bool in_turn;
    bool again; /* don't wait before the next turn */
    struct cm_watch *dead;
    struct cm_timer **heap; /* a binary heap, the next timer first */
    size_t armed, heap_room;
    uint64_t next_order;
    struct hook *hooks;
    size_t hook_count;
    pthread_mutex_t lock; /* of the posted calls */
    struct call *first_call, **last_call;
};

cm_rc cm_loop_new(struct cm_loop **out, struct cm_err *err)
{
    struct epoll_event wake = { .events = EPOLLIN };
    CM_OWN(cm_loop) loop = cm_must(calloc(1, sizeof *loop));

    pthread_mutex_init(&loop->lock, NULL);
    loop->last_call = &loop->first_call;
    loop->wake_fd = -1;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd >= 0)
        loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->wake_fd < 0 || epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &wake) != 0)
        return cm_fail(err, CM_FATAL, "event loop: %s", strerror(errno));

    *out = CM_STEAL(loop);
    return CM_OK;
}

static void bury(struct cm_loop *loop)
{
    while (loop->dead) {
        struct cm_watch *watch = loop->dead;

        loop->dead = watch->next_dead;
        free(watch);
    }
}

void cm_loop_free(struct cm_loop *loop)
{
    if (!loop)
        return;

    while (loop->first_call) {
        struct call *call = loop->first_call;

        loop->first_call = call->next;
        free(call);
    }
    bury(loop);
    for (size_t i = 0; i < loop->armed; i++)
        loop->heap[i]->slot = NOT_ARMED;
    free(loop->heap);
    free(loop->hooks);
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}

static void wake(struct cm_loop *loop)
{
    uint64_t one = 1;
    ssize_t ignored = write(loop->wake_fd, &one, sizeof one);

    (void)ignored; /* fails only when the counter is full, and then the loop is awake */
}

void cm_loop_stop(struct cm_loop *loop)
{
    atomic_store(&loop->stop, true);
    wake(loop);
}

void cm_loop_post(struct cm_loop *loop, void (*fn)(void *ctx), void *ctx)
{
    struct call *call = cm_must(malloc(sizeof *call));
    bool was_empty;

    *call = (struct call){ .fn = fn, .ctx = ctx };
    pthread_mutex_lock(&loop->lock);
    was_empty = loop->first_call == NULL;
    *loop->last_call = call;
    loop->last_call = &call->next;
    pthread_mutex_unlock(&loop->lock);
    if (was_empty)
        wake(loop);
}

static void run_calls(struct cm_loop *loop)
{
    struct call *call;

    pthread_mutex_lock(&loop->lock);
    call = loop->first_call;
    loop->first_call = NULL;
    loop->last_call = &loop->first_call;
    pthread_mutex_unlock(&loop->lock);

    while (call) {
        struct call *next = call->next;

        call->fn(call->ctx);
        free(call);
        call = next;
    }
}

/* The heap. */

static bool before(const struct cm_timer *a, const struct cm_timer *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void place(struct cm_loop *loop, struct cm_timer *timer, size_t slot)
{
    loop->heap[slot] = timer;
    timer->slot = (ptrdiff_t)slot;
}

static void sift_up(struct cm_loop *loop, struct cm_timer *timer, size_t slot)
{
    while (slot > 0 && before(timer, loop->heap[(slot - 1) / 2])) {
        place(loop, loop->heap[(slot - 1) / 2], slot);
        slot = (slot - 1) / 2;
    }
    place(loop, timer, slot);
}

static void sift_down(struct cm_loop *loop, struct cm_timer *timer, size_t slot)
{
    for (size_t child; (child = 2 * slot + 1) < loop->armed; slot = child) {
        if (child + 1 < loop->armed && before(loop->heap[child + 1], loop->heap[child]))
            child++;
        if (!before(loop->heap[child], timer))
            break;
        place(loop, loop->heap[child], slot);
    }
    place(loop, timer, slot);
}

struct cm_timer *cm_timer_new(struct cm_loop *loop, void (*fn)(void *ctx), void *ctx)
{
    struct cm_timer *timer = cm_must(malloc(sizeof *timer));

    *timer = (struct cm_timer){ .loop = loop, .fn = fn, .ctx = ctx, .slot = NOT_ARMED };
    return timer;
}

void cm_timer_disarm(struct cm_timer *timer)
{
    struct cm_loop *loop = timer->loop;
    struct cm_timer *last;
    size_t slot = (size_t)timer->slot;

    if (timer->slot == NOT_ARMED)
        return;

    timer->slot = NOT_ARMED;
    last = loop->heap[--loop->armed];
    if (last == timer)
        return;
    if (before(last, timer))
        sift_up(loop, last, slot);
    else
        sift_down(loop, last, slot);
}

void cm_timer_arm(struct cm_timer *timer, int64_t delay_ms)
{
    struct cm_loop *loop = timer->loop;

    cm_timer_disarm(timer);
    if (loop->armed == loop->heap_room) {
        size_t room = loop->heap_room ? loop->heap_room * 2 : 16;

        loop->heap = cm_must(reallocarray(loop->heap, room, sizeof(struct cm_timer *)));
        loop->heap_room = room;
    }
    timer->due_ms = cm_mono_ms() + (delay_ms > 0 ? delay_ms : 0);
    timer->order = loop->next_order++;
    sift_up(loop, timer, loop->armed++);
}

void cm_timer_free(struct cm_timer *timer)
{
    if (!timer)
        return;

    cm_timer_disarm(timer);
    free(timer);
}

/* Fires what is due; a timer that is armed meanwhile has its turn in the next round at the
 * earliest. */
static void run_timers(struct cm_loop *loop)
{
    uint64_t end = loop->next_order;
    int64_t now_ms = loop->armed ? cm_mono_ms() : 0;

    while (loop->armed && loop->heap[0]->due_ms <= now_ms && loop->heap[0]->order < end) {
        struct cm_timer *timer = loop->heap[0];

        cm_timer_disarm(timer);
        timer->fn(timer->ctx);
    }
}

cm_rc cm_watch_new(struct cm_loop *loop, int fd, uint32_t events,
                   void (*fn)(void *ctx, uint32_t events), void *ctx, struct cm_watch **out,
                   struct cm_err *err)
{
    struct cm_watch *watch = cm_must(malloc(sizeof *watch));
    struct epoll_event ev = { .events = events, .data.ptr = watch };

    *watch = (struct cm_watch){ .loop = loop, .fd = fd, .events = events, .fn = fn, .ctx = ctx };
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0) {
        free(watch);
        return cm_fail(err, CM_FATAL, "watch descriptor %d: %s", fd, strerror(errno));
    }

    *out = watch;
    return CM_OK;
}

void cm_watch_set(struct cm_watch *watch, uint32_t events)
{
    struct epoll_event ev = { .events = events, .data.ptr = watch };

    if (events == watch->events)
        return;

    watch->events = events;
    epoll_ctl(watch->loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &ev);
}

void cm_watch_free(struct cm_watch *watch)
{
    if (!watch)
        return;

    epoll_ctl(watch->loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
    if (!watch->loop->in_turn) {
        free(watch);
        return;
    }
    watch->dead = true;
    watch->next_dead = watch->loop->dead;
    watch->loop->dead = watch;
}

void cm_loop_on_turn(struct cm_loop *loop, void (*fn)(void *ctx), void *ctx)
{
    const struct hook hook = { .fn = fn, .ctx = ctx };

    for (size_t i = 0; i < loop->hook_count; i++)
        if (!loop->hooks[i].fn) {
            loop->hooks[i] = hook;
            return;
        }
    loop->hooks = cm_must(reallocarray(loop->hooks, loop->hook_count + 1, sizeof *loop->hooks));
    loop->hooks[loop->hook_count++] = hook;
}

/* The place is kept until the loop is freed: the hooks may be running. */
void cm_loop_off_turn(struct cm_loop *loop, void (*fn)(void *ctx), void *ctx)
{
    for (size_t i = 0; i < loop->hook_count; i++)
        if (loop->hooks[i].fn == fn && loop->hooks[i].ctx == ctx)
            loop->hooks[i].fn = NULL;
}

void cm_loop_again(struct cm_loop *loop)
{
    loop->again = true;
}

static void run_hooks(struct cm_loop *loop)
{
    loop->again = false; /* what asked for it before this is served now */
    for (size_t i = 0; i < loop->hook_count; i++)
        if (loop->hooks[i].fn)
            loop->hooks[i].fn(loop->hooks[i].ctx);
}

static int wait_ms(const struct cm_loop *loop)
{
    int64_t left;

    if (loop->again)
        return 0;
    if (!loop->armed)
        return -1;
    left = loop->heap[0]->due_ms - cm_mono_ms();
    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static void serve(struct cm_loop *loop, const struct epoll_event *event)
{
    struct cm_watch *watch = event->data.ptr;

    if (!watch) {
        uint64_t count;
        ssize_t ignored = read(loop->wake_fd, &count, sizeof count);

        (void)ignored;
    } else if (!watch->dead) {
        watch->fn(watch->ctx, event->events);
    }
}

void cm_loop_run(struct cm_loop *loop)
{
    struct epoll_event events[EVENTS_A_TURN];

    while (!atomic_load(&loop->stop)) {
        int ready = epoll_wait(loop->epoll_fd, events, EVENTS_A_TURN, wait_ms(loop));

        loop->in_turn = true;
        for (int i = 0; i < ready; i++)
            serve(loop, &events[i]);
        run_calls(loop);
        run_timers(loop);
        run_hooks(loop);
        loop->in_turn = false;
        bury(loop);
    }
    atomic_store(&loop->stop, false); /* so that it can run again */
}
