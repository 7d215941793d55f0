#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "db/db.h"
#include "db/pool.h"

struct cm_listener {
    struct cm_db *db;
    struct cm_conn *conn;
};

cm_rc cm_listener_new(struct cm_db *db, const char *channel, struct cm_listener **out,
                      struct cm_err *err)
{
    char sql[128];
    const struct cm_stmt listen = { "cm_listen", sql };
    CM_OWN(cm_listener) listener = cm_must(calloc(1, sizeof *listener));
    cm_rc rc;

    listener->db = db;
    rc = cm_conn_open(cm_db_target(db), &listener->conn, err);
    if (rc)
        return rc;

    snprintf(sql, sizeof sql, "LISTEN %s", channel); /* a literal of the program */
    rc = cm_listener_query(listener, &listen, NULL, NULL, err);
    if (rc)
        return rc;

    *out = CM_STEAL(listener);
    return CM_OK;
}

void cm_listener_free(struct cm_listener *listener)
{
    if (!listener)
        return;

    cm_conn_free(listener->conn);
    free(listener);
}

cm_rc cm_listener_wait(struct cm_listener *listener, int timeout_ms, bool *woken,
                       struct cm_err *err)
{
    int64_t deadline_ms = cm_mono_ms() + timeout_ms;

    *woken = cm_conn_notified(listener->conn);
    while (!*woken && cm_mono_ms() < deadline_ms) {
        cm_rc rc = CM_OK;
        struct pollfd watched = { .fd = cm_conn_fd(listener->conn), .events = POLLIN };

        if (poll(&watched, 1, (int)(deadline_ms - cm_mono_ms())) > 0)
            rc = cm_conn_receive(listener->conn, err);
        if (rc)
            return rc;

        *woken = cm_conn_notified(listener->conn);
    }
    return CM_OK;
}

cm_rc cm_listener_query(struct cm_listener *listener, const struct cm_stmt *stmt,
                        const struct cm_args *args, struct cm_rows **rows, struct cm_err *err)
{
    int64_t since_us = cm_now_us();
    bool reconnect = false;
    cm_rc rc = cm_conn_exec(listener->conn, stmt, args, err);

    if (!rc)
        rc = cm_conn_sync(listener->conn, err);
    if (!rc)
        rc = cm_conn_finish_segment(listener->conn, cm_db_deadline_ms(listener->db), rows,
                                    &reconnect, err);
    cm_db_count(listener->db, rc, since_us);
    return rc;
}
