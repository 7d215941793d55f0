#include "store.h"

/* ---- the statements ---- */

/* Who deletes a call waits for the lock on its row, or is waited for and leaves none. */
static const struct cm_stmt sql_turns = {
    "live_turns",
    "INSERT INTO live_turn (id, session_id, call_id, organization_id, position, role, start_ms,"
    "                       end_ms, text, interrupted, created_at)"
    " SELECT u.id, s.id, s.call_id, s.organization_id, u.position,"
    "        CASE WHEN u.by_caller THEN 'caller' ELSE 'agent' END, u.start_ms, u.end_ms, u.text,"
    "        u.interrupted, $9"
    "   FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::bool[], $5::bigint[], $6::bigint[],"
    "               $7::text[], $8::bool[]) WITH ORDINALITY"
    "        AS u (id, session_id, position, by_caller, start_ms, end_ms, text, interrupted, place)"
    "   JOIN live_session s ON s.id = u.session_id JOIN call c ON c.id = s.call_id"
    "  ORDER BY u.place FOR KEY SHARE OF c"
    " ON CONFLICT DO NOTHING RETURNING id",
};

#define ENDED                                                                                      \
    "s.id, s.organization_id, s.call_id, c.call_sid, s.started_at, s.ended_at, s.reason, s.kind,"  \
    " s.engine, s.model, (SELECT count(*) FROM live_turn t WHERE t.session_id = s.id)"

static const struct cm_stmt sql_end = {
    "live_end",
    "UPDATE live_session s SET ended_at = greatest($2, s.started_at), reason = $3, holder_id = NULL"
    "  FROM call c WHERE s.id = $1 AND s.ended_at IS NULL AND c.id = s.call_id RETURNING " ENDED,
};
static const struct cm_stmt sql_holder = {
    "live_holder",
    "INSERT INTO live_holder AS h (id, seen_at) VALUES ($1, $2)"
    " ON CONFLICT (id) DO UPDATE SET seen_at = greatest(h.seen_at, EXCLUDED.seen_at)",
};
static const struct cm_stmt sql_lost = {
    "live_lost",
    "UPDATE live_session s SET ended_at = greatest(h.seen_at, s.started_at), reason = 'lost',"
    "                          holder_id = NULL"
    "  FROM live_holder h, call c"
    " WHERE s.id = ANY (ARRAY("
    "    SELECT l.id FROM live_holder d JOIN live_session l ON l.holder_id = d.id"
    "     WHERE d.seen_at < $1 ORDER BY d.seen_at LIMIT $2 FOR UPDATE OF l SKIP LOCKED))"
    "   AND h.id = s.holder_id AND c.id = s.call_id RETURNING " ENDED,
};
static const struct cm_stmt sql_forget_holders = {
    "live_forget_holders",
    "DELETE FROM live_holder WHERE id = ANY (ARRAY("
    "  SELECT h.id FROM live_holder h WHERE h.seen_at < $1"
    "     AND NOT EXISTS (SELECT FROM live_session s WHERE s.holder_id = h.id)"
    "   FOR UPDATE SKIP LOCKED))",
};
static const struct cm_stmt sql_forget_tokens = {
    "live_forget_tokens",
    "DELETE FROM stream_token WHERE token_hash = ANY (ARRAY("
    "  SELECT token_hash FROM stream_token WHERE expires_at < $1"
    "   ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
};
/* 'gone' comes first: what has ended already is nobody's to end. */
static const struct cm_stmt sql_over = {
    "live_over",
    "SELECT u.id, o.how FROM unnest($1::uuid[]) AS u (id)"
    "  LEFT JOIN live_session s ON s.id = u.id AND s.ended_at IS NULL"
    "  LEFT JOIN call c ON c.id = s.call_id"
    " CROSS JOIN LATERAL (SELECT CASE"
    "   WHEN s.id IS NULL THEN 'gone'"
    "   WHEN c.status IN ('completed', 'busy', 'failed', 'no-answer', 'canceled') THEN 'status'"
    "   WHEN EXISTS (SELECT FROM call_stream x WHERE x.call_id = s.call_id"
    "                   AND x.stream_sid = s.stream_sid"
    "                   AND x.event IN ('stream-error', 'stream-stopped')) THEN 'stream' END) o "
    "(how)"
    " WHERE o.how IS NOT NULL",
};
/* Before what is found in the transcript, as it was noted before. todo-extractor knows 'live:'. */
static const struct cm_stmt sql_note = {
    "live_note",
    "INSERT INTO todo (id, call_id, organization_id, title, owner, due_date, evidence, fingerprint,"
    "                  position, created_at)"
    " SELECT $1::uuid, s.call_id, s.organization_id, $3, 'agent', $4, $5, 'live:' || $1::uuid, -1, "
    "$6"
    "   FROM live_session s JOIN call c ON c.id = s.call_id WHERE s.id = $2 FOR KEY SHARE OF c"
    " ON CONFLICT DO NOTHING",
};

