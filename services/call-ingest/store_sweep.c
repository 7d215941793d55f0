#include "store_sweep.h"

/* As an array the rows are chosen once; behind IN a plan may choose anew for each row that it looks
 * at, and take more than the limit. */
static const struct cm_stmt sql_silent_calls = {
    "ingest_silent_calls",
    "UPDATE call SET swept_at = $3 WHERE id = ANY (ARRAY("
    "  SELECT id FROM call"
    "   WHERE status IN ('queued', 'initiated', 'ringing', 'in-progress')"
    "     AND updated_at < $1 AND (swept_at IS NULL OR swept_at < $2)"
    "   ORDER BY updated_at LIMIT $4 FOR UPDATE SKIP LOCKED))"
    " RETURNING call_sid, created_at, id",
};
static const struct cm_stmt sql_silent_recordings = {
    "ingest_silent_recordings",
    "UPDATE call SET swept_at = $3 WHERE id = ANY (ARRAY("
    "  SELECT id FROM call"
    "   WHERE recording_awaited AND ended_at < $1 AND (swept_at IS NULL OR swept_at < $2)"
    "   ORDER BY ended_at LIMIT $4 FOR UPDATE SKIP LOCKED))"
    " RETURNING call_sid, ended_at, id",
};
static const struct cm_stmt sql_silent_pending = {
    "ingest_silent_pending",
    "WITH asked AS ("
    "  UPDATE pending_callback SET swept_at = $3 WHERE id = ANY (ARRAY("
    "    SELECT id FROM pending_callback"
    "     WHERE received_at < $1 AND (swept_at IS NULL OR swept_at < $2)"
    "     ORDER BY received_at LIMIT $4 FOR UPDATE SKIP LOCKED))"
    "  RETURNING call_sid, received_at)"
    " SELECT call_sid, min(received_at), NULL::uuid FROM asked GROUP BY call_sid",
};
static const struct cm_stmt sql_forget_deleted = {
    "ingest_forget_deleted",
    "DELETE FROM deleted_call WHERE deleted_at < $1",
};
/* From the old end of each organization's list of calls, which is an index. */
static const struct cm_stmt sql_delete_expired = {
    "ingest_delete_expired",
    "DELETE FROM call WHERE id = ANY (ARRAY("
    "  SELECT c.id FROM organization o CROSS JOIN LATERAL ("
    "    SELECT id FROM call WHERE organization_id = o.id"
    "       AND created_at < $1 - make_interval(days => o.retention_days)"
    "     ORDER BY created_at, id LIMIT $2 FOR UPDATE SKIP LOCKED) c"
    "   WHERE o.retention_days IS NOT NULL LIMIT $2))"
    " RETURNING id, organization_id, call_sid",
};
static const struct cm_stmt sql_call_memories = {
    "ingest_call_memories",
    "SELECT CASE WHEN EXISTS (SELECT FROM call c WHERE c.call_sid = left(u.name, 34)) THEN 0"
    "            WHEN EXISTS (SELECT FROM deleted_call d WHERE d.call_sid = left(u.name, 34)) THEN "
    "1"
    "            ELSE 2 END"
    "  FROM unnest($1::text[]) WITH ORDINALITY AS u (name, n) ORDER BY u.n",
};
/* The number is callmill's own: "call-ingest sweeper" has no other meaning in this database. */
const struct cm_stmt store_sweeper_lock = {
    "ingest_sweeper_lock",
    "SELECT pg_try_advisory_lock(hashtextextended('callmill call-ingest sweeper', 0))",
};
const struct cm_stmt store_sweeper_alive = {
    "ingest_sweeper_alive",
    "SELECT true",
};

static cm_rc list(struct cm_db *db, const struct cm_stmt *stmt, struct cm_arena *arena,
                  const struct silence *silence, struct silent_row **out, size_t *count,
                  struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    struct cm_args *args = cm_args_new(arena);
    struct silent_row *silent;
    cm_rc rc;

    cm_arg_time(args, silence->changed_before_us);
    cm_arg_time(args, silence->asked_before_us);
    cm_arg_time(args, silence->now_us);
    cm_arg_i64(args, silence->limit);
    rc = cm_db_query(db, stmt, args, &rows, err);
    if (rc)
        return rc;

    silent = CM_NEW_N(arena, struct silent_row, cm_rows_count(rows) + 1);
    for (int i = 0; i < cm_rows_count(rows); i++)
        silent[i] = (struct silent_row){ .call_sid = cm_arena_str(arena, cm_row_str(rows, i, 0)),
                                         .since_us = cm_row_time(rows, i, 1),
                                         .call_id = cm_row_opt_uuid(rows, i, 2) };
    *out = silent;
    *count = (size_t)cm_rows_count(rows);
    return CM_OK;
}

cm_rc store_silent_calls(struct cm_db *db, struct cm_arena *arena, const struct silence *silence,
                         struct silent_row **out, size_t *count, struct cm_err *err)
{
    return list(db, &sql_silent_calls, arena, silence, out, count, err);
}

cm_rc store_silent_recordings(struct cm_db *db, struct cm_arena *arena,
                              const struct silence *silence, struct silent_row **out, size_t *count,
                              struct cm_err *err)
{
    return list(db, &sql_silent_recordings, arena, silence, out, count, err);
}

cm_rc store_silent_pending(struct cm_db *db, struct cm_arena *arena, const struct silence *silence,
                           struct silent_row **out, size_t *count, struct cm_err *err)
{
    return list(db, &sql_silent_pending, arena, silence, out, count, err);
}

cm_rc store_forget_deleted(struct cm_db *db, struct cm_arena *arena, int64_t before_us,
                           struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);

    cm_arg_time(args, before_us);
    return cm_db_query(db, &sql_forget_deleted, args, NULL, err);
}

cm_rc store_delete_expired(struct cm_tx *tx, struct cm_arena *arena, int64_t now_us, int limit,
                           struct expired_row **out, size_t *count, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    struct cm_args *args = cm_args_new(arena);
    struct expired_row *expired;
    cm_rc rc;

    cm_arg_time(args, now_us);
    cm_arg_i64(args, limit);
    rc = cm_tx_query(tx, &sql_delete_expired, args, &rows, err);
    if (rc)
        return rc;

    expired = CM_NEW_N(arena, struct expired_row, cm_rows_count(rows) + 1);
    for (int i = 0; i < cm_rows_count(rows); i++)
        expired[i] = (struct expired_row){ cm_row_uuid(rows, i, 0), cm_row_uuid(rows, i, 1),
                                           cm_arena_str(arena, cm_row_str(rows, i, 2)) };
    *out = expired;
    *count = (size_t)cm_rows_count(rows);
    return CM_OK;
}

cm_rc store_call_memories(struct cm_db *db, struct cm_arena *arena, const struct cm_str names[],
                          size_t count, enum call_memory **out, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *column = cm_arg_column(args, CM_COL_TEXT);
    cm_rc rc;

    for (size_t i = 0; i < count; i++)
        cm_col_str(column, names[i]);
    rc = cm_db_query(db, &sql_call_memories, args, &rows, err);
    if (rc)
        return rc;

    *out = CM_NEW_N(arena, enum call_memory, count);
    for (size_t i = 0; i < count; i++)
        (*out)[i] = (enum call_memory)cm_row_i64(rows, (int)i, 0);
    return CM_OK;
}
