#include "store_download.h"

static const struct cm_stmt sql_call_is_there = {
    "ingest_call_is_there",
    "SELECT EXISTS (SELECT FROM call WHERE call_sid = $1)",
};
static const struct cm_stmt sql_find_download = {
    "ingest_find_download",
    "SELECT coalesce(f.duration_ms, 0), coalesce(f.size_bytes, -1)"
    "  FROM recording r"
    "  LEFT JOIN recording f ON f.call_id = r.call_id AND f.is_call_file AND f.id <> r.id"
    " WHERE r.recording_sid = $1",
};
static const struct cm_stmt sql_fail_download = {
    "ingest_fail_download",
    "UPDATE recording SET state = 'failed', reason = $2"
    " WHERE recording_sid = $1 AND state <> 'stored'",
};
static const struct cm_stmt sql_lock_recorded_call = {
    "ingest_lock_recorded_call",
    "SELECT c.from_number, c.to_number, c.direction, p.caller_channel, coalesce(c.started_at, "
    "c.created_at)"
    "  FROM call c JOIN phone_number p ON p.id = c.phone_number_id"
    " WHERE c.id = $1 FOR UPDATE OF c",
};
static const struct cm_stmt sql_leave_file = {
    "ingest_leave_file",
    "UPDATE recording SET is_call_file = false"
    " WHERE call_id = $1 AND is_call_file AND recording_sid <> $2",
};
static const struct cm_stmt sql_store_recording = {
    "ingest_store_recording",
    "UPDATE recording SET state = 'stored', reason = NULL, size_bytes = $2, sha256 = $3, channels "
    "= $4,"
    "       duration_ms = coalesce($5, duration_ms), is_call_file = $6, stored_at = $7"
    " WHERE recording_sid = $1",
};
static const struct cm_stmt sql_store_call_file = {
    "ingest_store_call_file",
    "UPDATE call SET has_recording = true, recording_url = '/api/calls/' || id || '/recording', "
    "updated_at = $2"
    " WHERE id = $1",
};

cm_rc store_call_is_there(struct cm_db *db, struct cm_arena *arena, struct cm_str call_sid,
                          bool *is_there, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    struct cm_args *args = cm_args_new(arena);
    cm_rc rc;

    cm_arg_str(args, call_sid);
    rc = cm_db_query(db, &sql_call_is_there, args, &rows, err);
    if (!rc)
        *is_there = cm_row_bool(rows, 0, 0);
    return rc;
}

cm_rc store_find_download(struct cm_db *db, struct cm_arena *arena, struct cm_str recording_sid,
                          struct download_row *out, enum download_answer *answer,
                          struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    struct cm_args *args = cm_args_new(arena);
    cm_rc rc;

    cm_arg_str(args, recording_sid);
    rc = cm_db_query(db, &sql_find_download, args, &rows, err);
    if (rc)
        return rc;
    *answer = cm_rows_count(rows) ? DOWNLOAD_KNOWN : DOWNLOAD_GONE;
    if (*answer == DOWNLOAD_KNOWN)
        *out = (struct download_row){ cm_row_i64(rows, 0, 0), cm_row_i64(rows, 0, 1) };
    return CM_OK;
}

cm_rc store_fail_download(struct cm_db *db, struct cm_arena *arena, struct cm_str recording_sid,
                          struct cm_str reason, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);

    cm_arg_str(args, recording_sid);
    cm_arg_str(args, reason);
    return cm_db_query(db, &sql_fail_download, args, NULL, err);
}

static cm_rc write_rows(struct cm_tx *tx, struct cm_arena *arena, struct cm_uuid call_id,
                        const struct stored_row *stored, int64_t now_us, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    cm_rc rc = CM_OK;

    if (stored->is_call_file) {
        cm_arg_uuid(args, call_id);
        cm_arg_str(args, stored->recording_sid);
        rc = cm_tx_send(tx, &sql_leave_file, args, err);
    }
    args = cm_args_new(arena);
    cm_arg_str(args, stored->recording_sid);
    cm_arg_i64(args, stored->size_bytes);
    cm_arg_str(args, stored->sha256);
    cm_arg_i32(args, (int32_t)stored->channels);
    cm_arg_opt_i64(args, stored->duration_ms);
    cm_arg_bool(args, stored->is_call_file);
    cm_arg_time(args, now_us);
    if (!rc)
        rc = cm_tx_send(tx, &sql_store_recording, args, err);
    if (rc || !stored->is_call_file)
        return rc;

    args = cm_args_new(arena);
    cm_arg_uuid(args, call_id);
    cm_arg_time(args, now_us);
    return cm_tx_send(tx, &sql_store_call_file, args, err);
}

cm_rc store_download(struct cm_tx *tx, struct cm_arena *arena, struct cm_uuid call_id,
                     const struct stored_row *stored, int64_t now_us, struct recorded_call *call,
                     enum download_answer *answer, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    struct cm_args *args = cm_args_new(arena);
    cm_rc rc;

    cm_arg_uuid(args, call_id);
    rc = cm_tx_query(tx, &sql_lock_recorded_call, args, &rows, err);
    if (rc)
        return rc;
    *answer = cm_rows_count(rows) ? DOWNLOAD_KNOWN : DOWNLOAD_GONE;
    if (*answer == DOWNLOAD_GONE)
        return CM_OK;

    *call = (struct recorded_call){ .from = cm_arena_str(arena, cm_row_str(rows, 0, 0)),
                                    .to = cm_arena_str(arena, cm_row_str(rows, 0, 1)),
                                    .direction = cm_arena_str(arena, cm_row_str(rows, 0, 2)),
                                    .caller_channel = cm_row_i64(rows, 0, 3),
                                    .started_at_us = cm_row_time(rows, 0, 4) };
    return write_rows(tx, arena, call_id, stored, now_us, err);
}
