#include "store.h"

#include <stdio.h>

/* Each call's steps are looked up by themselves: a batch must not be a reason to read all steps
 * there are. The report's foreign key holds the call and its organization together. */
static const struct cm_stmt sql_due = {
    "reporter_due",
    "INSERT INTO report (id, call_id, organization_id, message_id, created_at)"
    " SELECT w.id, w.call_id, w.organization_id, w.message_id, $1"
    " FROM (SELECT DISTINCT ON (call_id) call_id, organization_id, id, message_id"
    "       FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[])"
    "            AS u (call_id, organization_id, id, message_id) ORDER BY call_id) AS w"
    " CROSS JOIN LATERAL (SELECT count(*) AS ended FROM call_step s WHERE s.call_id = w.call_id"
    "   AND s.step IN ('enrich', 'analyze', 'extract-todos')"
    "   AND s.state IN ('done', 'failed')) AS s"
    " WHERE s.ended = 3 ON CONFLICT (call_id) DO NOTHING RETURNING id"
};

static const struct cm_stmt sql_call = {
    "reporter_call",
    "SELECT c.from_number, c.to_number, c.direction, c.status, c.duration_ms,"
    " coalesce(c.started_at, c.created_at), o.name, o.time_zone, k.name, k.email, k.company,"
    " k.summary, r.message_id, r.created_at, r.state = 'sent'"
    " FROM call c JOIN report r ON r.call_id = c.id AND r.id = $2"
    " JOIN organization o ON o.id = c.organization_id"
    " LEFT JOIN contact k ON k.id = c.contact_id WHERE c.id = $1"
};
static const struct cm_stmt sql_local_time = {
    "reporter_local_time",
    "SELECT to_char($1::timestamptz AT TIME ZONE $2::text, 'DD Mon YYYY HH24:MI')"
};
/* The limits bound what one mail holds; an hour of talk is about 1500 turns. */
static const struct cm_stmt sql_recipients = {
    "reporter_recipients", "SELECT unnest(o.report_recipients) FROM organization o"
                           " JOIN call c ON c.organization_id = o.id WHERE c.id = $1 LIMIT 100"
};
static const struct cm_stmt sql_segments = {
    "reporter_segments",
    "SELECT role, start_ms, text FROM segment WHERE call_id = $1 ORDER BY position LIMIT 5000"
};
static const struct cm_stmt sql_analyses = {
    "reporter_analyses",
    "SELECT name, analysis_text FROM ("
    "   SELECT DISTINCT ON (r.analyzer_id) a.name, a.position, a.id, r.analysis_text"
    "   FROM analysis_run r JOIN analyzer a ON a.id = r.analyzer_id"
    "   WHERE r.call_id = $1 ORDER BY r.analyzer_id, r.seq DESC) AS newest"
    " ORDER BY position, name, id LIMIT 100"
};
static const struct cm_stmt sql_todos = {
    "reporter_todos", "SELECT t.title, t.owner, t.due_date, t.evidence, s.start_ms FROM todo t"
                      " LEFT JOIN segment s ON s.id = t.segment_id WHERE t.call_id = $1"
                      " AND t.deleted_at IS NULL ORDER BY t.position, t.id LIMIT 500"
};
static const struct cm_stmt sql_failures = {
    "reporter_failures", "SELECT step, coalesce(reason, '') FROM call_step"
                         " WHERE call_id = $1 AND state = 'failed' ORDER BY step"
};

static const struct cm_stmt sql_sending = {
    "reporter_sending",
    "UPDATE report SET state = 'sending', recipients = $2::text[], subject = $3,"
    " body_text = $4, body_html = $5 WHERE id = $1 AND state <> 'sent'"
};
static const struct cm_stmt sql_outcomes = {
    "reporter_outcomes",
    "UPDATE report r SET state = CASE WHEN u.is_sent THEN 'sent' ELSE 'skipped' END,"
    " sent_at = CASE WHEN u.is_sent THEN u.at END,"
    " recipients = string_to_array(u.recipients, E'\\n')"
    " FROM unnest($1::uuid[], $2::bool[], $3::timestamptz[], $4::text[])"
    " AS u (id, is_sent, at, recipients)"
    " WHERE r.id = u.id AND r.state <> 'sent'"
};

struct cm_uuid report_id_of(struct cm_uuid call_id)
{
    char name[64];
    int len = snprintf(name, sizeof name, "report of %s", cm_uuid_text(call_id).at);

    return cm_uuid_named((struct cm_str){ name, (size_t)len });
}

