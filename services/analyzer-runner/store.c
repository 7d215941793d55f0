#include "store.h"

#include "base/digest.h"

static const struct cm_stmt sql_analyzers = {
    "analyze_analyzers",
    "SELECT coalesce(c.started_at, c.created_at), c.direction,"
    " extract(epoch FROM (coalesce(c.started_at, c.created_at) AT TIME ZONE o.time_zone)"
    " - (coalesce(c.started_at, c.created_at) AT TIME ZONE 'UTC'))::bigint,"
    " a.id, a.name, a.prompt, a.engine"
    " FROM call c JOIN organization o ON o.id = c.organization_id"
    " LEFT JOIN analyzer a ON a.organization_id = c.organization_id AND a.active AND a.deleted_at "
    "IS NULL"
    " WHERE c.id = $1 ORDER BY a.position, a.created_at, a.id LIMIT $2"
};

static const struct cm_stmt sql_transcript = {
    "analyze_transcript",
    "SELECT s.id, s.channel, s.role, s.start_ms, s.end_ms, s.text FROM transcription t"
    " LEFT JOIN segment s ON s.transcription_id = t.id WHERE t.call_id = $1 ORDER BY s.position"
};

/* A call's runs are appended by one transaction at a time, so that the one that comes last here is
 * the newest, whose glance stays. In order of id, so that batches cannot deadlock. */
static const struct cm_stmt sql_hold = {
    "analyze_hold", "SELECT FROM call WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"
};

/* organization_id is the call's own; an analyzer or a call that is gone by now has no run. Both are
 * looked up by a subquery for each row: as a join, a batch could make the planner read whole
 * tables. A run that is there already is not appended, and so takes no glance back to what it was.
 */
static const struct cm_stmt sql_append = {
    "analyze_append",
    "WITH said AS ("
    "   SELECT u.*,"
    "   (SELECT c.organization_id FROM call c JOIN analyzer a ON a.organization_id = "
    "c.organization_id"
    "   WHERE c.id = u.call_id AND a.id = u.analyzer_id) AS organization_id"
    "   FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::uuid[],"
    "   $8::uuid[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::text[], $14::text[])"
    "   WITH ORDINALITY AS u (id, call_id, analyzer_id, said, cause, request_id, event_id, engine,"
    "   model, prompt_sha256, took_ms, summary, sentiment, place)"
    " ), appended AS ("
    "   INSERT INTO analysis_run (id, call_id, organization_id, analyzer_id, analysis_text, "
    "trigger,"
    "   request_id, event_id, engine, model, prompt_sha256, duration_ms, created_at)"
    "   SELECT id, call_id, organization_id, analyzer_id, said, cause, request_id, event_id,"
    "   engine, model, prompt_sha256, took_ms, $1 FROM said"
    "   WHERE organization_id IS NOT NULL ORDER BY place"
    "   ON CONFLICT (event_id, analyzer_id) DO NOTHING RETURNING id"
    " ), newest AS ("
    "   SELECT s.call_id,"
    "   (array_agg(s.summary ORDER BY s.place DESC) FILTER (WHERE s.summary IS NOT NULL))[1]"
    "   AS summary,"
    "   (array_agg(s.sentiment ORDER BY s.place DESC) FILTER (WHERE s.sentiment IS NOT NULL))[1]"
    "   AS sentiment"
    "   FROM said s JOIN appended a ON a.id = s.id"
    "   WHERE s.summary IS NOT NULL OR s.sentiment IS NOT NULL GROUP BY s.call_id"
    " ) UPDATE call c SET summary = coalesce(n.summary, c.summary),"
    " sentiment = coalesce(n.sentiment, c.sentiment)"
    " FROM newest n WHERE c.id = n.call_id AND c.id = ANY ($3)"
};

static struct cm_str copy(struct cm_arena *arena, const struct cm_rows *rows, int row, int column)
{
    return cm_arena_str(arena, cm_row_str(rows, row, column));
}

cm_rc store_read_analyzers(struct cm_db *db, const struct cm_item *item, int64_t most,
                           struct runs *out, struct cm_err *err)
{
    struct cm_arena *arena = item->arena;
    struct cm_args *args = cm_args_new(arena);
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    cm_arg_uuid(args, item->event->head.call_id);
    cm_arg_i64(args, most);
    rc = cm_db_query(db, &sql_analyzers, args, &rows, err);
    if (rc)
        return rc;

    out->runs = CM_NEW_N(arena, struct run, cm_rows_count(rows));
    for (int i = 0; i < cm_rows_count(rows); i++) {
        out->transcript.started_at_us = cm_row_time(rows, i, 0);
        out->transcript.direction = copy(arena, rows, i, 1);
        out->transcript.utc_offset_s = cm_row_i64(rows, i, 2);
        if (!cm_row_is_null(rows, i, 3))
            out->runs[out->count++].analyzer =
                (struct analyzer){ .id = cm_row_uuid(rows, i, 3),
                                   .name = copy(arena, rows, i, 4),
                                   .prompt = copy(arena, rows, i, 5),
                                   .engine = copy(arena, rows, i, 6) };
    }
    return CM_OK;
}

