/* rebalance.c - what happens to works in flight when their partition goes to somebody else, or when
 * the process ends: what no thread has is dropped, what is being worked on is waited for, and what
 * does not finish in time is abandoned: its result is thrown away. The offset never passes what was
 * dropped.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/cond.h"
#include "base/log.h"
#include "service/consume.h"

enum { REVOKE_SHARE = 2 }; /* a rebalance may take this part of GRACE_MS */

static bool is_at_work(const struct work *work)
{
    return work->state == WORK_PREPARING || work->state == WORK_PERSISTING;
}

static void leave_queue(struct runner *runner, struct work *work)
{
    switch (work->state) {
    case WORK_DELAYED:
        work_queue_remove(&runner->delayed, work);
        break;
    case WORK_TO_PREPARE:
        work_queue_remove(&runner->to_prepare, work);
        break;
    case WORK_READY:
        work_queue_remove(&runner->ready, work);
        break;
    case WORK_WAITING:
    case WORK_PREPARING:
    case WORK_PERSISTING:
    case WORK_DROPPED:
        break;
    }
}

/* It stays in its window, unfinished, so that no offset passes it. */
static void drop(struct runner *runner, struct work *work)
{
    struct work *next;

    leave_queue(runner, work);
    next = keys_leave(&runner->keys, work);
    work->state = WORK_DROPPED;
    cm_metric_add(runner->in_flight, -1);
    if (next)
        dispatch(runner, next);
}

/* The waiting ones first: so none of them is dispatched because the one before it went. */
static void drop_idle(struct runner *runner, struct partition *partition)
{
    for (struct work *work = partition->first; work; work = work->next_in_window) {
        if (!work->is_finished && work->state == WORK_WAITING)
            drop(runner, work);
    }
    for (struct work *work = partition->first; work; work = work->next_in_window) {
        if (!work->is_finished && (work->state == WORK_DELAYED || work->state == WORK_TO_PREPARE))
            drop(runner, work);
    }
}

static bool is_busy(const struct partition *partition)
{
    for (const struct work *work = partition->first; work; work = work->next_in_window) {
        if (!work->is_finished && work->state != WORK_DROPPED)
            return true;
    }
    return false;
}

/* The lock is held, but for the waiting. */
static void drain(struct runner *runner, struct partition *partition, int64_t until_ms)
{
    bool in_time = true;

    drop_idle(runner, partition);
    while (is_busy(partition) && in_time) {
        in_time = cm_cond_wait(&runner->progress, &runner->lock, until_ms);
        drop_idle(runner, partition); /* what failed meanwhile would wait for its next attempt */
    }
}

static void tell_of_abandoned(const struct work *work)
{
    struct cm_trace before = cm_trace_enter(&work->item.trace);

    cm_log(CM_LOG_WARN, "event abandoned", "event_id=%s topic=%s", cm_uuid_text(work->event_id).at,
           work->topic->name);
    cm_trace_enter(&before);
}

/* What a thread still has becomes that thread's to free (dispatch_return). */
static void abandon(struct runner *runner, struct work *work)
{
    if (!work->is_finished && is_at_work(work)) {
        struct work *next = keys_leave(&runner->keys, work);

        work->partition = NULL;
        tell_of_abandoned(work);
        if (next)
            dispatch(runner, next);
        return;
    }
    if (!work->is_finished && work->state != WORK_DROPPED)
        drop(runner, work);
    runner->bytes -= work_bytes(work);
    work_free(work);
}

static void forget(struct runner *runner, struct partition **at)
{
    struct partition *partition = *at;
    struct work *next;

    *at = partition->next;
    for (struct work *work = partition->first; work; work = next) {
        next = work->next_in_window;
        abandon(runner, work);
    }
    cm_metric_set(partition->lag, 0);
    cm_metric_set(partition->oldest, 0);
    free(partition);
}

void consume_assigned(void *ctx, const char *topic, int32_t number)
{
    (void)ctx;
    cm_log(CM_LOG_INFO, "partition assigned", "topic=%s partition=%d", topic, (int)number);
}

void consume_revoked(void *ctx, const char *topic, int32_t number)
{
    struct consume *c = ctx;
    struct runner *runner = c->runner;
    int64_t share_ms = cm_config_int(runner->service->config, "GRACE_MS") / REVOKE_SHARE;
    struct partition **at;

    pthread_mutex_lock(&runner->lock);
    if (c->revoke_until_ms == 0) /* one deadline for all partitions of a rebalance */
        c->revoke_until_ms = cm_mono_ms() + share_ms;
    at = consume_place(runner, topic, number);
    if (*at) {
        struct partition *partition = *at;

        drain(runner, partition, c->revoke_until_ms);
        consume_store(c, partition);
        forget(runner, consume_place(runner, topic, number));
    }
    pthread_mutex_unlock(&runner->lock);
    cm_log(CM_LOG_INFO, "partition revoked", "topic=%s partition=%d", topic, (int)number);
}

void consume_drain_all(struct consume *c)
{
    struct runner *runner = c->runner;

    pthread_mutex_lock(&runner->lock);
    while (runner->partitions) {
        drain(runner, runner->partitions, runner->drain_until_ms);
        consume_store(c, runner->partitions);
        forget(runner, &runner->partitions);
    }
    pthread_mutex_unlock(&runner->lock);
}
