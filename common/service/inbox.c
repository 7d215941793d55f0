#include "service/inbox.h"

static const struct cm_stmt sql_add = {
    "inbox_add", "INSERT INTO inbox (service, event_id, handled_at)"
                 " SELECT $1, u.id, $2 FROM unnest($3::uuid[]) WITH ORDINALITY AS u (id, n)"
                 " ORDER BY u.n ON CONFLICT DO NOTHING RETURNING event_id"
};

static const struct cm_stmt sql_bury = {
    "inbox_bury", "INSERT INTO inbox (service, event_id, outcome, handled_at)"
                  " VALUES ($1, $2, 'dead', $3)"
};

enum { PRUNE_ROWS = 5000 };

static const struct cm_stmt sql_prune = {
    "inbox_prune",
    "DELETE FROM inbox WHERE service = $1 AND event_id = ANY (ARRAY("
    "   SELECT i.event_id FROM inbox i WHERE i.service = $1 AND i.handled_at < $2"
    "   AND i.outcome = 'done' AND NOT EXISTS (SELECT FROM dead_letter d WHERE d.id = i.event_id)"
    "   LIMIT $3))"
};

cm_rc inbox_add(struct cm_tx *tx, struct cm_arena *arena, const char *service,
                const struct cm_uuid ids[], size_t count, int64_t now_us, bool is_new[],
                struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    CM_OWN(cm_rows) rows = NULL;
    struct cm_column *column;
    int next = 0;
    cm_rc rc;

    cm_arg_text(args, service);
    cm_arg_time(args, now_us);
    column = cm_arg_column(args, CM_COL_UUID);
    for (size_t i = 0; i < count; i++)
        cm_col_uuid(column, ids[i]);
    rc = cm_tx_query(tx, &sql_add, args, &rows, err);
    if (rc)
        return rc;

    /* The rows come back in the order in which they went in, without those that were there. An id
     * that stands twice in `ids` is new only the first time. */
    for (size_t i = 0; i < count; i++) {
        is_new[i] = next < cm_rows_count(rows) && cm_uuid_eq(cm_row_uuid(rows, next, 0), ids[i]);
        next += is_new[i];
    }
    return CM_OK;
}

cm_rc inbox_bury(struct cm_tx *tx, struct cm_arena *arena, const char *service, struct cm_uuid id,
                 int64_t now_us, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);

    cm_arg_text(args, service);
    cm_arg_uuid(args, id);
    cm_arg_time(args, now_us);
    return cm_tx_send(tx, &sql_bury, args, err);
}

cm_rc inbox_prune(struct cm_listener *listener, struct cm_arena *arena, const char *service,
                  int64_t before_us, bool *more, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    cm_arg_text(args, service);
    cm_arg_time(args, before_us);
    cm_arg_i32(args, PRUNE_ROWS);
    rc = cm_listener_query(listener, &sql_prune, args, &rows, err);
    if (!rc)
        *more = cm_rows_affected(rows) == PRUNE_ROWS;
    return rc;
}
