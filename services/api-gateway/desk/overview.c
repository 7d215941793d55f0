/* overview.c - GET /api/overview: how things are, in one look. */
#include "ask.h"
#include "calls/steps.h"
#include "endpoints.h"
#include "query.h"
#include "reply.h"
#include "row_json.h"

/* A day is one stretch of the index call_newest: no call's time has to be turned into a date. */
#define ZONE "known_zone(o.time_zone)"
static const struct cm_stmt sql_days = {
    "overview_days",
    "SELECT d.day, c.* FROM organization o CROSS JOIN LATERAL (SELECT " ZONE " AS zone) z"
    " CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE z.zone)::date - n AS day"
    "  FROM generate_series(0, $1 - 1) n) d"
    " CROSS JOIN LATERAL (SELECT count(*), coalesce(sum(duration_ms), 0)::bigint,"
    "  count(*) FILTER (WHERE sentiment = 'positive'),"
    "  count(*) FILTER (WHERE sentiment = 'neutral'), count(*) FILTER (WHERE sentiment = 'mixed'),"
    "  count(*) FILTER (WHERE sentiment = 'negative') FROM call"
    "  WHERE created_at >= d.day::timestamp AT TIME ZONE z.zone"
    "  AND created_at < (d.day + 1)::timestamp AT TIME ZONE z.zone) c ORDER BY d.day"
};

static const struct cm_stmt sql_todos = {
    "overview_todos",
    "SELECT count(*) FILTER (WHERE NOT done), count(*) FILTER (WHERE NOT done AND due_date <"
    " (SELECT (now() AT TIME ZONE " ZONE ")::date FROM organization o)),"
    " count(*) FILTER (WHERE done) FROM todo WHERE deleted_at IS NULL"
};

/* A call's steps are opened together, so most of those that wait wait for another one. One is due
 * when nothing in front of it is open: then it waits for a service, and that is the lag. What has
 * failed stays ahead of all behind it, but not of the report, which is made of what there is.
 * Since when it is due is told by the last one in front of it that ended. The looks at those are
 * bounded: what is due for longest is among those that were opened first. */
#define STAGE                                                                                      \
    "CASE step WHEN 'record' THEN 1 WHEN 'transcribe' THEN 2 WHEN 'report' THEN 4 ELSE 3 END"
#define OPEN                                                                                       \
    "SELECT call_id, step, state, updated_at, stage, state = 'running' OR (state = 'waiting'"      \
    " AND stage <= min(CASE WHEN state = 'failed' AND stage = 3 THEN 4 ELSE stage END)"            \
    " OVER (PARTITION BY call_id)) AS due FROM (SELECT *, " STAGE " AS stage FROM call_step"       \
    " WHERE state <> 'done') s"
#define DUE_SINCE                                                                                  \
    "SELECT greatest(d.updated_at, (SELECT max(p.updated_at) FROM call_step p"                     \
    " WHERE p.call_id = d.call_id AND " STAGE " < d.stage)) AS since"                              \
    " FROM (SELECT * FROM open WHERE step = s.step AND due ORDER BY updated_at LIMIT 100) d"
static const struct cm_stmt sql_steps = {
    "overview_steps",
    "WITH open AS MATERIALIZED (" OPEN ") SELECT s.*,"
    " (SELECT max(greatest(extract(epoch FROM now() - since), 0))::bigint FROM (" DUE_SINCE ") w)"
    " FROM (SELECT step, count(*) FILTER (WHERE state = 'waiting' AND due),"
    "  count(*) FILTER (WHERE state = 'running'), count(*) FILTER (WHERE state = 'failed')"
    "  FROM open GROUP BY step) s"
};

static const struct cm_stmt sql_failures = {
    "overview_failures",
    "SELECT s.call_id, c.from_to_number, k.name, s.step, s.attempts, s.reason, s.updated_at"
    " FROM call_step s JOIN call c ON c.id = s.call_id LEFT JOIN contact k ON k.id = c.contact_id"
    " WHERE s.state = 'failed' ORDER BY s.updated_at DESC, s.call_id, s.step LIMIT 20"
};

