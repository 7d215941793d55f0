/* details.c - GET /api/calls/{id}, and the same as a file: /api/calls/{id}/export. */
#include "ask.h"
#include "calls/json.h"
#include "calls/live_json.h"
#include "desk/todo_json.h"
#include "endpoints.h"
#include "reply.h"

/* Row-level security keeps each of these to the session's organization. */
static const struct cm_stmt sql_call = {
    "call_details",
    "SELECT " CALL_COLUMNS ", t.text, k.number, k.email, k.company, k.summary,"
    " r.id, r.sent_at, to_json(r.recipients), r.subject, r.message_id"
    " FROM call c LEFT JOIN contact k ON k.id = c.contact_id LEFT JOIN transcription t ON "
    "t.call_id = c.id"
    " LEFT JOIN report r ON r.call_id = c.id AND r.state = 'sent' WHERE c.id = $1"
};
enum {
    COLUMN_TEXT = CALL_COLUMNS_END,
    COLUMN_NUMBER,
    COLUMN_EMAIL,
    COLUMN_COMPANY,
    COLUMN_SUMMARY,
    COLUMN_REPORT,
    COLUMN_SENT_AT,
    COLUMN_RECIPIENTS,
    COLUMN_SUBJECT,
    COLUMN_MESSAGE_ID,
};

static const struct cm_stmt sql_segments = {
    "call_segments",
    "SELECT id, role, start_ms, end_ms, text FROM segment WHERE call_id = $1 ORDER BY position"
};

static const struct cm_stmt sql_runs = {
    "call_runs", "SELECT a.id, a.name, r.id, r.analysis_text, r.created_at, r.trigger,"
                 " r.engine, r.model, r.prompt_sha256, r.duration_ms"
                 " FROM analysis_run r JOIN analyzer a ON a.id = r.analyzer_id WHERE r.call_id = $1"
                 " ORDER BY a.position, a.id, r.seq"
};

static const struct cm_stmt sql_todos = {
    "call_todos", "SELECT " TODO_COLUMNS " FROM todo t" TODO_ASSIGNEE " WHERE t.call_id = $1"
                  " AND t.deleted_at IS NULL ORDER BY t.position, t.created_at, t.id"
};

static const struct cm_stmt sql_steps = {
    "call_steps",
    "SELECT " CALL_STEP_COLUMNS " FROM call_step WHERE call_id = $1"
    " ORDER BY array_position(ARRAY['record', 'transcribe', 'enrich', 'analyze', 'extract-todos', "
    "'report'], step)"
};

/* A group an analyzer; its runs follow each other, oldest first. */
static void put_analysis_groups(struct cm_json *json, const struct cm_rows *runs)
{
    cm_json_array(json, "analysis_groups");
    for (int row = 0; row < cm_rows_count(runs);) {
        struct cm_uuid analyzer = cm_row_uuid(runs, row, 0);

        cm_json_object(json, NULL);
        cm_json_uuid(json, "analyzer_id", analyzer);
        cm_json_str(json, "analyzer_name", cm_row_str(runs, row, 1));
        cm_json_array(json, "runs");
        for (; row < cm_rows_count(runs) && cm_uuid_eq(cm_row_uuid(runs, row, 0), analyzer);
             row++) {
            cm_json_object(json, NULL);
            cm_json_uuid(json, "id", cm_row_uuid(runs, row, 2));
            cm_json_str(json, "analysis_text", cm_row_str(runs, row, 3));
            cm_json_time(json, "created_at", cm_row_time(runs, row, 4));
            cm_json_str(json, "trigger", cm_row_str(runs, row, 5));
            cm_json_str(json, "engine", cm_row_str(runs, row, 6));
            cm_json_str(json, "model", cm_row_str(runs, row, 7));
            cm_json_str(json, "prompt_sha256", cm_row_str(runs, row, 8));
            cm_json_i64(json, "duration_ms", cm_row_i64(runs, row, 9));
            cm_json_end(json);
        }
        cm_json_end(json);
        cm_json_end(json);
    }
    cm_json_end(json);
}

static void put_segments(struct cm_json *json, const struct cm_rows *segments)
{
    cm_json_array(json, "segments");
    for (int row = 0; row < cm_rows_count(segments); row++) {
        cm_json_object(json, NULL);
        cm_json_uuid(json, "id", cm_row_uuid(segments, row, 0));
        cm_json_str(json, "role", cm_row_str(segments, row, 1));
        cm_json_i64(json, "start_ms", cm_row_i64(segments, row, 2));
        cm_json_i64(json, "end_ms", cm_row_i64(segments, row, 3));
        cm_json_str(json, "text", cm_row_str(segments, row, 4));
        cm_json_end(json);
    }
    cm_json_end(json);
}

