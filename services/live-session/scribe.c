#include "job.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "service/retry.h"
#include "told.h"

enum { TURNS_A_BATCH = 200, POP_MS = 1000 };

struct worker {
    struct scribe *scribe;
    struct cm_queue *queue;
    struct job *next;       /* taken from the queue already */
    struct cm_arena *arena; /* of the attempt that is under way */
    struct live_ended_row ended;
    bool has_ended; /* a session, in this attempt */
    pthread_t thread;
};

struct scribe {
    struct scribe_options options;
    struct worker *workers;
    struct cm_queue *halt; /* closed: no more attempts */
    struct cm_metric *refused, *turns, *lag;
    bool stopped;
};

/* ---- telling it ---- */

static struct worker *worker_of(struct scribe *scribe, struct cm_uuid session_id)
{
    return &scribe->workers[session_id.at[15] % (unsigned)scribe->options.workers];
}

/* A quarter of the queue is kept for ends: a session that is never ended would stay open for as
 * long as this process lives. */
static bool submit(struct scribe *scribe, struct job *job)
{
    struct worker *worker = worker_of(scribe, job->session_id);
    size_t most = scribe->options.queue_max;

    if (job->kind != JOB_END)
        most -= most / 4;
    if (cm_queue_len(worker->queue) < most && cm_queue_try_push(worker->queue, job))
        return true;
    cm_metric_add(scribe->refused, 1);
    job_free(job);
    return false;
}

bool scribe_begin(struct scribe *scribe, const struct live_start *start, struct cm_loop *loop,
                  scribe_begun *begun, void *ctx)
{
    struct job job = { .kind = JOB_BEGIN,
                       .session_id = start->session_id,
                       .due_ms = cm_mono_ms() + scribe->options.begin_max_ms,
                       .start = *start,
                       .loop = loop,
                       .begun = begun,
                       .ctx = ctx };
    struct cm_str *const texts[] = { &job.start.call_sid, &job.start.stream_sid, &job.start.token,
                                     &job.start.from, &job.start.to };

    return submit(scribe, job_new(&job, texts, 5));
}

bool scribe_turn(struct scribe *scribe, const struct live_turn_row *turn,
                 const struct cm_event_head *call)
{
    struct job job = { .kind = JOB_TURN,
                       .session_id = turn->session_id,
                       .turn = { .row = *turn, .call = *call } };
    struct cm_str *const texts[] = { &job.turn.row.text, &job.turn.call.call_sid };

    return submit(scribe, job_new(&job, texts, 2));
}

bool scribe_note(struct scribe *scribe, const struct live_note *note, struct cm_loop *loop,
                 scribe_noted *noted, void *ctx)
{
    struct job job = { .kind = JOB_NOTE,
                       .session_id = note->session_id,
                       .note = *note,
                       .loop = loop,
                       .noted = noted,
                       .ctx = ctx };
    struct cm_str *const texts[] = { &job.note.title, &job.note.due, &job.note.said };

    return submit(scribe, job_new(&job, texts, 3));
}

bool scribe_end(struct scribe *scribe, struct cm_uuid session_id, const char *reason)
{
    const struct job job = { .kind = JOB_END, .session_id = session_id, .reason = reason };

    return submit(scribe, job_new(&job, NULL, 0));
}

/* ---- writing it ---- */

static cm_rc emit(struct scribe *scribe, struct cm_tx *tx, struct cm_arena *arena,
                  const struct cm_event *event, int64_t now_us, struct cm_err *err)
{
    return cm_outbox_write(scribe->options.service, tx, arena, event, 1, now_us, err);
}

static cm_rc write_begin(struct scribe *scribe, struct cm_tx *tx, struct cm_arena *arena,
                         struct job *job, int64_t now_us, struct cm_err *err)
{
    struct cm_event event = { .kind = EVENT_CALL_STARTED };
    enum live_answer answer;
    struct live_taken taken = { 0 };
    cm_rc rc = live_store_start(tx, arena, &job->start, now_us, &answer, &taken, err);

    if (rc)
        return rc;
    job_answer(job, answer, &taken);
    if (answer != LIVE_TAKEN || !taken.created)
        return CM_OK;
    event.head = taken.head;
    event.call_started = taken.started;
    return emit(scribe, tx, arena, &event, now_us, err);
}

