#include "base/clock.h"
#include "base/log.h"
#include "service/event_span.h"
#include "service/runner_inside.h"
#include "service/step.h"

enum { FLUSH_RESERVE_MS = 3000 }; /* of the grace period, for persisting and committing */

struct preparation { /* what `stopping` looks at */
    struct runner *runner;
    struct work *work;
};

/* Thread: the worker's, in the midst of a prepare. */
static bool should_stop(void *ctx)
{
    struct preparation *preparation = ctx;
    struct runner *runner = preparation->runner;
    bool stop;

    pthread_mutex_lock(&runner->lock);
    stop = !preparation->work->partition || runner->is_over ||
           (runner->drain_until_ms && cm_mono_ms() >= runner->drain_until_ms - FLUSH_RESERVE_MS);
    pthread_mutex_unlock(&runner->lock);
    return stop;
}

static cm_rc prepare(struct runner *runner, struct work *work, enum step_answer *answer,
                     struct cm_err *err)
{
    struct cm_service *service = runner->service;
    struct preparation preparation = { runner, work };
    struct cm_context cx = { .service = service,
                             .app = service->app,
                             .db = service->db,
                             .now_us = cm_now_us(),
                             .stopping = should_stop,
                             .stopping_ctx = &preparation };
    cm_rc rc = step_begin(service->db, service->spec->name, work, cx.now_us, answer, err);

    if (rc || *answer != STEP_GO)
        return rc;

    rc = work->topic->route->prepare(&cx, &work->item, err);
    cm_metric_observe_us(work->topic->prepare_time, cm_now_us() - cx.now_us);
    return rc;
}

static void tell_why_it_waits(struct runner *runner, const struct work *work)
{
    struct cm_err err = { 0 };

    if (work->topic->route->step && step_wait(runner->service->db, work, cm_now_us(), &err))
        cm_log(CM_LOG_WARN, "the step's state could not be written", LOG_ERR(&err));
}

static cm_rc attempt(struct runner *runner, struct work *work, enum step_answer *answer)
{
    struct cm_trace before = event_span_enter(work);
    struct cm_err err = { 0 };
    cm_rc rc = prepare(runner, work, answer, &err);

    work->failure = err;
    work->failure.rc = rc;
    if (rc == CM_RETRY)
        tell_why_it_waits(runner, work);
    cm_trace_enter(&before);
    return rc;
}

static void settle(struct runner *runner, struct work *work, cm_rc rc, enum step_answer answer)
{
    if (rc) {
        dispatch_failed(runner, work, "prepare");
        return;
    }
    switch (answer) {
    case STEP_GO:
        work->is_prepared = true;
        dispatch(runner, work);
        break;
    case STEP_SEEN:
        cm_metric_add(work->topic->duplicate, 1);
        dispatch_finish(runner, work);
        break;
    case STEP_GONE:
        cm_metric_add(work->topic->gone, 1);
        dispatch_finish(runner, work);
        break;
    }
}

void *worker_run(void *arg)
{
    struct runner *runner = arg;

    pthread_mutex_lock(&runner->lock);
    while (!runner->is_over) {
        struct work *work = runner->is_draining ? NULL : work_queue_pop(&runner->to_prepare);
        enum step_answer answer = STEP_GO;
        cm_rc rc;

        if (!work) {
            pthread_cond_wait(&runner->to_prepare_grew, &runner->lock);
            continue;
        }

        work->state = WORK_PREPARING;
        runner->at_work++;
        pthread_mutex_unlock(&runner->lock);
        rc = attempt(runner, work, &answer);
        pthread_mutex_lock(&runner->lock);

        if (dispatch_return(runner, work))
            settle(runner, work, rc, answer);
    }
    pthread_mutex_unlock(&runner->lock);
    return NULL;
}
