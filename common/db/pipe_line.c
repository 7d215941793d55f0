#include "db/pipe_line.h"

#include "base/clock.h"

static void line_drop(struct line *line)
{
    if (line->state == LINE_READY)
        cm_metric_add(line->pipe->lines_ready, -1);
    line->state = LINE_DOWN;
    line->unflushed = line->worn = false;
    cm_watch_free(CM_STEAL(line->watch));
    cm_conn_free(CM_STEAL(line->conn));
}

void line_lost(struct line *line, const struct cm_err *why)
{
    struct cm_err away = *why;
    int64_t jitter = cm_mono_ms() % (line->backoff_ms / 2 + 1);

    away.rc = CM_RETRY;
    away.away = true;
    line_drop(line);
    cm_timer_arm(line->timer, line->backoff_ms / 2 + jitter);
    line->backoff_ms =
        line->backoff_ms < LINE_BACKOFF_MAX_MS / 2 ? 2 * line->backoff_ms : LINE_BACKOFF_MAX_MS;
    jobs_fail(line->pipe, &line->jobs, &away);
}

static cm_rc job_prepare(struct cm_conn *conn, struct job *job, struct cm_err *err)
{
    cm_rc rc = CM_OK;

    for (size_t i = 0; i < job->n && !rc; i++) {
        if (cm_conn_is_prepared(conn, job->steps[i].stmt, job->steps[i].args))
            continue;
        rc = cm_conn_prepare(conn, job->steps[i].stmt, job->steps[i].args, err);
        job->preparing = true;
    }
    if (!rc && job->preparing)
        rc = cm_conn_sync(conn, err);
    return rc;
}

void line_send(struct line *line, struct job *job)
{
    struct cm_err err = { 0 };
    cm_rc rc;

    job_list_push(&line->jobs, job);
    line->unflushed = true;
    rc = job_prepare(line->conn, job, &err);
    for (size_t i = 0; i < job->n && !rc; i++)
        rc = cm_conn_exec(line->conn, job->steps[i].stmt, job->steps[i].args, &err);
    if (!rc)
        rc = cm_conn_sync(line->conn, &err);
    if (rc)
        line_lost(line, &err);
}

void line_flush(struct line *line)
{
    struct cm_err err = { 0 };

    line->unflushed = false;
    if (cm_conn_flush(line->conn, &err))
        line_lost(line, &err);
    else
        cm_watch_set(line->watch, (uint32_t)cm_conn_wants(line->conn));
}

/* A failed segment of preparations is followed by the job's own, which then fails for want of them;
 * the first failure is the reason. */
static void job_take(struct line *line, struct cm_conn_answer *answer)
{
    struct job *job = line->jobs.first;

    switch (answer->what) {
    case CM_CONN_ROWS:
        job->rows[job->answered++] = CM_STEAL(answer->rows);
        break;
    case CM_CONN_FAILED:
        if (!job->err.rc)
            job->err = answer->failure;
        break;
    case CM_CONN_SYNCED:
        if (job->preparing)
            job->preparing = false;
        else
            job_answer(line->pipe, job_list_pop(&line->jobs));
        break;
    case CM_CONN_NOTHING:
    case CM_CONN_PREPARED:
    case CM_CONN_SKIPPED:
        break;
    }
}

static void line_receive(struct line *line)
{
    struct cm_conn_answer answer = { .what = CM_CONN_SYNCED };
    struct cm_err err = { 0 };
    cm_rc rc = cm_conn_receive(line->conn, &err);

    /* What has come is answered even when the connection ended behind it. */
    while (answer.what != CM_CONN_NOTHING) {
        struct cm_err broken = { 0 };

        if (cm_conn_next(line->conn, &answer, &broken)) {
            rc = CM_RETRY;
            err = broken;
            break;
        }
        line->worn |= answer.reconnect;
        job_take(line, &answer);
    }
    if (!rc && line->worn && line->jobs.count == 0)
        rc = cm_fail_away(&err, "database: the session is of no use any more");
    if (!rc)
        rc = cm_conn_flush(line->conn, &err);
    if (rc)
        line_lost(line, &err);
    else
        cm_watch_set(line->watch, (uint32_t)cm_conn_wants(line->conn));
}

static cm_rc line_watch(struct line *line, struct cm_err *err);

static void line_event(void *ctx, uint32_t events)
{
    enum cm_conn_progress progress;
    struct line *line = ctx;
    struct cm_err err = { 0 };
    cm_rc rc;

    (void)events;
    if (line->state == LINE_READY) {
        line_receive(line);
        return;
    }

    rc = cm_conn_go_on(line->conn, &progress, &err);
    if (!rc)
        rc = line_watch(line, &err);
    if (rc) {
        line_lost(line, &err);
        return;
    }
    if (progress == CM_CONN_READY) {
        line->state = LINE_READY;
        line->backoff_ms = LINE_BACKOFF_MIN_MS;
        cm_timer_disarm(line->timer);
        cm_metric_add(line->pipe->lines_ready, 1);
    }
}

/* Made anew at each step of connecting: libpq may have moved on to another address's socket. */
static cm_rc line_watch(struct line *line, struct cm_err *err)
{
    cm_watch_free(CM_STEAL(line->watch));
    return cm_watch_new(line->pipe->loop, cm_conn_fd(line->conn),
                        (uint32_t)cm_conn_wants(line->conn), line_event, line, &line->watch, err);
}

static void line_connect(void *ctx)
{
    struct line *line = ctx;
    struct cm_err err = { 0 };
    cm_rc rc;

    if (line->state == LINE_CONNECTING) { /* its patience is over */
        cm_fail_away(&err, "database: cannot connect in time (DATABASE_TIMEOUT_MS)");
        line_lost(line, &err);
        return;
    }
    rc = cm_conn_start(&line->pipe->target, &line->conn, &err);
    if (!rc)
        rc = line_watch(line, &err);
    if (rc) {
        line_lost(line, &err);
        return;
    }
    line->state = LINE_CONNECTING;
    cm_timer_arm(line->timer, line->pipe->target.timeout_ms);
}

void line_init(struct line *line, struct cm_pipe *pipe)
{
    line->pipe = pipe;
    line->backoff_ms = LINE_BACKOFF_MIN_MS;
    line->timer = cm_timer_new(pipe->loop, line_connect, line);
    job_list_init(&line->jobs);
    cm_timer_arm(line->timer, 0);
}

void line_finish(struct line *line)
{
    line_drop(line);
    cm_timer_free(line->timer);
}
