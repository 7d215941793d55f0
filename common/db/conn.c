#include "db/conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "db/args_wire.h"
#include "db/conn_inside.h"
#include "db/rows_wire.h"
#include "db/sqlstate.h"

/* The first line of libpq's text; it holds no password. */
static struct cm_str first_line(const char *text)
{
    struct cm_str rest = cm_str_trim(cm_str_of(text)), line = { 0 };

    if (!cm_str_split(&rest, '\n', &line))
        line = CM_STR("no reason given");
    return line;
}

cm_rc conn_lost(struct cm_conn *conn, const char *doing, struct cm_err *err)
{
    struct cm_str why = first_line(PQerrorMessage(conn->pg));

    return cm_fail_away(err, "database: %s: %.*s", doing, CM_STR_FMT(why));
}

void cm_conn_free(struct cm_conn *conn)
{
    if (!conn)
        return;

    PQfinish(conn->pg);
    cm_prepared_finish(&conn->prepared);
    free(conn->sent);
    free(conn);
}

cm_rc conn_wait_fd(struct cm_conn *conn, int64_t deadline_ms, struct cm_err *err)
{
    struct pollfd watched = { .fd = PQsocket(conn->pg), .events = conn->wants };
    int ready;

    do {
        int64_t left_ms = deadline_ms - cm_mono_ms();

        ready = poll(&watched, 1, left_ms > 0 ? (int)left_ms : 0);
    } while (ready < 0 && errno == EINTR);

    if (ready == 0)
        return cm_fail_away(err, "database: no answer in time (DATABASE_TIMEOUT_MS)");
    if (ready < 0)
        return cm_fail_away(err, "database: poll: %s", strerror(errno));
    return CM_OK;
}

/* ---- sending ---- */

static void sent_push(struct cm_conn *conn, enum sent_kind kind, uint64_t key)
{
    if (conn->sent_count == conn->sent_room) {
        size_t room = conn->sent_room ? 2 * conn->sent_room : 32;
        struct sent *ring = cm_must(malloc(room * sizeof *ring));

        for (size_t i = 0; i < conn->sent_count; i++)
            ring[i] = conn->sent[(conn->sent_head + i) % conn->sent_room];
        free(conn->sent);
        conn->sent = ring;
        conn->sent_room = room;
        conn->sent_head = 0;
    }
    conn->sent[(conn->sent_head + conn->sent_count++) % conn->sent_room] =
        (struct sent){ kind, key };
}

static struct sent sent_pop(struct cm_conn *conn)
{
    struct sent first = conn->sent[conn->sent_head];

    conn->sent_head = (conn->sent_head + 1) % conn->sent_room;
    conn->sent_count--;
    return first;
}

size_t cm_conn_awaited(const struct cm_conn *conn)
{
    return conn->sent_count;
}

bool cm_conn_is_prepared(const struct cm_conn *conn, const struct cm_stmt *stmt,
                         const struct cm_args *args)
{
    struct cm_args_wire wire;

    return cm_args_wire(args, &wire, NULL) == CM_OK &&
           cm_prepared_find(&conn->prepared, cm_prepared_key(stmt, &wire)) != NULL;
}

static cm_rc send_prepare(struct cm_conn *conn, const struct cm_stmt *stmt,
                          const struct cm_args_wire *wire, struct cm_err *err)
{
    uint64_t key = cm_prepared_key(stmt, wire);
    const char *name = cm_prepared_add(&conn->prepared, key, stmt->name);

    if (!PQsendPrepare(conn->pg, name, stmt->sql, wire->count, wire->types))
        return conn_lost(conn, stmt->name, err);

    sent_push(conn, SENT_PREPARE, key);
    return CM_OK;
}

cm_rc cm_conn_prepare(struct cm_conn *conn, const struct cm_stmt *stmt, const struct cm_args *args,
                      struct cm_err *err)
{
    struct cm_args_wire wire;
    cm_rc rc = cm_args_wire(args, &wire, err);

    return rc ? rc : send_prepare(conn, stmt, &wire, err);
}

cm_rc cm_conn_exec(struct cm_conn *conn, const struct cm_stmt *stmt, const struct cm_args *args,
                   struct cm_err *err)
{
    struct cm_args_wire wire;
    const char *name;
    uint64_t key;
    cm_rc rc = cm_args_wire(args, &wire, err);

    if (rc)
        return rc;

    key = cm_prepared_key(stmt, &wire);
    if (!cm_prepared_find(&conn->prepared, key)) {
        rc = send_prepare(conn, stmt, &wire, err);
        if (rc)
            return rc;
    }

    name = cm_prepared_find(&conn->prepared, key);
    if (!PQsendQueryPrepared(conn->pg, name, wire.count, wire.values, wire.lengths, wire.formats,
                             1))
        return conn_lost(conn, stmt->name, err);

    sent_push(conn, SENT_EXEC, key);
    return CM_OK;
}

cm_rc cm_conn_sync(struct cm_conn *conn, struct cm_err *err)
{
    if (!PQpipelineSync(conn->pg))
        return conn_lost(conn, "sync", err);

    sent_push(conn, SENT_SYNC, 0);
    return CM_OK;
}

/* ---- the network ---- */

int cm_conn_fd(const struct cm_conn *conn)
{
    return PQsocket(conn->pg);
}

short cm_conn_wants(const struct cm_conn *conn)
{
    return conn->wants;
}

cm_rc cm_conn_flush(struct cm_conn *conn, struct cm_err *err)
{
    int more = PQflush(conn->pg);

    if (more < 0)
        return conn_lost(conn, "cannot send", err);

    conn->wants = (short)(POLLIN | (more ? POLLOUT : 0));
    return CM_OK;
}

