/* persister.c - the thread that writes what is ready, many events in one transaction. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/cond.h"
#include "base/log.h"
#include "service/event_span.h"
#include "service/persist.h"
#include "service/runner_inside.h"

struct persister { /* of the one thread */
    struct runner *runner;
    struct cm_arena *arena; /* of a transaction */
    struct work **batch;
    size_t count;
    struct cm_item **items;
    bool *is_new;
    struct backoff backoff; /* while the database is away */
};

/* Takes what is ready and of one route; a dead one goes alone. Lock held. */
static void take_batch(struct persister *p)
{
    struct runner *runner = p->runner;
    struct work *next, *first = runner->ready.first;

    p->count = 0;
    for (struct work *work = first; work && p->count < runner->batch_max; work = next) {
        next = work->next_in_queue;
        if (work->topic != first->topic || (p->count > 0 && (work->is_dead || first->is_dead)))
            continue;
        work_queue_remove(&runner->ready, work);
        work->state = WORK_PERSISTING;
        runner->at_work++;
        p->batch[p->count++] = work;
    }
}

static cm_rc persist(struct persister *p, size_t from, size_t count, struct cm_err *err)
{
    struct cm_service *service = p->runner->service;
    const struct topic *topic = p->batch[from]->topic;
    int64_t since_us = cm_now_us();
    struct cm_context cx = {
        .service = service, .app = service->app, .db = service->db, .now_us = since_us
    };
    cm_rc rc;

    cm_arena_reset(p->arena);
    for (size_t i = from; i < from + count; i++) {
        struct work *work = p->batch[i];

        p->items[i] = &work->item;
        if (!work->began_us)
            work->began_us = since_us;
    }
    rc = persist_items(&cx, topic->route, p->arena, p->items + from, count, p->is_new + from, err);
    cm_metric_observe_us(topic->persist_time, cm_now_us() - since_us);
    return rc;
}

/* Of what was committed. */
static void record(struct persister *p, size_t from, size_t count)
{
    for (size_t i = from; i < from + count; i++)
        if (p->is_new[i])
            event_span_record(p->batch[i], p->runner->group, false);
}

/* ---- giving back; lock held ---- */

static void give_back_done(struct persister *p, size_t i)
{
    struct work *work = p->batch[i];

    cm_metric_add(p->is_new[i] ? work->topic->done : work->topic->duplicate, 1);
    if (dispatch_return(p->runner, work))
        dispatch_finish(p->runner, work);
}

static void give_back_failed(struct persister *p, size_t i, cm_rc rc, const struct cm_err *err)
{
    struct work *work = p->batch[i];

    work->failure = *err;
    work->failure.rc = rc;
    if (dispatch_return(p->runner, work))
        dispatch_failed(p->runner, work, "persist");
}

/* To the front again, in order. */
static void give_back_untried(struct persister *p, size_t from)
{
    for (size_t i = p->count; i-- > from;) {
        struct work *work = p->batch[i];

        if (!dispatch_return(p->runner, work))
            continue;
        work->state = WORK_READY;
        work_queue_push_front(&p->runner->ready, work);
    }
}

static void wait_until_back(struct persister *p, const struct cm_err *err)
{
    int64_t pause_ms = backoff_next_ms(&p->backoff, arc4random());
    int64_t until_ms = cm_mono_ms() + pause_ms;
    bool in_time = true;

    cm_log(CM_LOG_WARN, "persisting waits", "pause_ms=%lld reason=%s", (long long)pause_ms,
           err->msg);
    while (!p->runner->is_over && in_time)
        in_time = cm_cond_wait(&p->runner->progress, &p->runner->lock, until_ms);
}

/* ---- batches ---- */

/* After a batch failed: each by itself, so that one cannot hold the others back. */
static void persist_each(struct persister *p)
{
    for (size_t i = 0; i < p->count; i++) {
        struct cm_err err = { 0 };
        cm_rc rc = persist(p, i, 1, &err);

        if (!rc)
            record(p, i, 1);
        pthread_mutex_lock(&p->runner->lock);
        if (rc && err.away) {
            give_back_untried(p, i);
            wait_until_back(p, &err);
            i = p->count;
        } else if (rc) {
            give_back_failed(p, i, rc, &err);
        } else {
            give_back_done(p, i);
        }
        pthread_mutex_unlock(&p->runner->lock);
    }
}