static cm_rc write_end(struct worker *worker, struct cm_tx *tx, const struct job *job,
                       int64_t now_us, struct cm_err *err)
{
    cm_rc rc = live_store_end(tx, worker->arena, job->session_id, job->reason, now_us,
                              &worker->has_ended, &worker->ended, err);

    if (rc || !worker->has_ended)
        return rc;
    return scribe_tell_ended(worker->scribe->options.service, tx, worker->arena, &worker->ended, 1,
                             now_us, err);
}

static cm_rc write_turns(struct scribe *scribe, struct cm_tx *tx, struct cm_arena *arena,
                         struct job *const jobs[], size_t count, int64_t now_us, struct cm_err *err)
{
    struct live_turn_row *rows = CM_NEW_N(arena, struct live_turn_row, count);
    struct cm_event *events = CM_NEW_N(arena, struct cm_event, count);
    bool *written = CM_NEW_N(arena, bool, count);
    size_t told = 0;
    cm_rc rc;

    for (size_t i = 0; i < count; i++)
        rows[i] = jobs[i]->turn.row;
    rc = live_store_turns(tx, arena, rows, count, now_us, written, err);
    for (size_t i = 0; i < count && !rc; i++)
        if (written[i])
            events[told++] = told_turn(arena, &rows[i], &jobs[i]->turn.call);
    if (!rc && told)
        rc = cm_outbox_write(scribe->options.service, tx, arena, events, told, now_us, err);
    if (!rc)
        cm_metric_add(scribe->turns, (int64_t)told);
    return rc;
}

cm_rc scribe_tell_ended(struct cm_service *service, struct cm_tx *tx, struct cm_arena *arena,
                        const struct live_ended_row rows[], size_t count, int64_t now_us,
                        struct cm_err *err)
{
    struct cm_event *events = CM_NEW_N(arena, struct cm_event, count);

    for (size_t i = 0; i < count; i++)
        events[i] = told_end(arena, &rows[i]);
    return cm_outbox_write(service, tx, arena, events, count, now_us, err);
}

static cm_rc write_in(struct worker *worker, struct cm_tx *tx, struct job *const jobs[],
                      size_t count, struct cm_err *err)
{
    struct scribe *scribe = worker->scribe;
    struct cm_arena *arena = worker->arena;
    struct job *job = jobs[0];
    int64_t now_us = cm_now_us();

    switch (job->kind) {
    case JOB_BEGIN:
        return write_begin(scribe, tx, arena, job, now_us, err);
    case JOB_TURN:
        return write_turns(scribe, tx, arena, jobs, count, now_us, err);
    case JOB_NOTE:
        return live_store_note(tx, arena, &job->note, now_us, err);
    case JOB_END:
        return write_end(worker, tx, job, now_us, err);
    }
    return CM_OK;
}

static cm_rc write_once(struct worker *worker, struct job *const jobs[], size_t count,
                        struct cm_err *err)
{
    CM_OWN(cm_tx) tx = NULL;
    cm_rc rc = cm_tx_begin(cm_service_db(worker->scribe->options.service), &tx, err);

    cm_arena_reset(worker->arena);
    worker->has_ended = false;
    if (!rc)
        rc = write_in(worker, tx, jobs, count, err);
    if (!rc)
        rc = cm_tx_commit(&tx, err);
    if (!rc && worker->has_ended)
        told_spans(&worker->ended, 1);
    return rc;
}

/* False: it was stopped, or this job is not worth another attempt. */
static bool wait_to_try_again(struct scribe *scribe, const struct job *job, struct backoff *backoff)
{
    int64_t pause_ms = backoff_next_ms(backoff, arc4random());
    void *none;

    if (job->kind == JOB_BEGIN && cm_mono_ms() + pause_ms > job->due_ms)
        return false;
    return cm_queue_pop(scribe->halt, &none, pause_ms) != CM_QUEUE_CLOSED;
}

static cm_rc write_patiently(struct worker *worker, struct job *const jobs[], size_t count)
{
    struct backoff backoff = { 0 };
    struct cm_err err = { 0 };
    cm_rc rc = write_once(worker, jobs, count, &err);

    while (rc == CM_RETRY && wait_to_try_again(worker->scribe, jobs[0], &backoff))
        rc = write_once(worker, jobs, count, &err);
    if (rc)
        cm_log(CM_LOG_ERROR, "a live session was not written down",
               "session_id=%s what=%d count=%zu outcome=%s reason=%s",
               cm_uuid_text(jobs[0]->session_id).at, (int)jobs[0]->kind, count, cm_rc_name(rc),
               err.msg);
    return rc;
}