static void put_contact(struct cm_json *json, const struct cm_rows *call)
{
    if (cm_row_is_null(call, 0, CALL_COLUMN_CONTACT)) {
        cm_json_null(json, "contact");
        return;
    }
    cm_json_object(json, "contact");
    cm_json_uuid(json, "id", cm_row_uuid(call, 0, CALL_COLUMN_CONTACT));
    row_json_str(json, "name", call, 0, CALL_COLUMN_CONTACT_NAME);
    cm_json_str(json, "number", cm_row_str(call, 0, COLUMN_NUMBER));
    row_json_str(json, "email", call, 0, COLUMN_EMAIL);
    row_json_str(json, "company", call, 0, COLUMN_COMPANY);
    row_json_str(json, "summary", call, 0, COLUMN_SUMMARY);
    cm_json_end(json);
}

static void put_todos(struct cm_json *json, const struct cm_rows *todos)
{
    cm_json_array(json, "todos");
    for (int row = 0; row < cm_rows_count(todos); row++) {
        cm_json_object(json, NULL);
        todo_json_fields(json, todos, row);
        cm_json_end(json);
    }
    cm_json_end(json);
}

static void put_steps(struct cm_json *json, const struct cm_rows *steps)
{
    cm_json_array(json, "steps");
    for (int row = 0; row < cm_rows_count(steps); row++)
        call_json_step(json, steps, row);
    cm_json_end(json);
}

static void put_report(struct cm_json *json, const struct cm_rows *call)
{
    if (cm_row_is_null(call, 0, COLUMN_REPORT)) {
        cm_json_null(json, "report");
        return;
    }
    cm_json_object(json, "report");
    row_json_time(json, "sent_at", call, 0, COLUMN_SENT_AT);
    cm_json_raw(json, "to", cm_row_str(call, 0, COLUMN_RECIPIENTS));
    row_json_str(json, "subject", call, 0, COLUMN_SUBJECT);
    cm_json_str(json, "message_id", cm_row_str(call, 0, COLUMN_MESSAGE_ID));
    cm_json_end(json);
}

static void answer(struct ask *ask, struct cm_rows *rows[])
{
    const struct cm_rows *call = rows[0];
    struct cm_buf body = { 0 };
    struct cm_json json = cm_json(&body);

    if (cm_rows_count(call) == 0) {
        reply_not_found(ask->rq);
        return;
    }

    cm_json_object(&json, NULL);
    call_json_fields(&json, call, 0);
    row_json_str(&json, "transcription", call, 0, COLUMN_TEXT);
    put_analysis_groups(&json, rows[2]);
    put_segments(&json, rows[1]);
    put_contact(&json, call);
    put_todos(&json, rows[3]);
    put_steps(&json, rows[4]);
    put_report(&json, call);
    call_live_put(&json, rows[5]);
    cm_json_end(&json);
    reply_json(ask->rq, 200, &body);
}

static void answer_file(struct ask *ask, struct cm_rows *rows[])
{
    if (cm_rows_count(rows[0]) > 0)
        cm_http_set(ask->rq, "Content-Disposition",
                    cm_arena_printf(cm_http_arena(ask->rq), "attachment; filename=\"call-%s.json\"",
                                    cm_uuid_text(cm_row_uuid(rows[0], 0, CALL_COLUMN_ID)).at)
                        .at);
    answer(ask, rows);
}

static void ask_for_call(struct cm_http_request *rq, void *ctx, ask_answer *answer_with)
{
    static const struct cm_stmt *const stmts[] = { &sql_call,  &sql_segments, &sql_runs, &sql_todos,
                                                   &sql_steps, &call_live,    NULL };
    struct cm_args *args = cm_args_new(cm_http_arena(rq));
    struct ask *ask = ask_new(rq, ctx, answer_with);
    struct cm_uuid id;

    if (!ask || !ask_path_id(rq, &id))
        return;

    cm_arg_uuid(args, id);
    for (size_t i = 0; stmts[i]; i++)
        ask_step(ask, stmts[i], args);
    ask_send(ask);
}

void show_call(struct cm_http_request *rq, void *ctx)
{
    ask_for_call(rq, ctx, answer);
}

void export_call(struct cm_http_request *rq, void *ctx)
{
    ask_for_call(rq, ctx, answer_file);
}
