#include "store.h"

static const struct cm_stmt sql_standing = { "transcriber_standing",
                                             "SELECT EXISTS (SELECT FROM recording WHERE call_id = "
                                             "$1 AND is_call_file AND recording_sid <> $2)" };

static const struct cm_stmt sql_calls = {
    "transcriber_calls", "SELECT c.id, c.organization_id, c.contact_id, r.recording_sid FROM call c"
                         " LEFT JOIN recording r ON r.call_id = c.id AND r.is_call_file"
                         " WHERE c.id = ANY ($1::uuid[]) ORDER BY c.id FOR KEY SHARE OF c"
};

static const struct cm_stmt sql_forget = {
    "transcriber_forget", "DELETE FROM transcription WHERE call_id = ANY ($1::uuid[])"
};

static const struct cm_stmt sql_transcriptions = {
    "transcriber_transcriptions",
    "INSERT INTO transcription (id, call_id, organization_id, recording_sid, text, language, "
    "engine,"
    " model, duration_ms)"
    " SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[],"
    " $7::text[], $8::text[], $9::bigint[])"
};

static const struct cm_stmt sql_segments = {
    "transcriber_segments",
    "INSERT INTO segment (id, transcription_id, call_id, organization_id, position, channel, role,"
    " start_ms, end_ms, text)"
    " SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::int[],"
    " $7::text[], $8::bigint[], $9::bigint[], $10::text[])"
};

static const struct cm_stmt sql_waveforms = {
    "transcriber_waveforms",
    "INSERT INTO waveform (call_id, organization_id, recording_sid, duration_ms, roles, peaks)"
    " SELECT u.call_id, u.organization_id, u.recording_sid, u.duration_ms,"
    " (ARRAY[u.first_role, u.second_role])[:u.channels], u.peaks"
    " FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::int[], $6::text[],"
    " $7::text[], $8::bytea[]) AS u (call_id, organization_id, recording_sid, duration_ms,"
    " channels, first_role, second_role, peaks)"
    " ON CONFLICT (call_id) DO UPDATE SET recording_sid = EXCLUDED.recording_sid,"
    " duration_ms = EXCLUDED.duration_ms, roles = EXCLUDED.roles, peaks = EXCLUDED.peaks,"
    " created_at = now()"
};

cm_rc store_is_superseded(struct cm_db *db, struct cm_arena *arena, struct cm_uuid call_id,
                          struct cm_str recording_sid, bool *superseded, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    cm_arg_uuid(args, call_id);
    cm_arg_str(args, recording_sid);
    rc = cm_db_query(db, &sql_standing, args, &rows, err);
    if (rc)
        return rc;

    *superseded = cm_row_bool(rows, 0, 0);
    return CM_OK;
}

static void read_call(const struct cm_rows *rows, int row, const struct cm_event *recorded,
                      struct stored_call *out)
{
    out->organization_id = cm_row_uuid(rows, row, 1);
    out->contact_id = cm_row_opt_uuid(rows, row, 2);
    out->wanted = cm_row_is_null(rows, row, 3) ||
                  cm_str_eq(cm_row_str(rows, row, 3), recorded->call_recorded.recording_sid);
}

cm_rc store_calls(struct cm_tx *tx, struct cm_arena *arena, const struct cm_event *const recorded[],
                  size_t count, struct stored_call *out, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *ids = cm_arg_column(args, CM_COL_UUID);
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    for (size_t i = 0; i < count; i++)
        cm_col_uuid(ids, recorded[i]->head.call_id);
    rc = cm_tx_query(tx, &sql_calls, args, &rows, err);
    if (rc)
        return rc;

    for (size_t i = 0; i < count; i++) {
        out[i] = (struct stored_call){ 0 };
        for (int row = 0; row < cm_rows_count(rows); row++)
            if (cm_uuid_eq(cm_row_uuid(rows, row, 0), recorded[i]->head.call_id))
                read_call(rows, row, recorded[i], &out[i]);
    }
    return CM_OK;
}

static cm_rc forget(struct cm_tx *tx, struct cm_arena *arena, const struct transcript *transcripts,
                    size_t count, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *ids = cm_arg_column(args, CM_COL_UUID);

    for (size_t i = 0; i < count; i++)
        cm_col_uuid(ids, transcripts[i].call_id);
    return cm_tx_send(tx, &sql_forget, args, err);
}

