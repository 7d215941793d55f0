#include "calls/import.h"

/* An old call stands at its own time in every list, so created_at is when it began. */
static const struct cm_stmt sql_call = {
    "import_call",
    "INSERT INTO call (id, call_sid, organization_id, phone_number_id, contact_id, from_number,"
    " to_number, direction, status, recording_url, has_recording, recorded, started_at, ended_at,"
    " duration_ms, created_at, updated_at)"
    " VALUES ($1, $2, $3, $4,"
    " contact_of($3, CASE $7 WHEN 'outbound' THEN $6 ELSE $5 END, $8, $9), $5, $6, $7,"
    " 'completed', '/api/calls/' || $1 || '/recording', true, true, $10, $11, $12, $10, $9)"
};
static const struct cm_stmt sql_status = {
    "import_status",
    "INSERT INTO call_status (call_id, organization_id, status, source, occurred_at, is_timed,"
    " duration_ms) VALUES ($1, $2, 'completed', 'import', $3, true, $4)"
};
static const struct cm_stmt sql_recording = {
    "import_recording",
    "INSERT INTO recording (id, call_id, organization_id, recording_sid, account_sid, source,"
    " state, channels, duration_ms, size_bytes, sha256, is_call_file, stored_at)"
    " VALUES ($3, $1, $2, $4, '', 'import', 'stored', $5, $6, $7, $8, true, $9)"
};
static const struct cm_stmt sql_steps = {
    "import_steps", "INSERT INTO call_step (call_id, organization_id, step, state, attempts)"
                    " SELECT $1, $2, step, CASE step WHEN 'record' THEN 'done' ELSE 'waiting' END,"
                    " CASE step WHEN 'record' THEN 1 ELSE 0 END FROM pipeline_steps() AS step"
};

static int64_t ended_at_us(const struct import *import)
{
    return import->started_at_us + import->facts.duration_ms.value * 1000;
}

static struct cm_args *call_args(const struct change *change, const struct import *import)
{
    struct cm_args *args = cm_args_new(change->arena);

    cm_arg_uuid(args, import->id);
    cm_arg_uuid(args, change->organization_id);
    return args;
}

static bool insert_call(struct change *change, const struct import *import)
{
    struct cm_args *args = cm_args_new(change->arena);

    cm_arg_uuid(args, import->id);
    cm_arg_str(args, import->call_sid);
    cm_arg_uuid(args, change->organization_id);
    cm_arg_uuid(args, import->number_id);
    cm_arg_str(args, import->from);
    cm_arg_str(args, import->to);
    cm_arg_str(args, import->direction);
    cm_arg_uuid(args, cm_uuid_v7(change->now_us)); /* of the contact, should it be a new one */
    cm_arg_time(args, change->now_us);
    cm_arg_time(args, import->started_at_us);
    cm_arg_time(args, ended_at_us(import));
    cm_arg_opt_i64(args, import->facts.duration_ms);
    return change_send(change, &sql_call, args);
}

static bool insert_status(struct change *change, const struct import *import)
{
    struct cm_args *args = call_args(change, import);

    cm_arg_time(args, ended_at_us(import));
    cm_arg_opt_i64(args, import->facts.duration_ms);
    return change_send(change, &sql_status, args);
}

static bool insert_recording(struct change *change, const struct import *import)
{
    struct cm_args *args = call_args(change, import);

    cm_arg_uuid(args, cm_uuid_v7(change->now_us));
    cm_arg_str(args, import->recording_sid);
    cm_arg_i32(args, import->facts.channels);
    cm_arg_opt_i64(args, import->facts.duration_ms);
    cm_arg_i64(args, (int64_t)import->facts.size_bytes);
    cm_arg_str(args, import->facts.sha256);
    cm_arg_time(args, change->now_us);
    return change_send(change, &sql_recording, args);
}

/* ---- what others are told ---- */

static bool find_contact(struct change *change, const struct import *import,
                         struct cm_opt_uuid *contact_id)
{
    static const struct cm_stmt sql = { "import_contact",
                                        "SELECT contact_id FROM call WHERE id = $1" };
    struct cm_args *args = cm_args_new(change->arena);
    CM_OWN(cm_rows) rows = NULL;

    cm_arg_uuid(args, import->id);
    if (!change_query(change, &sql, args, &rows))
        return false;
    *contact_id = cm_row_opt_uuid(rows, 0, 0);
    return true;
}

static struct cm_event event_of(const struct change *change, const struct import *import,
                                enum cm_event_kind kind)
{
    return (struct cm_event){ .kind = kind,
                              .head = { .organization_id = change->organization_id,
                                        .call_id = import->id,
                                        .call_sid = import->call_sid } };
}

static bool emit_started(struct change *change, const struct import *import)
{
    struct cm_event event = event_of(change, import, EVENT_CALL_STARTED);

    event.call_started = (struct cm_call_started){ .phone_number_id = import->number_id,
                                                   .from_number = import->from,
                                                   .to_number = import->to,
                                                   .direction = import->direction,
                                                   .status = CM_STR("completed"),
                                                   .started_at_us = import->started_at_us };
    return find_contact(change, import, &event.call_started.contact_id) &&
           change_emit(change, &event);
}

static bool emit_ended(struct change *change, const struct import *import)
{
    struct cm_event event = event_of(change, import, EVENT_CALL_ENDED);

    event.call_ended = (struct cm_call_ended){ .status = CM_STR("completed"),
                                               .started_at_us = { true, import->started_at_us },
                                               .ended_at_us = { true, ended_at_us(import) },
                                               .duration_ms = import->facts.duration_ms };
    return change_emit(change, &event);
}

static bool emit_recorded(struct change *change, const struct import *import)
{
    struct cm_event event = event_of(change, import, EVENT_CALL_RECORDED);

    event.call_recorded = (struct cm_call_recorded){
        .recording_sid = import->recording_sid,
        .file = cm_arena_printf(change->arena, "%.*s.mp3", CM_STR_FMT(import->call_sid)),
        .sha256 = import->facts.sha256,
        .size_bytes = (int64_t)import->facts.size_bytes,
        .channels = import->facts.channels,
        .duration_ms = import->facts.duration_ms,
        .caller_channel = import->caller_channel,
        .from_number = import->from,
        .to_number = import->to,
        .direction = import->direction,
        .started_at_us = import->started_at_us,
    };
    return change_emit(change, &event);
}

bool import_store(struct change *change, const struct import *import)
{
    return insert_call(change, import) && insert_status(change, import) &&
           insert_recording(change, import) &&
           change_send(change, &sql_steps, call_args(change, import)) &&
           emit_started(change, import) && emit_ended(change, import) &&
           emit_recorded(change, import);
}
