#include "db/pipe.h"

#include <stdlib.h>

#include "base/clock.h"
#include "db/args_wire.h"
#include "db/pipe_line.h"

/* A line is one connection with its jobs in flight, oldest first. Jobs wait for the end of the
 * loop's turn, then go to the ready line with the fewest of them, if there is one. What a job needs
 * prepared is sent in front of it with a sync of its own: so a job that fails cannot take a
 * preparation along on which later jobs, already under way, rely. */
/* ---- jobs ---- */

void job_list_init(struct job_list *list)
{
    list->first = NULL;
    list->last = &list->first;
    list->count = 0;
}

void job_list_push(struct job_list *list, struct job *job)
{
    job->next = NULL;
    *list->last = job;
    list->last = &job->next;
    list->count++;
}

struct job *job_list_pop(struct job_list *list)
{
    struct job *job = list->first;

    if (!job)
        return NULL;

    list->first = job->next;
    if (!list->first)
        list->last = &list->first;
    list->count--;
    return job;
}

void job_answer(struct cm_pipe *pipe, struct job *job)
{
    pipe->open_jobs--;
    cm_metric_add(pipe->open_now, -1);
    cm_metric_observe_us(pipe->job_time, cm_now_us() - job->since_us);
    if (job->err.rc) {
        cm_metric_add(pipe->failures, 1);
        for (size_t i = 0; i < job->n; i++)
            cm_rows_free(CM_STEAL(job->rows[i]));
    }
    job->answer(job->ctx, job->err.rc, job->rows, job->n, &job->err);
    for (size_t i = 0; i < job->n; i++)
        cm_rows_free(job->rows[i]);
    free(job);
}

void jobs_fail(struct cm_pipe *pipe, struct job_list *list, const struct cm_err *why)
{
    struct job_list failed = *list;

    /* An answer may submit a new job, so the list is emptied first. */
    if (!failed.first)
        return;
    job_list_init(list);
    for (struct job *job = failed.first, *next; job; job = next) {
        next = job->next;
        if (!job->err.rc)
            job->err = *why;
        job_answer(pipe, job);
    }
}

cm_rc cm_pipe_submit(struct cm_pipe *pipe, const struct cm_pipe_step *steps, size_t n,
                     cm_pipe_answer *answer, void *ctx, struct cm_err *err)
{
    struct cm_args_wire wire;
    struct job *job;

    if (pipe->closing)
        return cm_fail_away(err, "database: the pipe is being closed");
    if (pipe->open_jobs >= pipe->queue_max)
        return cm_fail_away(err, "database: %zu jobs are open already", pipe->open_jobs);
    if (n > CM_PIPE_STEPS_MAX)
        return cm_fail(err, CM_FATAL, "database: a job of %zu steps", n);
    for (size_t i = 0; i < n; i++) {
        cm_rc rc = cm_args_wire(steps[i].args, &wire, err);

        if (rc)
            return rc;
    }

    job = cm_must(calloc(1, sizeof *job));
    for (size_t i = 0; i < n; i++)
        job->steps[i] = steps[i];
    job->n = n;
    job->answer = answer;
    job->ctx = ctx;
    job->since_us = cm_now_us();
    job->deadline_ms = cm_mono_ms() + pipe->target.timeout_ms;
    pipe->open_jobs++;
    cm_metric_add(pipe->jobs_total, 1);
    cm_metric_add(pipe->open_now, 1);
    job_list_push(&pipe->waiting, job);
    if (!pipe->deadlines_armed) {
        pipe->deadlines_armed = true;
        cm_timer_arm(pipe->deadlines, pipe->target.timeout_ms);
    }
    return CM_OK;
}

/* ---- turns ---- */

static struct line *best_line(const struct cm_pipe *pipe)
{
    struct line *best = NULL;

    for (int i = 0; i < pipe->line_count; i++) {
        struct line *line = &pipe->lines[i];

        if (line->state == LINE_READY && !line->worn &&
            (!best || line->jobs.count < best->jobs.count))
            best = line;
    }
    return best;
}

/* The end of a turn: everything that was submitted in it goes out, with one flush a line. */
static void end_of_turn(void *ctx)
{
    struct cm_pipe *pipe = ctx;
    struct line *line;

    while (pipe->waiting.first && (line = best_line(pipe)) != NULL)
        line_send(line, job_list_pop(&pipe->waiting));
    for (int i = 0; i < pipe->line_count; i++) {
        line = &pipe->lines[i];
        if (line->state == LINE_READY && line->unflushed)
            line_flush(line);
    }
}