static cm_rc insert_transcriptions(struct cm_tx *tx, struct cm_arena *arena,
                                   const struct transcript *transcripts, size_t count,
                                   struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *id = cm_arg_column(args, CM_COL_UUID);
    struct cm_column *call = cm_arg_column(args, CM_COL_UUID);
    struct cm_column *organization = cm_arg_column(args, CM_COL_UUID);
    struct cm_column *recording = cm_arg_column(args, CM_COL_TEXT);
    struct cm_column *text = cm_arg_column(args, CM_COL_TEXT);
    struct cm_column *language = cm_arg_column(args, CM_COL_TEXT);
    struct cm_column *engine = cm_arg_column(args, CM_COL_TEXT);
    struct cm_column *model = cm_arg_column(args, CM_COL_TEXT);
    struct cm_column *duration = cm_arg_column(args, CM_COL_I64);

    for (size_t i = 0; i < count; i++) {
        const struct cm_call_transcribed *made = transcripts[i].transcribed;

        cm_col_uuid(id, made->transcription_id);
        cm_col_uuid(call, transcripts[i].call_id);
        cm_col_uuid(organization, transcripts[i].organization_id);
        cm_col_str(recording, transcripts[i].recording_sid);
        cm_col_str(text, made->text);
        cm_col_str(language, made->language);
        cm_col_str(engine, made->engine);
        cm_col_str(model, made->model);
        cm_col_i64(duration, made->duration_ms);
    }
    return cm_tx_send(tx, &sql_transcriptions, args, err);
}

static cm_rc insert_segments(struct cm_tx *tx, struct cm_arena *arena,
                             const struct transcript *transcripts, size_t count, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *id = cm_arg_column(args, CM_COL_UUID);
    struct cm_column *transcription = cm_arg_column(args, CM_COL_UUID);
    struct cm_column *call = cm_arg_column(args, CM_COL_UUID);
    struct cm_column *organization = cm_arg_column(args, CM_COL_UUID);
    struct cm_column *position = cm_arg_column(args, CM_COL_I32);
    struct cm_column *channel = cm_arg_column(args, CM_COL_I32);
    struct cm_column *role = cm_arg_column(args, CM_COL_TEXT);
    struct cm_column *start = cm_arg_column(args, CM_COL_I64);
    struct cm_column *end = cm_arg_column(args, CM_COL_I64);
    struct cm_column *text = cm_arg_column(args, CM_COL_TEXT);

    for (size_t i = 0; i < count; i++) {
        const struct cm_call_transcribed *made = transcripts[i].transcribed;

        for (size_t k = 0; k < made->segment_count; k++) {
            cm_col_uuid(id, made->segments[k].id);
            cm_col_uuid(transcription, made->transcription_id);
            cm_col_uuid(call, transcripts[i].call_id);
            cm_col_uuid(organization, transcripts[i].organization_id);
            cm_col_i32(position, (int32_t)k);
            cm_col_i32(channel, (int32_t)made->segments[k].channel);
            cm_col_str(role, made->segments[k].role);
            cm_col_i64(start, made->segments[k].start_ms);
            cm_col_i64(end, made->segments[k].end_ms);
            cm_col_str(text, made->segments[k].text);
        }
    }
    return cm_tx_send(tx, &sql_segments, args, err);
}

static cm_rc replace_waveforms(struct cm_tx *tx, struct cm_arena *arena,
                               const struct transcript *transcripts, size_t count,
                               struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *call = cm_arg_column(args, CM_COL_UUID);
    struct cm_column *organization = cm_arg_column(args, CM_COL_UUID);
    struct cm_column *recording = cm_arg_column(args, CM_COL_TEXT);
    struct cm_column *duration = cm_arg_column(args, CM_COL_I64);
    struct cm_column *channels = cm_arg_column(args, CM_COL_I32);
    struct cm_column *first_role = cm_arg_column(args, CM_COL_TEXT);
    struct cm_column *second_role = cm_arg_column(args, CM_COL_TEXT);
    struct cm_column *peaks = cm_arg_column(args, CM_COL_BYTES);

    for (size_t i = 0; i < count; i++) {
        const struct waveform *waveform = transcripts[i].waveform;

        cm_col_uuid(call, transcripts[i].call_id);
        cm_col_uuid(organization, transcripts[i].organization_id);
        cm_col_str(recording, transcripts[i].recording_sid);
        cm_col_i64(duration, transcripts[i].transcribed->duration_ms);
        cm_col_i32(channels, (int32_t)waveform->channels);
        cm_col_str(first_role, waveform->roles[0]);
        cm_col_str(second_role, waveform->roles[1]);
        cm_col_bytes(peaks, waveform->peaks);
    }
    return cm_tx_send(tx, &sql_waveforms, args, err);
}

cm_rc store_replace(struct cm_tx *tx, struct cm_arena *arena, const struct transcript *transcripts,
                    size_t count, struct cm_err *err)
{
    cm_rc rc;

    rc = forget(tx, arena, transcripts, count, err);
    if (rc)
        return rc;

    rc = insert_transcriptions(tx, arena, transcripts, count, err);
    if (rc)
        return rc;

    rc = insert_segments(tx, arena, transcripts, count, err);
    if (rc)
        return rc;

    return replace_waveforms(tx, arena, transcripts, count, err);
}
