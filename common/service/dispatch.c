#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/runner_inside.h"

void dispatch(struct runner *runner, struct work *work)
{
    if (!work->is_decoded && !work->is_dead) { /* the registry was away: the consumer tries again */
        dispatch_delay(runner, work, 0);
        return;
    }
    if (!work->is_dead && !work->is_prepared && work->topic->prepares) {
        work->state = WORK_TO_PREPARE;
        work_queue_push(&runner->to_prepare, work);
        pthread_cond_signal(&runner->to_prepare_grew);
        return;
    }
    work->state = WORK_READY;
    work_queue_push(&runner->ready, work);
    pthread_cond_signal(&runner->ready_grew);
}

void dispatch_delay(struct runner *runner, struct work *work, int64_t delay_ms)
{
    work->state = WORK_DELAYED;
    work->due_ms = cm_mono_ms() + delay_ms;
    work_queue_push(&runner->delayed, work);
}

void dispatch_finish(struct runner *runner, struct work *work)
{
    struct work *next = keys_leave(&runner->keys, work);

    work->is_finished = true;
    cm_metric_add(runner->in_flight, -1);
    if (next)
        dispatch(runner, next);
    pthread_cond_broadcast(&runner->progress);
}

void dispatch_tell(const struct work *work, enum cm_log_level level, const char *message,
                   int64_t delay_ms)
{
    struct cm_trace before = cm_trace_enter(&work->item.trace);

    cm_log(level, message,
           "event_id=%s topic=%s partition=%d offset=%lld attempt=%u delay_ms=%lld class=%s "
           "reason=%s",
           cm_uuid_text(work->event_id).at, work->topic->name, (int)work->message.partition,
           (long long)work->message.offset, work->item.attempt, (long long)delay_ms,
           cm_rc_name(work->failure.rc), work->failure.msg);
    cm_trace_enter(&before);
}

static void bury(struct runner *runner, struct work *work, const char *stage)
{
    work->is_dead = true;
    work->stage = stage;
    dispatch(runner, work);
}

void dispatch_failed(struct runner *runner, struct work *work, const char *stage)
{
    int64_t delay_ms;

    switch (work->failure.rc) {
    case CM_FATAL:
        service_fatal(runner->service, &work->failure);
        dispatch_delay(runner, work, runner->retry.cap_ms); /* for the process that comes after */
        return;
    case CM_REJECT:
        bury(runner, work, stage);
        return;
    case CM_OK:
    case CM_RETRY:
        break;
    }
    if (!work->failure.away && work->item.attempt >= runner->retry.attempts) {
        bury(runner, work, stage);
        return;
    }

    delay_ms = retry_delay_ms(&runner->retry, work->item.attempt, work->failure.retry_after_ms,
                              arc4random());
    cm_metric_add(work->topic->retried, 1);
    dispatch_tell(work, CM_LOG_WARN, "event is tried again", delay_ms);
    if (!work->failure.away)
        work->item.attempt++;
    work->item.last_attempt = work->item.attempt >= runner->retry.attempts;
    dispatch_delay(runner, work, delay_ms);
}

bool dispatch_return(struct runner *runner, struct work *work)
{
    runner->at_work--;
    pthread_cond_broadcast(&runner->progress);
    if (work->partition)
        return true;

    cm_metric_add(runner->in_flight, -1);
    runner->bytes -= work_bytes(work);
    work_free(work);
    return false;
}