/* ---- turns ---- */

static struct cm_args *turn_args(struct cm_arena *arena, const struct live_turn_row turns[],
                                 size_t count, int64_t now_us)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *ids = cm_arg_column(args, CM_COL_UUID);
    struct cm_column *sessions = cm_arg_column(args, CM_COL_UUID);
    struct cm_column *positions = cm_arg_column(args, CM_COL_I32);
    struct cm_column *callers = cm_arg_column(args, CM_COL_BOOL);
    struct cm_column *starts = cm_arg_column(args, CM_COL_I64);
    struct cm_column *ends = cm_arg_column(args, CM_COL_I64);
    struct cm_column *texts = cm_arg_column(args, CM_COL_TEXT);
    struct cm_column *interrupted = cm_arg_column(args, CM_COL_BOOL);

    for (size_t i = 0; i < count; i++) {
        cm_col_uuid(ids, turns[i].id);
        cm_col_uuid(sessions, turns[i].session_id);
        cm_col_i32(positions, (int32_t)turns[i].position);
        cm_col_bool(callers, turns[i].by_caller);
        cm_col_i64(starts, turns[i].start_ms);
        cm_col_i64(ends, turns[i].end_ms);
        cm_col_str(texts, turns[i].text);
        cm_col_bool(interrupted, turns[i].interrupted);
    }
    cm_arg_time(args, now_us);
    return args;
}

/* The rows come in the order of the turns, some left out. */
static void mark_written(const struct live_turn_row turns[], size_t count,
                         const struct cm_rows *rows, bool written[])
{
    int row = 0;

    for (size_t i = 0; i < count; i++) {
        written[i] =
            row < cm_rows_count(rows) && cm_uuid_eq(turns[i].id, cm_row_uuid(rows, row, 0));
        row += written[i];
    }
}

cm_rc live_store_turns(struct cm_tx *tx, struct cm_arena *arena, const struct live_turn_row turns[],
                       size_t count, int64_t now_us, bool written[], struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    if (!count)
        return CM_OK;
    rc = cm_tx_query(tx, &sql_turns, turn_args(arena, turns, count, now_us), &rows, err);
    if (rc)
        return rc;

    mark_written(turns, count, rows, written);
    return CM_OK;
}

/* ---- the end ---- */

static struct live_ended_row ended_of(struct cm_arena *arena, const struct cm_rows *rows, int row)
{
    return (struct live_ended_row){
        .session_id = cm_row_uuid(rows, row, 0),
        .head = { .organization_id = cm_row_uuid(rows, row, 1),
                  .call_id = cm_row_uuid(rows, row, 2),
                  .call_sid = cm_arena_str(arena, cm_row_str(rows, row, 3)) },
        .started_at_us = cm_row_time(rows, row, 4),
        .ended_at_us = cm_row_time(rows, row, 5),
        .reason = cm_arena_str(arena, cm_row_str(rows, row, 6)),
        .kind = cm_arena_str(arena, cm_row_str(rows, row, 7)),
        .engine = cm_arena_str(arena, cm_row_str(rows, row, 8)),
        .model = cm_arena_str(arena, cm_row_str(rows, row, 9)),
        .turn_count = cm_row_i64(rows, row, 10),
    };
}

