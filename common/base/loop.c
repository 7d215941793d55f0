/* A turn: wait, serve the descriptors that are ready, the posted calls, the timers that are due,
 * then the hooks. Timers come late, so that one armed without delay by what came before fires in
 * the same turn. A watch that is freed while events of the turn may still name it is kept on the
 * list `dead` until the turn is over.
 */
#include "base/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/timers.h"

/* Few enough that what a turn gathers (answers to be sent at its end) stays small and warm; enough
 * that waiting for the next ones costs each event little. */
enum { EVENTS_A_TURN = 64 };

struct cm_watch {
    struct cm_loop *loop;
    int fd;
    uint32_t events;
    void (*fn)(void *ctx, uint32_t events);
    void *ctx;
    struct cm_watch *next_dead;
    bool dead;
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
    struct timers timers;
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
    timers_finish(&loop->timers);
    free(loop->hooks);
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}

struct timers *loop_timers(struct cm_loop *loop)
{
    return &loop->timers;
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
        int ready = epoll_wait(loop->epoll_fd, events, EVENTS_A_TURN,
                               loop->again ? 0 : timers_wait_ms(&loop->timers));

        loop->in_turn = true;
        for (int i = 0; i < ready; i++)
            serve(loop, &events[i]);
        run_calls(loop);
        timers_run(&loop->timers);
        run_hooks(loop);
        loop->in_turn = false;
        bury(loop);
    }
    atomic_store(&loop->stop, false); /* so that it can run again */
}
