/* conn_inside.h - a connection's own parts. Only for conn.c and conn_open.c. */
#pragma once
#include <libpq-fe.h>

#include "db/conn.h"
#include "db/prepared.h"

enum sent_kind { SENT_PREPARE, SENT_EXEC, SENT_SYNC };

struct sent { /* waits for its answer */
    enum sent_kind kind;
    uint64_t key; /* of the prepared statement */
};

struct cm_conn {
    PGconn *pg;
    short wants;
    bool separator_due; /* libpq ends the answer to each statement with a NULL */
    struct cm_prepared prepared;
    struct cm_err prepare_failure; /* the last one; explains statements that relied on it */
    uint64_t prepare_failure_key;
    struct sent *sent; /* a ring */
    size_t sent_head, sent_count, sent_room;
};

/** CM_RETRY (away), with libpq's reason. */
cm_rc conn_lost(struct cm_conn *conn, const char *doing, struct cm_err *err);
/** Waits for what the connection wants. CM_RETRY (away): the deadline is over. */
cm_rc conn_wait_fd(struct cm_conn *conn, int64_t deadline_ms, struct cm_err *err);
