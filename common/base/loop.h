/* loop.h - one thread's event loop: file descriptors, timers, and calls from other threads.
 *
 * All callbacks run in the thread that runs the loop. Only cm_loop_post and cm_loop_stop may be
 * called from elsewhere.
 */
#pragma once
#include <stdint.h>

#include "base/error.h"
#include "base/own.h"

struct cm_loop;  /* opaque */
struct cm_watch; /* a descriptor that is being watched */
struct cm_timer;

cm_rc cm_loop_new(struct cm_loop **out, struct cm_err *err) CM_MUSTCHECK;
void cm_loop_free(struct cm_loop *loop);
CM_DEFINE_OWN(cm_loop, cm_loop_free);

/** Runs until cm_loop_stop. */
void cm_loop_run(struct cm_loop *loop);
void cm_loop_stop(struct cm_loop *loop); /* Thread: any */

/** Calls `fn(ctx)` in the loop's thread, in order of posting. Thread: any. */
void cm_loop_post(struct cm_loop *loop, void (*fn)(void *ctx), void *ctx);

/** `events` are EPOLL* bits; level-triggered. The descriptor stays the caller's. */
cm_rc cm_watch_new(struct cm_loop *loop, int fd, uint32_t events,
                   void (*fn)(void *ctx, uint32_t events), void *ctx, struct cm_watch **out,
                   struct cm_err *err) CM_MUSTCHECK;
void cm_watch_set(struct cm_watch *watch, uint32_t events);
void cm_watch_free(struct cm_watch *watch); /* safe inside its own callback */
CM_DEFINE_OWN(cm_watch, cm_watch_free);

/** Calls `fn(ctx)` once after `delay_ms`; arm it again for a period. Starts disarmed. */
struct cm_timer *cm_timer_new(struct cm_loop *loop, void (*fn)(void *ctx), void *ctx);
void cm_timer_arm(struct cm_timer *timer, int64_t delay_ms); /* replaces an earlier arming */
void cm_timer_disarm(struct cm_timer *timer);
void cm_timer_free(struct cm_timer *timer);
CM_DEFINE_OWN(cm_timer, cm_timer_free);

/** Called at the end of every turn, when all that was ready was served: one flush a turn. */
void cm_loop_on_turn(struct cm_loop *loop, void (*fn)(void *ctx), void *ctx);
void cm_loop_off_turn(struct cm_loop *loop, void (*fn)(void *ctx), void *ctx); /* no more */

/** The next turn begins without waiting: what is called at a turn's end has left itself work. */
void cm_loop_again(struct cm_loop *loop);