cm_rc store_reports_due(struct cm_tx *tx, struct cm_arena *arena,
                        const struct store_new_report *reports, size_t count, int64_t now_us,
                        struct store_due *due, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *calls, *organizations, *ids, *message_ids;
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    cm_arg_time(args, now_us);
    calls = cm_arg_column(args, CM_COL_UUID);
    organizations = cm_arg_column(args, CM_COL_UUID);
    ids = cm_arg_column(args, CM_COL_UUID);
    message_ids = cm_arg_column(args, CM_COL_TEXT);
    for (size_t i = 0; i < count; i++) {
        cm_col_uuid(calls, reports[i].call_id);
        cm_col_uuid(organizations, reports[i].organization_id);
        cm_col_uuid(ids, reports[i].report_id);
        cm_col_str(message_ids, reports[i].message_id);
    }
    rc = cm_tx_query(tx, &sql_due, args, &rows, err);
    if (rc)
        return rc;

    due->count = (size_t)cm_rows_count(rows);
    due->report_ids = CM_NEW_N(arena, struct cm_uuid, due->count);
    for (size_t i = 0; i < due->count; i++)
        due->report_ids[i] = cm_row_uuid(rows, (int)i, 0);
    return CM_OK;
}

/* ---- a call ---- */

struct load { /* what the parts of loading share */
    struct cm_db *db;
    struct cm_arena *arena;
    struct cm_args *by_call;
    struct report_call *call;
};

static struct cm_str text_at(const struct load *load, const struct cm_rows *rows, int row,
                             int column)
{
    return cm_arena_str(load->arena, cm_row_str(rows, row, column));
}

/* An organization's time zone may be a name that PostgreSQL does not know: then it is UTC. */
static cm_rc load_local_time(struct load *load, int64_t at_us, struct cm_str zone,
                             struct cm_err *err)
{
    const struct cm_str zones[] = { zone, CM_STR("UTC") };
    cm_rc rc = CM_REJECT;

    for (size_t i = 0; i < 2 && rc == CM_REJECT; i++) {
        struct cm_args *args = cm_args_new(load->arena);
        CM_OWN(cm_rows) rows = NULL;

        cm_arg_time(args, at_us);
        cm_arg_str(args, zones[i]);
        rc = cm_db_query(load->db, &sql_local_time, args, &rows, err);
        if (rc)
            continue;
        load->call->started = cm_arena_printf(
            load->arena, "%.*s (%.*s)", CM_STR_FMT(cm_row_str(rows, 0, 0)), CM_STR_FMT(zones[i]));
    }
    return rc;
}

/* The row of the call itself; leaves load->call NULL when there is none. */
static cm_rc load_head(struct load *load, struct cm_uuid call_id, struct cm_uuid report_id,
                       struct cm_err *err)
{
    struct cm_args *args = cm_args_new(load->arena);
    CM_OWN(cm_rows) rows = NULL;
    struct report_call *call;
    cm_rc rc;

    cm_arg_uuid(args, call_id);
    cm_arg_uuid(args, report_id);
    rc = cm_db_query(load->db, &sql_call, args, &rows, err);
    if (rc || cm_rows_count(rows) == 0)
        return rc;

    call = load->call = CM_NEW(load->arena, struct report_call);
    call->call_id = call_id;
    call->report_id = report_id;
    call->from_number = text_at(load, rows, 0, 0);
    call->to_number = text_at(load, rows, 0, 1);
    call->direction = text_at(load, rows, 0, 2);
    call->status = text_at(load, rows, 0, 3);
    call->duration_ms = cm_row_opt_i64(rows, 0, 4);
    call->organization = text_at(load, rows, 0, 6);
    call->contact_name = text_at(load, rows, 0, 8);
    call->contact_email = text_at(load, rows, 0, 9);
    call->contact_company = text_at(load, rows, 0, 10);
    call->contact_summary = text_at(load, rows, 0, 11);
    call->message_id = text_at(load, rows, 0, 12);
    call->report_created_us = cm_row_time(rows, 0, 13);
    call->is_sent = cm_row_bool(rows, 0, 14);
    return load_local_time(load, cm_row_time(rows, 0, 5), cm_row_str(rows, 0, 7), err);
}

static cm_rc load_recipients(struct load *load, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = cm_db_query(load->db, &sql_recipients, load->by_call, &rows, err);
    struct cm_str *recipients;

    if (rc)
        return rc;

    load->call->recipient_count = (size_t)cm_rows_count(rows);
    load->call->recipients = recipients =
        CM_NEW_N(load->arena, struct cm_str, load->call->recipient_count);
    for (int i = 0; i < cm_rows_count(rows); i++)
        recipients[i] = text_at(load, rows, i, 0);
    return CM_OK;
}

static cm_rc load_segments(struct load *load, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = cm_db_query(load->db, &sql_segments, load->by_call, &rows, err);
    struct report_segment *segments;

    if (rc)
        return rc;

    load->call->segment_count = (size_t)cm_rows_count(rows);
    load->call->segments = segments =
        CM_NEW_N(load->arena, struct report_segment, load->call->segment_count);
    for (int i = 0; i < cm_rows_count(rows); i++)
        segments[i] = (struct report_segment){ .role = text_at(load, rows, i, 0),
                                               .start_ms = cm_row_i64(rows, i, 1),
                                               .text = text_at(load, rows, i, 2) };
    return CM_OK;
}