static void persist_batch(struct persister *p)
{
    struct cm_err err = { 0 };
    cm_rc rc = persist(p, 0, p->count, &err);

    if (rc && !err.away && p->count > 1) {
        persist_each(p);
        return;
    }
    if (!rc)
        record(p, 0, p->count);
    pthread_mutex_lock(&p->runner->lock);
    if (rc && err.away) {
        give_back_untried(p, 0);
        wait_until_back(p, &err);
    } else if (rc) {
        give_back_failed(p, 0, rc, &err);
    } else {
        p->backoff.step_ms = 0;
        for (size_t i = 0; i < p->count; i++)
            give_back_done(p, i);
    }
    pthread_mutex_unlock(&p->runner->lock);
}

/* Only now is it known whether anything was lost: when the call was deleted in the midst of the
 * work, that is why the work failed. What could not be read was told of when it came. */
static void tell_outcome(const struct work *work, const struct cm_metric *outcome)
{
    if (!work->is_decoded)
        return;
    if (outcome == work->topic->dead)
        dispatch_tell(work, CM_LOG_ERROR, "event given up", 0);
    else if (outcome == work->topic->gone)
        dispatch_tell(work, CM_LOG_INFO, "event dropped, its call or transcription is gone", 0);
}

static cm_rc write_letter(struct runner *runner, struct work *work, struct cm_metric **outcome,
                          struct cm_err *err)
{
    struct cm_trace before = event_span_enter(work);
    cm_rc rc = dead_letter_write(runner->service, work, cm_now_us(), outcome, err);

    if (rc)
        cm_log(CM_LOG_ERROR, "dead letter not written", "event_id=%s reason=%s",
               cm_uuid_text(work->event_id).at, err->msg);
    else
        tell_outcome(work, *outcome);
    if (!rc && *outcome == work->topic->dead)
        event_span_record(work, runner->group, true);
    cm_trace_enter(&before);
    return rc;
}

/* A dead letter that cannot be written stays in the window and is tried again: it is never lost. */
static void bury(struct persister *p)
{
    struct runner *runner = p->runner;
    struct work *work = p->batch[0];
    struct cm_metric *outcome = work->topic->dead;
    struct cm_err err = { 0 };
    cm_rc rc = write_letter(runner, work, &outcome, &err);

    pthread_mutex_lock(&runner->lock);
    if (rc && err.away) {
        give_back_untried(p, 0);
        wait_until_back(p, &err);
    } else if (dispatch_return(runner, work)) {
        if (rc) {
            dispatch_delay(runner, work, runner->retry.cap_ms);
        } else {
            cm_metric_add(outcome, 1);
            if (outcome == work->topic->dead)
                cm_metric_add(runner->dead_letters, 1);
            dispatch_finish(runner, work);
        }
    }
    pthread_mutex_unlock(&runner->lock);
}

static void persister_init(struct persister *p, struct runner *runner)
{
    *p = (struct persister){ .runner = runner,
                             .arena = cm_arena_new(),
                             .batch = calloc(runner->batch_max, sizeof(struct work *)),
                             .items = calloc(runner->batch_max, sizeof(struct cm_item *)),
                             .is_new = calloc(runner->batch_max, sizeof(bool)) };
    if (!p->batch || !p->items || !p->is_new)
        cm_out_of_memory();
}

static void persister_finish(struct persister *p)
{
    cm_arena_free(p->arena);
    free(p->batch);
    free(p->items);
    free(p->is_new);
}

void *persister_run(void *arg)
{
    struct runner *runner = arg;
    struct persister p;

    persister_init(&p, runner);
    pthread_mutex_lock(&runner->lock);
    while (!runner->is_over) {
        take_batch(&p);
        if (p.count == 0) {
            pthread_cond_wait(&runner->ready_grew, &runner->lock);
            continue;
        }
        pthread_mutex_unlock(&runner->lock);
        if (p.batch[0]->is_dead)
            bury(&p);
        else
            persist_batch(&p);
        pthread_mutex_lock(&runner->lock);
    }
    pthread_mutex_unlock(&runner->lock);
    persister_finish(&p);
    return NULL;
}
