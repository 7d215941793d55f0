/* pipe_line.h - the connections of a pipe and the jobs on them. Only for common/db. */
#pragma once
#include "db/conn.h"
#include "db/pipe.h"

enum { LINE_BACKOFF_MIN_MS = 100, LINE_BACKOFF_MAX_MS = 5000 };

struct job {
    struct job *next;
    struct cm_pipe_step steps[CM_PIPE_STEPS_MAX];
    struct cm_rows *rows[CM_PIPE_STEPS_MAX];
    size_t n, answered;
    bool preparing; /* the sync of its preparations is to come */
    struct cm_err err;
    int64_t deadline_ms, since_us;
    cm_pipe_answer *answer;
    void *ctx;
};

struct job_list {
    struct job *first, **last;
    size_t count;
};

enum line_state { LINE_DOWN, LINE_CONNECTING, LINE_READY };

struct line {
    struct cm_pipe *pipe;
    enum line_state state;
    struct cm_conn *conn;
    struct cm_watch *watch;
    struct cm_timer *timer; /* the next attempt, or the end of this one's patience */
    int backoff_ms;
    bool unflushed;
    bool worn; /* takes no more jobs and is made anew when its last one is answered */
    struct job_list jobs;
};

struct cm_pipe {
    struct cm_loop *loop;
    struct cm_conn_target target;
    struct line *lines;
    int line_count;
    size_t queue_max, open_jobs;
    struct job_list waiting; /* for a line */
    struct cm_timer *deadlines;
    bool deadlines_armed, closing;
    struct cm_metric *jobs_total, *failures, *open_now, *lines_ready, *job_time;
};

void job_list_init(struct job_list *list);
void job_list_push(struct job_list *list, struct job *job);
struct job *job_list_pop(struct job_list *list); /* NULL: empty */

/* pipe.c */
void job_answer(struct cm_pipe *pipe, struct job *job); /* and frees it */
void jobs_fail(struct cm_pipe *pipe, struct job_list *list, const struct cm_err *why);

/* pipe_line.c */
void line_init(struct line *line, struct cm_pipe *pipe); /* and begins to connect */
void line_finish(struct line *line);                     /* its jobs are answered by the caller */
void line_send(struct line *line, struct job *job);
void line_flush(struct line *line);
/** Answers the jobs on it with `why`, as CM_RETRY (away), and connects again after a pause. */
void line_lost(struct line *line, const struct cm_err *why);