/* ---- deadlines ---- */

/* All jobs have the same patience, so the oldest of each list is the first to run out of it. */
static int64_t earliest_deadline(const struct cm_pipe *pipe)
{
    int64_t earliest = pipe->waiting.first ? pipe->waiting.first->deadline_ms : INT64_MAX;

    for (int i = 0; i < pipe->line_count; i++) {
        const struct job *job = pipe->lines[i].jobs.first;

        if (job && job->deadline_ms < earliest)
            earliest = job->deadline_ms;
    }
    return earliest;
}

static void check_deadlines(void *ctx)
{
    struct cm_pipe *pipe = ctx;
    int64_t now_ms = cm_mono_ms(), earliest;
    struct cm_err late = { 0 };

    cm_fail_away(&late, "database: no answer in time (DATABASE_TIMEOUT_MS)");
    for (int i = 0; i < pipe->line_count; i++) {
        struct line *line = &pipe->lines[i];

        if (line->jobs.first && line->jobs.first->deadline_ms <= now_ms)
            line_lost(line, &late);
    }
    while (pipe->waiting.first && pipe->waiting.first->deadline_ms <= now_ms) {
        struct job *job = job_list_pop(&pipe->waiting);

        job->err = late;
        job_answer(pipe, job);
    }
    earliest = earliest_deadline(pipe);
    pipe->deadlines_armed = earliest != INT64_MAX;
    if (pipe->deadlines_armed)
        cm_timer_arm(pipe->deadlines, earliest - now_ms);
}

/* ---- life ---- */

static void metrics_make(struct cm_pipe *pipe, struct cm_metrics *metrics)
{
    if (!metrics)
        return;

    pipe->jobs_total = cm_counter(metrics, "callmill_db_jobs_total",
                                  "Jobs given to the pipelined connections.", "");
    pipe->failures = cm_counter(metrics, "callmill_db_jobs_failed_total", "Jobs that failed.", "");
    pipe->open_now = cm_gauge(metrics, "callmill_db_jobs_open", "Jobs without an answer yet.", "");
    pipe->lines_ready =
        cm_gauge(metrics, "callmill_db_lines_ready", "Pipelined connections that stand.", "");
    pipe->job_time =
        cm_histogram(metrics, "callmill_db_job_seconds", "Time until a job was answered.", "");
}

cm_rc cm_pipe_new(struct cm_loop *loop, const char *url, int connections, size_t queue_max,
                  int timeout_ms, const char *application, struct cm_metrics *metrics,
                  struct cm_pipe **out, struct cm_err *err)
{
    struct cm_pipe *pipe = cm_must(calloc(1, sizeof *pipe));
    cm_rc rc;

    rc = cm_conn_target_init(&pipe->target, url, application, timeout_ms, err);
    if (rc) {
        free(pipe);
        return rc;
    }

    pipe->loop = loop;
    pipe->queue_max = queue_max;
    pipe->line_count = connections;
    pipe->lines = cm_must(calloc((size_t)connections, sizeof *pipe->lines));
    job_list_init(&pipe->waiting);
    metrics_make(pipe, metrics);
    pipe->deadlines = cm_timer_new(loop, check_deadlines, pipe);
    for (int i = 0; i < connections; i++)
        line_init(&pipe->lines[i], pipe);
    cm_loop_on_turn(loop, end_of_turn, pipe);
    *out = pipe;
    return CM_OK;
}

void cm_pipe_free(struct cm_pipe *pipe)
{
    struct cm_err closing = { 0 };

    if (!pipe)
        return;

    pipe->closing = true;
    cm_fail_away(&closing, "database: the pipe is being closed");
    for (int i = 0; i < pipe->line_count; i++) {
        line_finish(&pipe->lines[i]);
        jobs_fail(pipe, &pipe->lines[i].jobs, &closing);
    }
    jobs_fail(pipe, &pipe->waiting, &closing);
    cm_timer_free(pipe->deadlines);
    cm_conn_target_finish(&pipe->target);
    free(pipe->lines);
    free(pipe);
}

bool cm_pipe_is_connected(const struct cm_pipe *pipe)
{
    return best_line(pipe) != NULL;
}
