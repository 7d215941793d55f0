#include <stdlib.h>

#include "base/clock.h"
#include "db/db.h"
#include "db/pool.h"

static const struct cm_stmt sql_begin = { "cm_begin", "BEGIN" };
static const struct cm_stmt sql_commit = { "cm_commit", "COMMIT" };
static const struct cm_stmt sql_rollback = { "cm_rollback", "ROLLBACK" };

/* BEGIN goes out with the first statement. Once something failed nothing more is sent: PostgreSQL
 * would answer a COMMIT of a failed transaction with a polite ROLLBACK. */
struct cm_tx {
    struct cm_db *db;
    struct cm_conn *conn;
    bool begun, reconnect;
    struct cm_err failure; /* the first one */
};

cm_rc cm_tx_begin(struct cm_db *db, struct cm_tx **out, struct cm_err *err)
{
    struct cm_conn *conn = NULL;
    struct cm_tx *tx;
    cm_rc rc = cm_db_borrow(db, &conn, err);

    if (rc)
        return rc;

    tx = cm_must(calloc(1, sizeof *tx));
    tx->db = db;
    tx->conn = conn;
    *out = tx;
    return CM_OK;
}

/* Remembers why the transaction is lost and hands the reason on. */
static cm_rc failed(struct cm_tx *tx, const struct cm_err *failure, struct cm_err *err)
{
    if (!tx->failure.rc)
        tx->failure = *failure;
    if (err)
        *err = tx->failure;
    return tx->failure.rc;
}

cm_rc cm_tx_send(struct cm_tx *tx, const struct cm_stmt *stmt, const struct cm_args *args,
                 struct cm_err *err)
{
    struct cm_err failure = { 0 };
    cm_rc rc = CM_OK;

    if (tx->failure.rc)
        return failed(tx, &tx->failure, err);

    if (!tx->begun)
        rc = cm_conn_exec(tx->conn, &sql_begin, NULL, &failure);
    tx->begun = true;
    if (!rc)
        rc = cm_conn_exec(tx->conn, stmt, args, &failure);
    if (rc) {
        tx->reconnect |= failure.away;
        return failed(tx, &failure, err);
    }
    return CM_OK;
}

/* Sends what is queued and waits for the answers. */
static cm_rc settle(struct cm_tx *tx, struct cm_rows **rows, struct cm_err *err)
{
    int64_t since_us = cm_now_us();
    struct cm_err failure = { 0 };
    cm_rc rc = cm_conn_sync(tx->conn, &failure);

    if (rc)
        tx->reconnect = true;
    else
        rc = cm_conn_finish_segment(tx->conn, cm_db_deadline_ms(tx->db), rows, &tx->reconnect,
                                    &failure);
    cm_db_count(tx->db, rc, since_us);
    return rc ? failed(tx, &failure, err) : CM_OK;
}

cm_rc cm_tx_query(struct cm_tx *tx, const struct cm_stmt *stmt, const struct cm_args *args,
                  struct cm_rows **rows, struct cm_err *err)
{
    cm_rc rc = cm_tx_send(tx, stmt, args, err);

    return rc ? rc : settle(tx, rows, err);
}

static void tx_end(struct cm_tx *tx)
{
    cm_db_give_back(tx->db, tx->conn, !tx->reconnect);
    free(tx);
}

cm_rc cm_tx_commit(struct cm_tx **tx, struct cm_err *err)
{
    cm_rc rc;

    if ((*tx)->failure.rc)
        return failed(*tx, &(*tx)->failure, err);

    if ((*tx)->begun) {
        rc = cm_tx_send(*tx, &sql_commit, NULL, err);
        if (!rc)
            rc = settle(*tx, NULL, err);
        if (rc)
            return rc;
    }
    tx_end(CM_STEAL(*tx));
    return CM_OK;
}

/* A rollback may take a round trip; when it does not work the connection's end does it. */
void cm_tx_free(struct cm_tx *tx)
{
    if (!tx)
        return;

    if (tx->begun && !tx->reconnect) {
        int64_t deadline_ms = cm_db_deadline_ms(tx->db);
        cm_rc rc = CM_OK;

        /* What was queued and never waited for may fail and take the ROLLBACK along, hence a sync.
         */
        if (cm_conn_awaited(tx->conn) > 0)
            rc = cm_conn_sync(tx->conn, NULL);
        if (!rc && cm_conn_awaited(tx->conn) > 0)
            (void)!cm_conn_finish_segment(tx->conn, deadline_ms, NULL, &tx->reconnect, NULL);
        if (!rc)
            rc = cm_conn_exec(tx->conn, &sql_rollback, NULL, NULL);
        if (!rc)
            rc = cm_conn_sync(tx->conn, NULL);
        if (!rc && !tx->reconnect)
            rc = cm_conn_finish_segment(tx->conn, deadline_ms, NULL, &tx->reconnect, NULL);
        tx->reconnect |= rc != CM_OK;
    }
    tx_end(tx);
}