cm_rc cm_conn_receive(struct cm_conn *conn, struct cm_err *err)
{
    if (!PQconsumeInput(conn->pg))
        return conn_lost(conn, "cannot receive", err);
    return CM_OK;
}

/* Flushes, waits for the descriptor and receives. */
static cm_rc flush_and_wait(struct cm_conn *conn, int64_t deadline_ms, struct cm_err *err)
{
    cm_rc rc = cm_conn_flush(conn, err);

    if (!rc)
        rc = conn_wait_fd(conn, deadline_ms, err);
    if (!rc)
        rc = cm_conn_receive(conn, err);
    return rc;
}

bool cm_conn_is_stale(struct cm_conn *conn)
{
    struct pollfd watched = { .fd = PQsocket(conn->pg), .events = POLLIN };

    if (PQstatus(conn->pg) == CONNECTION_BAD)
        return true;
    if (poll(&watched, 1, 0) <= 0)
        return false;
    /* Something came unasked: a notice, or the end, which libpq sees when it reads twice. */
    return !PQconsumeInput(conn->pg) || !PQconsumeInput(conn->pg) ||
           PQstatus(conn->pg) == CONNECTION_BAD;
}

bool cm_conn_notified(struct cm_conn *conn)
{
    bool any = false;

    for (PGnotify *one = PQnotifies(conn->pg); one; one = PQnotifies(conn->pg)) {
        any = true;
        PQfreemem(one);
    }
    return any;
}

/* ---- answers ---- */

static void fail_from(struct cm_conn *conn, const struct sent *sent, const PGresult *result,
                      struct cm_conn_answer *answer)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *name = cm_prepared_name(&conn->prepared, sent->key); /* known: it was sent */
    struct cm_sqlstate means = cm_sqlstate(state);

    answer->what = CM_CONN_FAILED;
    if (state && strcmp(state, "26000") == 0 && conn->prepare_failure_key == sent->key) {
        answer->failure = conn->prepare_failure;
        return;
    }
    cm_fail(&answer->failure, means.rc, "database: %.*s: %s (%s)", cm_prepared_name_len(name), name,
            text ? text : "failed", state ? state : "no state");
    answer->failure.away = means.away;
    answer->reconnect = means.reconnect;
    if (sent->kind == SENT_PREPARE) {
        conn->prepare_failure = answer->failure;
        conn->prepare_failure_key = sent->key;
    }
}

static cm_rc take(struct cm_conn *conn, PGresult *result, struct cm_conn_answer *answer,
                  struct cm_err *err)
{
    ExecStatusType status = PQresultStatus(result);
    struct sent sent = sent_pop(conn);
    bool is_sync = status == PGRES_PIPELINE_SYNC;

    if (is_sync != (sent.kind == SENT_SYNC)) {
        PQclear(result);
        return cm_fail_away(err, "database: answers out of order; the connection is given up");
    }

    conn->separator_due = !is_sync;
    if (is_sync) {
        answer->what = CM_CONN_SYNCED;
    } else if (status == PGRES_PIPELINE_ABORTED) {
        answer->what = CM_CONN_SKIPPED;
    } else if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
               status == PGRES_EMPTY_QUERY) {
        answer->what = sent.kind == SENT_PREPARE ? CM_CONN_PREPARED : CM_CONN_ROWS;
    } else {
        fail_from(conn, &sent, result, answer);
    }

    if (sent.kind == SENT_PREPARE && answer->what != CM_CONN_PREPARED)
        cm_prepared_remove(&conn->prepared, sent.key);
    if (answer->what == CM_CONN_ROWS)
        answer->rows = cm_rows_take(result);
    else
        PQclear(result);
    return CM_OK;
}

cm_rc cm_conn_next(struct cm_conn *conn, struct cm_conn_answer *answer, struct cm_err *err)
{
    *answer = (struct cm_conn_answer){ .what = CM_CONN_NOTHING };
    while (conn->sent_count > 0 && !PQisBusy(conn->pg)) {
        PGresult *result = PQgetResult(conn->pg);

        if (result && PQresultStatus(result) == PGRES_FATAL_ERROR &&
            PQstatus(conn->pg) == CONNECTION_BAD) {
            PQclear(result);
            return conn_lost(conn, "connection lost", err);
        }
        if (result)
            return take(conn, result, answer, err);
        if (!conn->separator_due)
            return cm_fail_away(err, "database: an answer is missing; the connection is given up");
        conn->separator_due = false;
    }
    return CM_OK;
}

cm_rc cm_conn_finish_segment(struct cm_conn *conn, int64_t deadline_ms, struct cm_rows **rows,
                             bool *reconnect, struct cm_err *err)
{
    struct cm_conn_answer answer = { .what = CM_CONN_NOTHING };
    struct cm_err first = { 0 };
    CM_OWN(cm_rows) last = NULL;
    cm_rc rc = CM_OK;

    while (!rc && answer.what != CM_CONN_SYNCED) {
        rc = cm_conn_next(conn, &answer, err);
        if (!rc && answer.what == CM_CONN_NOTHING)
            rc = flush_and_wait(conn, deadline_ms, err);
        if (answer.what == CM_CONN_FAILED && !first.rc)
            first = answer.failure;
        if (answer.what == CM_CONN_ROWS) {
            cm_rows_free(last);
            last = answer.rows;
        }
        *reconnect |= answer.reconnect;
    }
    *reconnect |= rc != CM_OK;
    if (rc)
        return rc;
    if (first.rc) {
        if (err)
            *err = first;
        return first.rc;
    }
    if (rows)
        *rows = CM_STEAL(last);
    return CM_OK;
}