enum { DAYS, FIELDS, DAYS_SHOWN = 30, DAYS_MAX = 366 };
static const struct body_field fields[FIELDS] = {
    [DAYS] = { "days", BODY_NUMBER, .min = 1, .max = DAYS_MAX },
};

static void put_days(struct cm_json *json, const struct cm_rows *rows)
{
    static const char *const names[] = { "calls",   "talk_ms", "positive",
                                         "neutral", "mixed",   "negative" };

    cm_json_array(json, "days");
    for (int row = 0; row < cm_rows_count(rows); row++) {
        cm_json_object(json, NULL);
        row_json_date(json, "date", rows, row, 0);
        for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
            row_json_i64(json, names[i], rows, row, i + 1);
        cm_json_end(json);
    }
    cm_json_end(json);
}

static void put_todos(struct cm_json *json, const struct cm_rows *rows)
{
    cm_json_object(json, "todos");
    row_json_i64(json, "open", rows, 0, 0);
    row_json_i64(json, "overdue", rows, 0, 1);
    row_json_i64(json, "done", rows, 0, 2);
    cm_json_end(json);
}

/* Of a step with none that are open there is no row. */
static void put_step(struct cm_json *json, const char *step, const struct cm_rows *rows)
{
    int row = 0;

    while (row < cm_rows_count(rows) && !cm_str_is(cm_row_str(rows, row, 0), step))
        row++;
    cm_json_object(json, NULL);
    cm_json_text(json, "step", step);
    if (row < cm_rows_count(rows)) {
        row_json_i64(json, "waiting", rows, row, 1);
        row_json_i64(json, "running", rows, row, 2);
        row_json_i64(json, "failed", rows, row, 3);
        row_json_i64(json, "oldest_waiting_s", rows, row, 4);
    } else {
        cm_json_i64(json, "waiting", 0);
        cm_json_i64(json, "running", 0);
        cm_json_i64(json, "failed", 0);
        cm_json_null(json, "oldest_waiting_s");
    }
    cm_json_end(json);
}

static void put_failures(struct cm_json *json, const struct cm_rows *rows)
{
    cm_json_array(json, "failures");
    for (int row = 0; row < cm_rows_count(rows); row++) {
        cm_json_object(json, NULL);
        row_json_uuid(json, "call_id", rows, row, 0);
        row_json_str(json, "from_to_number", rows, row, 1);
        row_json_str(json, "contact_name", rows, row, 2);
        row_json_str(json, "step", rows, row, 3);
        row_json_i64(json, "attempts", rows, row, 4);
        row_json_str(json, "reason", rows, row, 5);
        row_json_time(json, "updated_at", rows, row, 6);
        cm_json_end(json);
    }
    cm_json_end(json);
}

static void answer(struct ask *ask, struct cm_rows *rows[])
{
    struct cm_buf body = { 0 };
    struct cm_json json = cm_json(&body);

    cm_json_object(&json, NULL);
    put_days(&json, rows[0]);
    put_todos(&json, rows[1]);
    cm_json_array(&json, "steps");
    for (size_t i = 0; i < CALL_STEPS; i++)
        put_step(&json, call_steps[i], rows[2]);
    cm_json_end(&json);
    put_failures(&json, rows[3]);
    cm_json_end(&json);
    reply_json(ask->rq, 200, &body);
}

void show_overview(struct cm_http_request *rq, void *ctx)
{
    struct cm_args *days = cm_args_new(cm_http_arena(rq));
    struct ask *ask = ask_new(rq, ctx, answer);
    struct body_value values[FIELDS];

    if (!ask || !query_read(rq, fields, FIELDS, values))
        return;

    cm_arg_i32(days, values[DAYS].given ? (int32_t)values[DAYS].number : DAYS_SHOWN);
    ask_step(ask, &sql_days, days);
    ask_step(ask, &sql_todos, NULL);
    ask_step(ask, &sql_steps, NULL);
    ask_step(ask, &sql_failures, NULL);
    ask_send(ask);
}
