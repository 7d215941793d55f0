#include "store_media.h"

#include "store_inside.h"

/* ---- the statements ---- */

static const struct cm_stmt sql_list_recordings = {
    "ingest_list_recordings",
    "SELECT recording_sid, state FROM recording WHERE call_id = $1",
};
static const struct cm_stmt sql_put_recording = {
    "ingest_put_recording",
    "INSERT INTO recording (id, call_id, organization_id, recording_sid, account_sid, source, "
    "state, channels,"
    "                       duration_ms, reason, created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    " ON CONFLICT (recording_sid) DO UPDATE"
    "    SET state = EXCLUDED.state, source = EXCLUDED.source, reason = EXCLUDED.reason,"
    "        channels = coalesce(EXCLUDED.channels, recording.channels),"
    "        duration_ms = coalesce(EXCLUDED.duration_ms, recording.duration_ms)"
    "  WHERE recording.state = 'in-progress' AND recording.call_id = EXCLUDED.call_id",
};
static const struct cm_stmt sql_open_steps = {
    "ingest_open_steps",
    "INSERT INTO call_step (call_id, organization_id, step, updated_at)"
    " SELECT $1, $2, step, $3"
    "   FROM pipeline_steps() AS step"
    " ON CONFLICT (call_id, step) DO UPDATE SET state = 'waiting', reason = NULL, updated_at = $3"
    "  WHERE call_step.step = 'record' AND call_step.state = 'failed'",
};
/* It waits where somebody had the recording looked for again. */
static const struct cm_stmt sql_fail_record_step = {
    "ingest_fail_record_step",
    "INSERT INTO call_step (call_id, organization_id, step, state, reason, updated_at)"
    " VALUES ($1, $2, 'record', 'failed', $3, $4)"
    " ON CONFLICT (call_id, step) DO UPDATE SET state = 'failed', reason = EXCLUDED.reason,"
    "                                           updated_at = EXCLUDED.updated_at"
    "  WHERE call_step.state = 'waiting'",
};
static const struct cm_stmt sql_insert_stream = {
    "ingest_insert_stream",
    "INSERT INTO call_stream (call_id, organization_id, stream_sid, event, error, received_at)"
    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
};
/* The answer with an earlier one was lost, or Twilio would not have asked again. */
static const struct cm_stmt sql_put_token = {
    "ingest_put_token",
    "WITH older AS (DELETE FROM stream_token WHERE call_id = $1 AND used_at IS NULL)"
    " INSERT INTO stream_token (call_id, organization_id, token_hash, kind, expires_at)"
    " VALUES ($1, $2, $3, $4, $5)",
};
static const struct cm_stmt sql_insert_pending = {
    "ingest_insert_pending",
    "INSERT INTO pending_callback (id, dedup_key, kind, call_sid, form, received_at)"
    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (dedup_key) DO NOTHING",
};
static const struct cm_stmt sql_take_pending = {
    "ingest_take_pending",
    "DELETE FROM pending_callback WHERE call_sid = $1 RETURNING kind, form, received_at",
};

/* ---- words of columns ---- */

static const char *const recording_states[] = { "in-progress", "available", "stored", "absent",
                                                "failed" };

static enum recording_state recording_state_of(struct cm_str text)
{
    size_t i = 0;

    while (i < RECORDING_STATE_FAILED && !cm_str_is(text, recording_states[i]))
        i++;
    return (enum recording_state)i;
}

/* ---- recordings, steps, streams ---- */

cm_rc store_list_recordings(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                            struct recording_row **out, size_t *count, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    struct cm_args *args = cm_args_new(arena);
    struct recording_row *list;
    cm_rc rc;

    cm_arg_uuid(args, call->id);
    rc = cm_tx_query(tx, &sql_list_recordings, args, &rows, err);
    if (rc)
        return rc;

    list = CM_NEW_N(arena, struct recording_row, cm_rows_count(rows) + 1);
    for (int i = 0; i < cm_rows_count(rows); i++)
        list[i] = (struct recording_row){ cm_row_copy(rows, i, 0, arena),
                                          recording_state_of(cm_row_str(rows, i, 1)) };
    *out = list;
    *count = (size_t)cm_rows_count(rows);
    return CM_OK;
}