static cm_rc load_analyses(struct load *load, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = cm_db_query(load->db, &sql_analyses, load->by_call, &rows, err);
    struct report_analysis *analyses;

    if (rc)
        return rc;

    load->call->analysis_count = (size_t)cm_rows_count(rows);
    load->call->analyses = analyses =
        CM_NEW_N(load->arena, struct report_analysis, load->call->analysis_count);
    for (int i = 0; i < cm_rows_count(rows); i++)
        analyses[i] =
            (struct report_analysis){ text_at(load, rows, i, 0), text_at(load, rows, i, 1) };
    return CM_OK;
}

static cm_rc load_todos(struct load *load, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = cm_db_query(load->db, &sql_todos, load->by_call, &rows, err);
    struct report_todo *todos;

    if (rc)
        return rc;

    load->call->todo_count = (size_t)cm_rows_count(rows);
    load->call->todos = todos = CM_NEW_N(load->arena, struct report_todo, load->call->todo_count);
    for (int i = 0; i < cm_rows_count(rows); i++) {
        char date[11];

        todos[i] = (struct report_todo){
            .title = text_at(load, rows, i, 0),
            .owner = text_at(load, rows, i, 1),
            .due_date = cm_arena_str(load->arena, cm_row_date(rows, i, 2, date)),
            .evidence = text_at(load, rows, i, 3),
            .evidence_ms = cm_row_opt_i64(rows, i, 4),
        };
    }
    return CM_OK;
}

static cm_rc load_failures(struct load *load, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = cm_db_query(load->db, &sql_failures, load->by_call, &rows, err);
    struct report_failure *failures;

    if (rc)
        return rc;

    load->call->failure_count = (size_t)cm_rows_count(rows);
    load->call->failures = failures =
        CM_NEW_N(load->arena, struct report_failure, load->call->failure_count);
    for (int i = 0; i < cm_rows_count(rows); i++)
        failures[i] =
            (struct report_failure){ text_at(load, rows, i, 0), text_at(load, rows, i, 1) };
    return CM_OK;
}

cm_rc store_load_call(struct cm_db *db, struct cm_arena *arena, struct cm_uuid call_id,
                      struct cm_uuid report_id, struct report_call **call, struct cm_err *err)
{
    struct load load = { .db = db, .arena = arena, .by_call = cm_args_new(arena) };
    cm_rc rc = load_head(&load, call_id, report_id, err);

    *call = NULL;
    if (rc || !load.call)
        return rc;

    cm_arg_uuid(load.by_call, call_id);
    rc = load_recipients(&load, err);
    if (!rc)
        rc = load_segments(&load, err);
    if (!rc)
        rc = load_analyses(&load, err);
    if (!rc)
        rc = load_todos(&load, err);
    if (!rc)
        rc = load_failures(&load, err);
    if (!rc)
        *call = load.call;
    return rc;
}

/* ---- a report ---- */

cm_rc store_mark_sending(struct cm_db *db, struct cm_arena *arena, const struct report_call *call,
                         const struct mail *mail, size_t recipient_count, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *recipients;

    cm_arg_uuid(args, call->report_id);
    recipients = cm_arg_column(args, CM_COL_TEXT);
    for (size_t i = 0; i < recipient_count; i++)
        cm_col_text(recipients, mail->to[i]);
    cm_arg_str(args, mail->subject);
    cm_arg_str(args, mail->text);
    cm_arg_str(args, mail->html);
    return cm_db_query(db, &sql_sending, args, NULL, err);
}

/* A line each: no address holds the end of one. */
static struct cm_str who_have_it(struct cm_arena *arena, const struct recipients *recipients)
{
    CM_OWN_BUF struct cm_buf lines = { 0 };

    for (size_t i = 0; i < recipients->count; i++)
        if (recipients->receipts[i].verdict == CM_SMTP_TAKEN)
            cm_buf_printf(&lines, "%s%s", lines.len ? "\n" : "", recipients->all[i]);
    return cm_arena_str(arena, cm_buf_view(&lines));
}

cm_rc store_outcomes(struct cm_tx *tx, struct cm_arena *arena, const struct store_outcome *outcomes,
                     size_t count, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *ids = cm_arg_column(args, CM_COL_UUID);
    struct cm_column *sent = cm_arg_column(args, CM_COL_BOOL);
    struct cm_column *times = cm_arg_column(args, CM_COL_TIME);
    struct cm_column *recipients = cm_arg_column(args, CM_COL_TEXT);

    for (size_t i = 0; i < count; i++) {
        cm_col_uuid(ids, outcomes[i].report_id);
        cm_col_bool(sent, outcomes[i].is_sent);
        cm_col_time(times, outcomes[i].at_us);
        cm_col_str(recipients, who_have_it(arena, outcomes[i].recipients));
    }
    return cm_tx_send(tx, &sql_outcomes, args, err);
}
