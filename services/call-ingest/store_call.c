#include "store_call.h"

#include "store_inside.h"

/* ---- the statements ---- */

static const struct cm_stmt sql_lock_call = {
    "ingest_lock_call",
    "SELECT true FROM lock_call($1)",
};
static const struct cm_stmt sql_find_call = {
    "ingest_find_call",
    "SELECT id, organization_id, phone_number_id, contact_id, from_number, to_number,"
    "       direction = 'outbound', recorded, status, created_at,"
    "       EXISTS (SELECT FROM pending_callback p WHERE p.call_sid = $1)"
    "  FROM call WHERE call_sid = $1",
};
static const struct cm_stmt sql_was_deleted = {
    "ingest_was_deleted",
    "SELECT EXISTS (SELECT 1 FROM deleted_call WHERE call_sid = $1)",
};
static const struct cm_stmt sql_find_number = {
    "ingest_find_number",
    "SELECT id, organization_id, forward_to, greeting, record, assistant FROM phone_number"
    " WHERE number = $1",
};
static const struct cm_stmt sql_contact = {
    "ingest_contact",
    "SELECT contact_of($1, $2, $3, $4)",
};
static const struct cm_stmt sql_insert_call = {
    "ingest_insert_call",
    "INSERT INTO call (id, call_sid, organization_id, phone_number_id, contact_id, from_number, "
    "to_number,"
    "                  direction, status, recorded, recording_awaited, created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $11)",
};
static const struct cm_stmt sql_insert_saying = {
    "ingest_insert_saying",
    "INSERT INTO call_status (call_id, organization_id, status, sequence, source, occurred_at, "
    "is_timed,"
    "                         duration_ms, received_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
};
static const struct cm_stmt sql_list_sayings = {
    "ingest_list_sayings",
    "SELECT status, sequence, source, occurred_at, is_timed, duration_ms FROM call_status WHERE "
    "call_id = $1",
};
static const struct cm_stmt sql_update_call = {
    "ingest_update_call",
    "UPDATE call SET status = $2, started_at = $3, ended_at = $4, duration_ms = $5, "
    "recording_awaited = $6,"
    "                updated_at = $7"
    " WHERE id = $1 AND (status, started_at, ended_at, duration_ms, recording_awaited)"
    "                   IS DISTINCT FROM ($2, $3, $4, $5, $6)",
};
/* ---- words of columns ---- */

static enum callback_source source_of(struct cm_str text)
{
    for (int source = SOURCE_WEBHOOK; source < SOURCE_SWEEPER; source++)
        if (cm_str_is(text, callback_source_text((enum callback_source)source)))
            return (enum callback_source)source;
    return SOURCE_SWEEPER; /* and 'import': weaker than Twilio's word, both */
}

/* ---- the call ---- */

cm_rc store_lock_call(struct cm_tx *tx, struct cm_arena *arena, struct cm_str call_sid,
                      struct cm_err *err)
{
    return cm_tx_send(tx, &sql_lock_call, store_args_text(arena, call_sid), err);
}

cm_rc store_find_call(struct cm_tx *tx, struct cm_arena *arena, struct cm_str call_sid,
                      struct call_row *out, enum store_answer *answer, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = cm_tx_query(tx, &sql_find_call, store_args_text(arena, call_sid), &rows, err);

    if (rc)
        return rc;
    *answer = STORE_NONE;
    if (!cm_rows_count(rows))
        return CM_OK;

    *out = (struct call_row){ .id = cm_row_uuid(rows, 0, 0),
                              .organization_id = cm_row_uuid(rows, 0, 1),
                              .phone_number_id = cm_row_uuid(rows, 0, 2),
                              .contact_id = cm_row_opt_uuid(rows, 0, 3),
                              .call_sid = call_sid,
                              .from = cm_row_copy(rows, 0, 4, arena),
                              .to = cm_row_copy(rows, 0, 5, arena),
                              .outbound = cm_row_bool(rows, 0, 6),
                              .recorded = cm_row_bool(rows, 0, 7),
                              .created_at_us = cm_row_time(rows, 0, 9),
                              .has_kept = cm_row_bool(rows, 0, 10) };
    if (!call_status_read(cm_row_str(rows, 0, 8), &out->status))
        return cm_fail(err, CM_FATAL, "call %.*s has a status that is none", CM_STR_FMT(call_sid));
    *answer = STORE_FOUND;
    return CM_OK;
}

cm_rc store_was_deleted(struct cm_tx *tx, struct cm_arena *arena, struct cm_str call_sid,
                        bool *deleted, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = cm_tx_query(tx, &sql_was_deleted, store_args_text(arena, call_sid), &rows, err);

    if (rc)
        return rc;
    *deleted = cm_row_bool(rows, 0, 0);
    return CM_OK;
}