cm_rc store_put_recording(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                          const struct callback *cb, enum recording_state state, int64_t now_us,
                          struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_str reason = { 0 };

    if (state == RECORDING_STATE_FAILED || state == RECORDING_STATE_ABSENT)
        reason = cm_arena_printf(arena, "Twilio says that the recording is %s (error %lld)",
                                 recording_states[state], (long long)cb->error_code);
    cm_arg_uuid(args, cm_uuid_v7(now_us));
    cm_arg_uuid(args, call->id);
    cm_arg_uuid(args, call->organization_id);
    cm_arg_str(args, cb->recording_sid);
    cm_arg_str(args, cb->account_sid);
    cm_arg_str(args, cb->recording_source.at ? cb->recording_source : CM_STR(""));
    cm_arg_text(args, recording_states[state]);
    if (cb->channels.set)
        cm_arg_i32(args, (int32_t)cb->channels.value);
    else
        cm_arg_null(args);
    cm_arg_opt_i64(args, cb->recording_duration_ms);
    cm_arg_str(args, reason);
    cm_arg_time(args, now_us);
    return cm_tx_send(tx, &sql_put_recording, args, err);
}

cm_rc store_open_steps(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                       int64_t now_us, struct cm_err *err)
{
    struct cm_args *args = store_args_call(arena, call);

    cm_arg_time(args, now_us);
    return cm_tx_send(tx, &sql_open_steps, args, err);
}

cm_rc store_fail_record_step(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                             struct cm_str reason, int64_t now_us, struct cm_err *err)
{
    struct cm_args *args = store_args_call(arena, call);

    cm_arg_str(args, reason);
    cm_arg_time(args, now_us);
    return cm_tx_send(tx, &sql_fail_record_step, args, err);
}

cm_rc store_insert_stream(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                          const struct callback *cb, int64_t now_us, struct cm_err *err)
{
    struct cm_args *args = store_args_call(arena, call);

    cm_arg_str(args, cb->stream_sid);
    cm_arg_text(args, stream_event_text(cb->stream_event));
    cm_arg_str(args, cb->stream_error);
    cm_arg_time(args, now_us);
    return cm_tx_send(tx, &sql_insert_stream, args, err);
}

cm_rc store_put_token(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                      struct cm_sha256 hash, const char *kind, int64_t expires_at_us,
                      struct cm_err *err)
{
    struct cm_args *args = store_args_call(arena, call);

    cm_arg_sha256(args, &hash);
    cm_arg_text(args, kind);
    cm_arg_time(args, expires_at_us);
    return cm_tx_send(tx, &sql_put_token, args, err);
}

/* ---- callbacks of calls that are not known yet ---- */

static struct cm_str dedup_key(struct cm_arena *arena, const struct callback *cb)
{
    switch (cb->kind) {
    case CALLBACK_RECORDING:
        return cm_arena_printf(arena, "recording:%.*s:%.*s:%d", CM_STR_FMT(cb->call_sid),
                               CM_STR_FMT(cb->recording_sid), (int)cb->recording_status);
    case CALLBACK_STREAM:
        return cm_arena_printf(arena, "stream:%.*s:%.*s:%d", CM_STR_FMT(cb->call_sid),
                               CM_STR_FMT(cb->stream_sid), (int)cb->stream_event);
    case CALLBACK_VOICE:
    case CALLBACK_STATUS:
        break;
    }
    return cm_arena_printf(arena, "status:%.*s:%s:%lld", CM_STR_FMT(cb->call_sid),
                           call_status_text(cb->status), (long long)cb->sequence);
}

cm_rc store_insert_pending(struct cm_tx *tx, struct cm_arena *arena, const struct callback *cb,
                           struct cm_str form, int64_t now_us, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);

    cm_arg_uuid(args, cm_uuid_v7(now_us));
    cm_arg_str(args, dedup_key(arena, cb));
    cm_arg_text(args, callback_kind_text(cb->kind));
    cm_arg_str(args, cb->call_sid);
    cm_arg_str(args, form);
    cm_arg_time(args, now_us);
    return cm_tx_send(tx, &sql_insert_pending, args, err);
}

static enum callback_kind kind_of(struct cm_str text)
{
    if (cm_str_is(text, "recording"))
        return CALLBACK_RECORDING;
    return cm_str_is(text, "stream") ? CALLBACK_STREAM : CALLBACK_STATUS;
}

cm_rc store_take_pending(struct cm_tx *tx, struct cm_arena *arena, struct cm_str call_sid,
                         struct pending_row **out, size_t *count, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    struct pending_row *list;
    cm_rc rc = cm_tx_query(tx, &sql_take_pending, store_args_text(arena, call_sid), &rows, err);

    if (rc)
        return rc;
    list = CM_NEW_N(arena, struct pending_row, cm_rows_count(rows) + 1);
    for (int i = 0; i < cm_rows_count(rows); i++)
        list[i] = (struct pending_row){ kind_of(cm_row_str(rows, i, 0)),
                                        cm_row_copy(rows, i, 1, arena), cm_row_time(rows, i, 2) };
    *out = list;
    *count = (size_t)cm_rows_count(rows);
    return CM_OK;
}
