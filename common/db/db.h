/* db.h - a bounded pool of PostgreSQL connections for threads that may wait.
 *
 * Vocabulary: a statement is a literal with a name, prepared once a connection. A transaction is a
 * handle: it rolls back unless the commit took it. Statements of a transaction may be sent without
 * waiting (pipeline mode): cm_tx_send many, one cm_tx_commit that waits for all.
 *
 * Outcomes: SQLSTATE classes become a cm_rc in one place (sqlstate.c): 08, 40, 53, 55, 57, 58 ->
 * CM_RETRY (08, 53, 57P, 58: `away`); 22, 23, 54 -> CM_REJECT; the rest -> CM_FATAL. A commit whose
 * answer is lost is CM_RETRY: it may have happened, so every write carries a key that makes the
 * repeat harmless.
 *
 * Thread: the pool is for any thread; a transaction and its rows for one at a time. Each wait has a
 * deadline (DATABASE_TIMEOUT_MS), on the client too, so that a silent network cannot hold a thread.
 */
#pragma once
#include "base/config.h"
#include "base/error.h"
#include "base/metrics.h"
#include "base/own.h"
#include "db/args.h"
#include "db/rows.h"

extern const struct cm_setting
    cm_db_settings[]; /* DATABASE_URL, DATABASE_POOL, DATABASE_TIMEOUT_MS */

struct cm_stmt {
    const char *name; /* unique in the program; the prepared statement's name */
    const char *sql;  /* $1 ... only; never built at run time */
};

struct cm_db; /* the pool */
struct cm_tx; /* one transaction on a borrowed connection */

/** `metrics` may be NULL; it outlives the pool. Connects to nothing yet. CM_FATAL: `url` cannot be
 * parsed. */
cm_rc cm_db_new(const char *url, int connections, int timeout_ms, const char *application,
                struct cm_metrics *metrics, struct cm_db **out, struct cm_err *err) CM_MUSTCHECK;
cm_rc cm_db_new_from(const struct cm_config *config, const char *application,
                     struct cm_metrics *metrics, struct cm_db **out,
                     struct cm_err *err) CM_MUSTCHECK;
void cm_db_free(struct cm_db *db);
CM_DEFINE_OWN(cm_db, cm_db_free);

/** One statement in a transaction of its own. `rows` may be NULL. */
cm_rc cm_db_query(struct cm_db *db, const struct cm_stmt *stmt, const struct cm_args *args,
                  struct cm_rows **rows, struct cm_err *err) CM_MUSTCHECK;
cm_rc cm_db_ping(struct cm_db *db, struct cm_err *err) CM_MUSTCHECK;

/** Borrows a connection (waits for one up to the deadline) and begins. */
cm_rc cm_tx_begin(struct cm_db *db, struct cm_tx **out, struct cm_err *err) CM_MUSTCHECK;
void cm_tx_free(struct cm_tx *tx); /* rolls back what was not committed */
CM_DEFINE_OWN(cm_tx, cm_tx_free);

/** Queues a statement whose rows nobody needs; an error shows at the next query or commit.
 *  `args` may be NULL and need not outlive the call. */
cm_rc cm_tx_send(struct cm_tx *tx, const struct cm_stmt *stmt, const struct cm_args *args,
                 struct cm_err *err) CM_MUSTCHECK;
/** Sends what is queued and this, and waits for this one's rows: one round trip. */
cm_rc cm_tx_query(struct cm_tx *tx, const struct cm_stmt *stmt, const struct cm_args *args,
                  struct cm_rows **rows, struct cm_err *err) CM_MUSTCHECK;
/** Sends what is queued and COMMIT together. On CM_OK `*tx` is taken and NULL. */
cm_rc cm_tx_commit(struct cm_tx **tx, struct cm_err *err) CM_MUSTCHECK;

/** A connection beside the pool's that listens: for the relay. Thread: one at a time. */
struct cm_listener;
cm_rc cm_listener_new(struct cm_db *db, const char *channel, struct cm_listener **out,
                      struct cm_err *err) CM_MUSTCHECK;
void cm_listener_free(struct cm_listener *listener);
CM_DEFINE_OWN(cm_listener, cm_listener_free);
/** Blocks up to `timeout_ms`. `*woken`: a notification came (all that are waiting are taken).
 *  CM_RETRY (away): make a new one. */
cm_rc cm_listener_wait(struct cm_listener *listener, int timeout_ms, bool *woken,
                       struct cm_err *err) CM_MUSTCHECK;
/** Runs a statement on the listener's own session: advisory locks that live as long as it. */
cm_rc cm_listener_query(struct cm_listener *listener, const struct cm_stmt *stmt,
                        const struct cm_args *args, struct cm_rows **rows,
                        struct cm_err *err) CM_MUSTCHECK;