cm_rc store_find_number(struct cm_tx *tx, struct cm_arena *arena, struct cm_str number,
                        struct number_row *out, enum store_answer *answer, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = cm_tx_query(tx, &sql_find_number, store_args_text(arena, number), &rows, err);

    if (rc)
        return rc;
    *answer = STORE_NONE;
    if (!cm_rows_count(rows))
        return CM_OK;

    *out = (struct number_row){ .id = cm_row_uuid(rows, 0, 0),
                                .organization_id = cm_row_uuid(rows, 0, 1),
                                .forward_to = cm_row_copy(rows, 0, 2, arena),
                                .greeting = cm_row_copy(rows, 0, 3, arena),
                                .record = cm_row_bool(rows, 0, 4),
                                .assistant = cm_row_bool(rows, 0, 5) };
    *answer = STORE_FOUND;
    return CM_OK;
}

cm_rc store_contact(struct cm_tx *tx, struct cm_arena *arena, struct cm_uuid organization_id,
                    struct cm_str number, int64_t now_us, struct cm_uuid *out, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    struct cm_args *args = cm_args_new(arena);
    cm_rc rc;

    cm_arg_uuid(args, organization_id);
    cm_arg_str(args, number);
    cm_arg_uuid(args, cm_uuid_v7(now_us));
    cm_arg_time(args, now_us);
    rc = cm_tx_query(tx, &sql_contact, args, &rows, err);
    if (rc)
        return rc;
    *out = cm_row_uuid(rows, 0, 0);
    return CM_OK;
}

cm_rc store_insert_call(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                        struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);

    cm_arg_uuid(args, call->id);
    cm_arg_str(args, call->call_sid);
    cm_arg_uuid(args, call->organization_id);
    cm_arg_uuid(args, call->phone_number_id);
    cm_arg_opt_uuid(args, call->contact_id);
    cm_arg_str(args, call->from);
    cm_arg_str(args, call->to);
    cm_arg_text(args, call->outbound ? "outbound" : "inbound");
    cm_arg_text(args, call_status_text(call->status));
    cm_arg_bool(args, call->recorded);
    cm_arg_time(args, call->created_at_us);
    return cm_tx_send(tx, &sql_insert_call, args, err);
}

cm_rc store_insert_saying(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                          const struct saying *saying, int64_t now_us, struct cm_err *err)
{
    struct cm_args *args = store_args_call(arena, call);

    cm_arg_text(args, call_status_text(saying->status));
    cm_arg_i32(args, (int32_t)saying->sequence);
    cm_arg_text(args, callback_source_text(saying->source));
    cm_arg_time(args, saying->at_us);
    cm_arg_bool(args, saying->is_timed);
    cm_arg_opt_i64(args, saying->duration_ms);
    cm_arg_time(args, now_us);
    return cm_tx_send(tx, &sql_insert_saying, args, err);
}

cm_rc store_list_sayings(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                         struct saying **out, size_t *count, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    struct cm_args *args = cm_args_new(arena);
    struct saying *sayings;
    cm_rc rc;

    cm_arg_uuid(args, call->id);
    rc = cm_tx_query(tx, &sql_list_sayings, args, &rows, err);
    if (rc)
        return rc;

    sayings = CM_NEW_N(arena, struct saying, cm_rows_count(rows) + 1);
    for (int i = 0; i < cm_rows_count(rows); i++) {
        if (!call_status_read(cm_row_str(rows, i, 0), &sayings[i].status))
            return cm_fail(err, CM_FATAL, "call %.*s has a saying that is none",
                           CM_STR_FMT(call->call_sid));
        sayings[i].sequence = cm_row_i64(rows, i, 1);
        sayings[i].source = source_of(cm_row_str(rows, i, 2));
        sayings[i].at_us = cm_row_time(rows, i, 3);
        sayings[i].is_timed = cm_row_bool(rows, i, 4);
        sayings[i].duration_ms = cm_row_opt_i64(rows, i, 5);
    }
    *out = sayings;
    *count = (size_t)cm_rows_count(rows);
    return CM_OK;
}

cm_rc store_update_call(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                        const struct call_state *state, bool recording_awaited, int64_t now_us,
                        struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);

    cm_arg_uuid(args, call->id);
    cm_arg_text(args, call_status_text(state->status));
    cm_arg_opt_time(args, state->started_at_us);
    cm_arg_opt_time(args, state->ended_at_us);
    cm_arg_opt_i64(args, state->duration_ms);
    cm_arg_bool(args, recording_awaited);
    cm_arg_time(args, now_us);
    return cm_tx_send(tx, &sql_update_call, args, err);
}