cm_rc live_store_end(struct cm_tx *tx, struct cm_arena *arena, struct cm_uuid session_id,
                     const char *reason, int64_t now_us, bool *ended, struct live_ended_row *out,
                     struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    struct cm_args *args = cm_args_new(arena);
    cm_rc rc;

    cm_arg_uuid(args, session_id);
    cm_arg_time(args, now_us);
    cm_arg_text(args, reason);
    rc = cm_tx_query(tx, &sql_end, args, &rows, err);
    if (rc)
        return rc;

    *ended = cm_rows_count(rows) > 0;
    if (*ended)
        *out = ended_of(arena, rows, 0);
    return CM_OK;
}

/* ---- those who hold ---- */

cm_rc live_store_holder(struct cm_tx *tx, struct cm_arena *arena, struct cm_uuid holder_id,
                        int64_t now_us, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);

    cm_arg_uuid(args, holder_id);
    cm_arg_time(args, now_us);
    return cm_tx_send(tx, &sql_holder, args, err);
}

static struct cm_args *args_bound(struct cm_arena *arena, int64_t before_us, int64_t most)
{
    struct cm_args *args = cm_args_new(arena);

    cm_arg_time(args, before_us);
    cm_arg_i64(args, most);
    return args;
}

static cm_rc forget(struct cm_tx *tx, struct cm_arena *arena, int64_t before_us, int64_t now_us,
                    int64_t most, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    cm_rc rc;

    cm_arg_time(args, before_us);
    rc = cm_tx_send(tx, &sql_forget_holders, args, err);
    if (rc)
        return rc;
    return cm_tx_send(tx, &sql_forget_tokens, args_bound(arena, now_us, most), err);
}

cm_rc live_store_lost(struct cm_tx *tx, struct cm_arena *arena, int64_t before_us, int64_t now_us,
                      int64_t most, struct live_ended_row **out, size_t *count, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    struct live_ended_row *lost;
    size_t found;
    cm_rc rc = cm_tx_query(tx, &sql_lost, args_bound(arena, before_us, most), &rows, err);

    if (!rc)
        rc = forget(tx, arena, before_us, now_us, most, err);
    if (rc)
        return rc;

    found = (size_t)cm_rows_count(rows);
    lost = CM_NEW_N(arena, struct live_ended_row, found + 1);
    for (size_t i = 0; i < found; i++)
        lost[i] = ended_of(arena, rows, (int)i);
    *out = lost;
    *count = found;
    return CM_OK;
}

/* ---- over by another way ---- */

static enum live_over_how how_of(struct cm_str text)
{
    if (cm_str_is(text, "gone"))
        return LIVE_OVER_GONE;
    return cm_str_is(text, "status") ? LIVE_OVER_BY_STATUS : LIVE_OVER_BY_STREAM;
}

cm_rc live_store_over(struct cm_tx *tx, struct cm_arena *arena, const struct cm_uuid sessions[],
                      size_t session_count, struct live_over **out, size_t *count,
                      struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *ids = cm_arg_column(args, CM_COL_UUID);
    struct live_over *over;
    cm_rc rc;

    for (size_t i = 0; i < session_count; i++)
        cm_col_uuid(ids, sessions[i]);
    rc = cm_tx_query(tx, &sql_over, args, &rows, err);
    if (rc)
        return rc;

    over = CM_NEW_N(arena, struct live_over, (size_t)cm_rows_count(rows) + 1);
    for (int i = 0; i < cm_rows_count(rows); i++)
        over[i] = (struct live_over){ cm_row_uuid(rows, i, 0), how_of(cm_row_str(rows, i, 1)) };
    *out = over;
    *count = (size_t)cm_rows_count(rows);
    return CM_OK;
}

/* ---- notes ---- */

cm_rc live_store_note(struct cm_tx *tx, struct cm_arena *arena, const struct live_note *note,
                      int64_t now_us, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);

    cm_arg_uuid(args, note->id);
    cm_arg_uuid(args, note->session_id);
    cm_arg_str(args, note->title);
    cm_arg_date(args, note->due.len ? note->due : (struct cm_str){ 0 });
    cm_arg_str(args, note->said.len ? note->said : note->title);
    cm_arg_time(args, now_us);
    return cm_tx_send(tx, &sql_note, args, err);
}