/* ---- the threads ---- */

static void answer(void *ctx)
{
    struct job *job = ctx;

    if (job->kind == JOB_BEGIN)
        job->begun(job->ctx, job->rc, job->answer, &job->taken);
    else
        job->noted(job->ctx, job->rc == CM_OK);
    job_free(job);
}

static void finish(struct job *job, cm_rc rc)
{
    job->rc = rc;
    if (job->loop)
        cm_loop_post(job->loop, answer, job);
    else
        job_free(job);
}

static struct job *take(struct worker *worker, int64_t timeout_ms, bool *closed)
{
    struct job *job = worker->next;
    void *popped;

    worker->next = NULL;
    if (job)
        return job;
    switch (cm_queue_pop(worker->queue, &popped, timeout_ms)) {
    case CM_QUEUE_OK:
        return popped;
    case CM_QUEUE_CLOSED:
        *closed = true;
        break;
    case CM_QUEUE_TIMEOUT:
        break;
    }
    return NULL;
}

/* Turns behind a turn go with it; what is no turn waits for its own. */
static size_t gather(struct worker *worker, struct job *first, struct job *jobs[])
{
    size_t count = 1;
    bool closed;

    jobs[0] = first;
    while (first->kind == JOB_TURN && count < TURNS_A_BATCH) {
        struct job *job = take(worker, 0, &closed);

        if (!job)
            break;
        if (job->kind != JOB_TURN) {
            worker->next = job;
            break;
        }
        jobs[count++] = job;
    }
    return count;
}

static void *worker_main(void *ctx)
{
    struct worker *worker = ctx;
    struct job *jobs[TURNS_A_BATCH];
    bool closed = false;

    while (!closed) {
        struct job *job = take(worker, POP_MS, &closed);
        size_t count;
        cm_rc rc;

        if (!job)
            continue;
        count = gather(worker, job, jobs);
        rc = write_patiently(worker, jobs, count);
        for (size_t i = 0; i < count; i++)
            finish(jobs[i], rc);
    }
    return NULL;
}

struct scribe *scribe_start(const struct scribe_options *options)
{
    struct cm_metrics *m = cm_service_metrics(options->service);
    struct scribe *scribe = cm_must(calloc(1, sizeof *scribe));

    scribe->options = *options;
    scribe->halt = cm_queue_new(1);
    scribe->refused = cm_counter(m, "callmill_live_writes_refused_total",
                                 "What lines told and the full queue did not take.", NULL);
    scribe->turns = cm_counter(m, "callmill_live_turns_total", "Turns written down.", NULL);
    scribe->workers = cm_must(calloc((size_t)options->workers, sizeof *scribe->workers));
    for (int i = 0; i < options->workers; i++) {
        struct worker *worker = &scribe->workers[i];

        worker->scribe = scribe;
        worker->queue = cm_queue_new(options->queue_max);
        worker->arena = cm_arena_new();
        if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0)
            cm_out_of_memory();
    }
    return scribe;
}

void scribe_stop(struct scribe *scribe, int64_t grace_ms)
{
    int64_t until_ms = cm_mono_ms() + grace_ms;

    if (scribe->stopped)
        return;
    scribe->stopped = true;
    for (int i = 0; i < scribe->options.workers; i++)
        cm_queue_close(scribe->workers[i].queue);
    for (int i = 0; i < scribe->options.workers; i++) {
        int64_t until_us = cm_now_us() + (until_ms - cm_mono_ms()) * 1000;
        struct timespec until = { until_us / CM_US_PER_SEC, until_us % CM_US_PER_SEC * 1000 };

        if (pthread_timedjoin_np(scribe->workers[i].thread, NULL, &until) == 0)
            continue;
        cm_queue_close(scribe->halt);
        pthread_join(scribe->workers[i].thread, NULL);
    }
}

void scribe_free(struct scribe *scribe)
{
    if (!scribe)
        return;
    scribe_stop(scribe, 0);
    for (int i = 0; i < scribe->options.workers; i++) {
        cm_arena_free(scribe->workers[i].arena);
        cm_queue_free(scribe->workers[i].queue);
    }
    cm_queue_free(scribe->halt);
    free(scribe->workers);
    free(scribe);
}