cm_rc store_read_transcript(struct cm_db *db, const struct cm_item *item, struct cm_transcript *out,
                            struct cm_err *err)
{
    struct cm_args *args = cm_args_new(item->arena);
    CM_OWN(cm_rows) rows = NULL;
    struct cm_segment *segments;
    size_t count = 0;
    cm_rc rc;

    cm_arg_uuid(args, item->event->head.call_id);
    rc = cm_db_query(db, &sql_transcript, args, &rows, err);
    if (rc)
        return rc;
    if (!cm_rows_count(rows))
        return cm_fail(err, CM_REJECT, "the call has no transcription to run analyzers on");

    segments = CM_NEW_N(item->arena, struct cm_segment, cm_rows_count(rows));
    for (int i = 0; i < cm_rows_count(rows); i++)
        if (!cm_row_is_null(rows, i, 0))
            segments[count++] = (struct cm_segment){ .id = cm_row_uuid(rows, i, 0),
                                                     .channel = cm_row_i64(rows, i, 1),
                                                     .role = copy(item->arena, rows, i, 2),
                                                     .start_ms = cm_row_i64(rows, i, 3),
                                                     .end_ms = cm_row_i64(rows, i, 4),
                                                     .text = copy(item->arena, rows, i, 5) };
    out->segments = segments;
    out->segment_count = count;
    return CM_OK;
}

struct cm_uuid store_run_id(const struct cm_item *item, const struct run *run)
{
    struct cm_str name =
        cm_arena_printf(item->arena, "run %s %s", cm_uuid_text(item->event->head.event_id).at,
                        cm_uuid_text(run->analyzer.id).at);

    return cm_uuid_named(name);
}

struct columns {
    struct cm_column *id, *call, *analyzer, *text, *trigger, *request, *event, *engine, *model,
        *prompt, *took_ms, *summary, *sentiment;
};

static struct columns columns_new(struct cm_args *args)
{
    struct columns c;

    c.id = cm_arg_column(args, CM_COL_UUID);
    c.call = cm_arg_column(args, CM_COL_UUID);
    c.analyzer = cm_arg_column(args, CM_COL_UUID);
    c.text = cm_arg_column(args, CM_COL_TEXT);
    c.trigger = cm_arg_column(args, CM_COL_TEXT);
    c.request = cm_arg_column(args, CM_COL_UUID);
    c.event = cm_arg_column(args, CM_COL_UUID);
    c.engine = cm_arg_column(args, CM_COL_TEXT);
    c.model = cm_arg_column(args, CM_COL_TEXT);
    c.prompt = cm_arg_column(args, CM_COL_TEXT);
    c.took_ms = cm_arg_column(args, CM_COL_I64);
    c.summary = cm_arg_column(args, CM_COL_TEXT);
    c.sentiment = cm_arg_column(args, CM_COL_TEXT);
    return c;
}

static void put_run(const struct columns *c, const struct cm_item *item, const struct run *run)
{
    const struct cm_event *event = item->event;
    bool rerun = event->kind == EVENT_CALL_RERUN_REQUESTED;
    struct cm_sha256 prompt = cm_sha256(run->analyzer.prompt);

    cm_col_uuid(c->id, store_run_id(item, run));
    cm_col_uuid(c->call, event->head.call_id);
    cm_col_uuid(c->analyzer, run->analyzer.id);
    cm_col_str(c->text, run->text);
    cm_col_text(c->trigger, rerun ? "rerun" : "transcribed");
    if (rerun)
        cm_col_uuid(c->request, event->call_rerun_requested.request_id);
    else
        cm_col_null(c->request);
    cm_col_uuid(c->event, event->head.event_id);
    cm_col_text(c->engine, run->engine);
    cm_col_text(c->model, run->model);
    cm_col_text(c->prompt, cm_hex(prompt.at, sizeof prompt.at).at);
    cm_col_i64(c->took_ms, run->took_ms);
    cm_col_str(c->summary, run->summary);
    cm_col_str(c->sentiment, run->sentiment);
}

static cm_rc hold_calls(struct cm_tx *tx, struct cm_item *const items[], size_t count,
                        struct cm_err *err)
{
    struct cm_args *args = cm_args_new(items[0]->arena);
    struct cm_column *calls = cm_arg_column(args, CM_COL_UUID);

    for (size_t i = 0; i < count; i++)
        cm_col_uuid(calls, items[i]->event->head.call_id);
    return cm_tx_send(tx, &sql_hold, args, err);
}

cm_rc store_append_runs(struct cm_tx *tx, struct cm_item *const items[], size_t count,
                        int64_t now_us, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(items[0]->arena);
    struct columns columns;
    cm_rc rc = hold_calls(tx, items, count, err);

    if (rc)
        return rc;

    cm_arg_time(args, now_us);
    columns = columns_new(args);
    for (size_t i = 0; i < count; i++) {
        const struct runs *runs = items[i]->prepared;

        for (size_t k = 0; k < runs->count; k++)
            put_run(&columns, items[i], &runs->runs[k]);
    }
    return cm_tx_send(tx, &sql_append, args, err);
}
