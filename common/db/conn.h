/* conn.h - one connection in pipeline mode. Only for common/db.
 *
 * Vocabulary: what is sent is answered in order; a sync ends a segment. After an error the rest of
 * its segment is skipped. Outside of BEGIN a segment is one implicit transaction. A statement is
 * prepared when it is first used, once for each combination of its parameters' types.
 *
 * Nothing here waits except what takes a deadline (cm_mono_ms). A CM_RETRY whose `away` is set
 * means that the connection is lost: free it. Thread: one at a time.
 */
#pragma once
#include <poll.h>

#include "base/error.h"
#include "base/own.h"
#include "db/args.h"
#include "db/db.h"

struct cm_conn; /* opaque */

struct cm_conn_target { /* where to; owned by who makes connections */
    char *url, *application;
    int timeout_ms;
    bool plans_anew; /* each statement is planned for the values it has; false: as PostgreSQL sees
                        fit */
};

/** CM_FATAL: `url` cannot be parsed. The strings are copied. */
cm_rc cm_conn_target_init(struct cm_conn_target *target, const char *url, const char *application,
                          int timeout_ms, struct cm_err *err) CM_MUSTCHECK;
void cm_conn_target_finish(struct cm_conn_target *target);

/* ---- making one ---- */
enum cm_conn_progress { CM_CONN_CONNECTING, CM_CONN_READY };

/** Begins to connect; a host's name is looked up before it returns. */
cm_rc cm_conn_start(const struct cm_conn_target *target, struct cm_conn **out,
                    struct cm_err *err) CM_MUSTCHECK;
/** Goes on when the descriptor has what cm_conn_wants told. */
cm_rc cm_conn_go_on(struct cm_conn *conn, enum cm_conn_progress *progress,
                    struct cm_err *err) CM_MUSTCHECK;
/** Both of them, waiting for at most the target's timeout. */
cm_rc cm_conn_open(const struct cm_conn_target *target, struct cm_conn **out,
                   struct cm_err *err) CM_MUSTCHECK;
void cm_conn_free(struct cm_conn *conn);
CM_DEFINE_OWN(cm_conn, cm_conn_free);

/* ---- sending ---- */
bool cm_conn_is_prepared(const struct cm_conn *conn, const struct cm_stmt *stmt,
                         const struct cm_args *args);
cm_rc cm_conn_prepare(struct cm_conn *conn, const struct cm_stmt *stmt, const struct cm_args *args,
                      struct cm_err *err) CM_MUSTCHECK;
/** Prepares too, in the same segment, where that was not done. */
cm_rc cm_conn_exec(struct cm_conn *conn, const struct cm_stmt *stmt, const struct cm_args *args,
                   struct cm_err *err) CM_MUSTCHECK;
cm_rc cm_conn_sync(struct cm_conn *conn, struct cm_err *err) CM_MUSTCHECK;

/* ---- the network ---- */
int cm_conn_fd(const struct cm_conn *conn);
short cm_conn_wants(const struct cm_conn *conn); /* POLLIN, POLLOUT */
cm_rc cm_conn_flush(struct cm_conn *conn, struct cm_err *err) CM_MUSTCHECK;
cm_rc cm_conn_receive(struct cm_conn *conn, struct cm_err *err) CM_MUSTCHECK;
/** Has an idle connection been closed by the other side? */
bool cm_conn_is_stale(struct cm_conn *conn);
/** Takes all notifications that have come; true: there was one. */
bool cm_conn_notified(struct cm_conn *conn);

/* ---- answers ---- */
enum cm_conn_what {
    CM_CONN_NOTHING,  /* nothing has come yet, or nothing is awaited */
    CM_CONN_PREPARED, /* a statement is prepared */
    CM_CONN_ROWS,     /* a statement took effect: `rows` */
    CM_CONN_FAILED,   /* a statement or its preparation failed: `failure` */
    CM_CONN_SKIPPED,  /* it was not looked at, for an earlier one of its segment failed */
    CM_CONN_SYNCED,   /* the segment is over */
};
struct cm_conn_answer {
    enum cm_conn_what what;
    struct cm_rows *rows; /* the caller's to free */
    struct cm_err failure;
    bool reconnect; /* the session should not be used again */
};
cm_rc cm_conn_next(struct cm_conn *conn, struct cm_conn_answer *answer,
                   struct cm_err *err) CM_MUSTCHECK;

/** What waits for an answer; 0: idle. */
size_t cm_conn_awaited(const struct cm_conn *conn);

/** Waits up to the sync of the current segment. `*rows` (may be NULL) are the last statement's.
 *  Fails with the segment's first failure; `*reconnect` as above. */
cm_rc cm_conn_finish_segment(struct cm_conn *conn, int64_t deadline_ms, struct cm_rows **rows,
                             bool *reconnect, struct cm_err *err) CM_MUSTCHECK;
