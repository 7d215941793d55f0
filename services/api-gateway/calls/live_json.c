#include "calls/live_json.h"

#include "row_json.h"

/* A session holds as many turns as its model and its caller like; so many fill a call of hours. */
#define ROWS_MAX "2000"

const struct cm_stmt call_live = {
    "call_live",
    "SELECT * FROM (SELECT s.id AS session_id, s.kind, s.engine, s.model, s.started_at, s.ended_at,"
    " s.reason, t.id, t.position, t.role, t.start_ms, t.end_ms, t.text, t.interrupted"
    " FROM live_session s LEFT JOIN live_turn t ON t.session_id = s.id WHERE s.call_id = $1"
    " ORDER BY s.started_at DESC, s.id DESC, t.position DESC LIMIT " ROWS_MAX ") newest"
    " ORDER BY started_at, session_id, position"
};
enum {
    COLUMN_SESSION,
    COLUMN_KIND,
    COLUMN_ENGINE,
    COLUMN_MODEL,
    COLUMN_STARTED_AT,
    COLUMN_ENDED_AT,
    COLUMN_REASON,
    COLUMN_TURN,
    COLUMN_POSITION,
    COLUMN_ROLE,
    COLUMN_START_MS,
    COLUMN_END_MS,
    COLUMN_TEXT,
    COLUMN_INTERRUPTED,
};

static void put_turn(struct cm_json *json, const struct cm_rows *rows, int row)
{
    if (cm_row_is_null(rows, row, COLUMN_TURN))
        return;

    cm_json_object(json, NULL);
    cm_json_uuid(json, "id", cm_row_uuid(rows, row, COLUMN_TURN));
    cm_json_i64(json, "position", cm_row_i64(rows, row, COLUMN_POSITION));
    cm_json_str(json, "role", cm_row_str(rows, row, COLUMN_ROLE));
    cm_json_i64(json, "start_ms", cm_row_i64(rows, row, COLUMN_START_MS));
    cm_json_i64(json, "end_ms", cm_row_i64(rows, row, COLUMN_END_MS));
    cm_json_str(json, "text", cm_row_str(rows, row, COLUMN_TEXT));
    cm_json_bool(json, "interrupted", cm_row_bool(rows, row, COLUMN_INTERRUPTED));
    cm_json_end(json);
}

void call_live_put(struct cm_json *json, const struct cm_rows *rows)
{
    cm_json_array(json, "live_sessions");
    for (int row = 0; row < cm_rows_count(rows);) {
        struct cm_uuid session = cm_row_uuid(rows, row, COLUMN_SESSION);

        cm_json_object(json, NULL);
        cm_json_uuid(json, "id", session);
        cm_json_str(json, "kind", cm_row_str(rows, row, COLUMN_KIND));
        cm_json_str(json, "engine", cm_row_str(rows, row, COLUMN_ENGINE));
        cm_json_str(json, "model", cm_row_str(rows, row, COLUMN_MODEL));
        cm_json_time(json, "started_at", cm_row_time(rows, row, COLUMN_STARTED_AT));
        row_json_time(json, "ended_at", rows, row, COLUMN_ENDED_AT);
        row_json_str(json, "reason", rows, row, COLUMN_REASON);
        cm_json_array(json, "turns");
        for (; row < cm_rows_count(rows) &&
               cm_uuid_eq(cm_row_uuid(rows, row, COLUMN_SESSION), session);
             row++)
            put_turn(json, rows, row);
        cm_json_end(json);
        cm_json_end(json);
    }
    cm_json_end(json);
}
