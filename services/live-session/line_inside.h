/* line_inside.h - what the pieces of a line share: line.c carries, errand.c has things done. */
#pragma once
#include "ear.h"
#include "line.h"
#include "live.h"
#include "told.h"

/* There are thousands of lines: a line has no arena, and nothing in it that grows. */
enum { CALL_SID_LEN = 34 };

struct line_ear { /* who is heard */
    struct line *line;
    enum session_role role;
    struct ear *ear; /* NULL: nobody was heard yet, or it has finished */
};

struct line {
    struct exchange *at;
    struct line *prev, *next;     /* of the exchange's list */
    struct cm_ws *stream, *model; /* NULL: closed, or never there */
    struct session *session;
    struct cm_uuid session_id;
    struct cm_event_head call; /* its sid is in `sid` */
    char sid[CALL_SID_LEN];    /* checked: CA and 32 digits */
    struct cm_trace trace;     /* the session's, once its call is known; see line_enter */
    enum session_kind kind;
    struct line_ear ears[2]; /* by session_role */
    int64_t turns;
    unsigned waiting; /* answers that are still to come, ears that still listen */
    bool begun;       /* its row is there, and not ended yet */
    bool admitted, ended;
    enum session_end end;
};

static inline struct live *line_live(const struct line *line)
{
    return line->at->live;
}

/** What is called for a line works in its session's trace until it returns:
 *  CM_OWN_TRACE struct cm_trace before = line_enter(line); */
static inline struct cm_trace line_enter(const struct line *line)
{
    return cm_trace_enter(&line->trace);
}

/** What is called back when something that was waited for is over. */
void line_settle(struct line *line);

/** Has done what the model wants, then tells its session (session_ports.act). */
void line_run_errand(void *line, const struct session_act *act);
