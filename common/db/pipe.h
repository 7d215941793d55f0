/* pipe.h - PostgreSQL for an event loop: a few connections in pipeline mode, no thread waits.
 *
 * A job is a list of statements followed by one sync: they share one implicit transaction and one
 * round trip, and either all take effect or none. Jobs queue up within bounds (CM_RETRY when full)
 * and are answered in order a connection; a lost connection answers its jobs with CM_RETRY (away)
 * and is made again with back-off. Everything is called in the loop's thread.
 */
#pragma once
#include "base/loop.h"
#include "db/db.h"

struct cm_pipe; /* opaque */
enum { CM_PIPE_STEPS_MAX = 8 };

struct cm_pipe_step {
    const struct cm_stmt *stmt;
    const struct cm_args *args; /* must live until the answer; NULL: none */
};

/** `rows[i]` answers step i and is NULL after a failure; they are freed after the call unless
 * stolen. */
typedef void cm_pipe_answer(void *ctx, cm_rc rc, struct cm_rows *rows[], size_t n,
                            const struct cm_err *err);

cm_rc cm_pipe_new(struct cm_loop *loop, const char *url, int connections, size_t queue_max,
                  int timeout_ms, const char *application, struct cm_metrics *metrics,
                  struct cm_pipe **out, struct cm_err *err) CM_MUSTCHECK;
/** Answers what is open with CM_RETRY. Not from inside an answer, and the loop takes no turn after
 * it. */
void cm_pipe_free(struct cm_pipe *pipe);
CM_DEFINE_OWN(cm_pipe, cm_pipe_free);

/** Copies `steps`. CM_REJECT: a parameter is too big. On CM_OK `answer` is called exactly once,
 * later; otherwise never. */
cm_rc cm_pipe_submit(struct cm_pipe *pipe, const struct cm_pipe_step *steps, size_t n,
                     cm_pipe_answer *answer, void *ctx, struct cm_err *err) CM_MUSTCHECK;
bool cm_pipe_is_connected(const struct cm_pipe *pipe);
