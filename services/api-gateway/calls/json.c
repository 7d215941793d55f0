#include "calls/json.h"

void call_json_fields(struct cm_json *json, const struct cm_rows *rows, int row)
{
    cm_json_uuid(json, "id", cm_row_uuid(rows, row, CALL_COLUMN_ID));
    cm_json_str(json, "from_to_number", cm_row_str(rows, row, CALL_COLUMN_NUMBERS));
    cm_json_str(json, "call_sid", cm_row_str(rows, row, CALL_COLUMN_CALL_SID));
    cm_json_bool(json, "has_recording", cm_row_bool(rows, row, CALL_COLUMN_HAS_RECORDING));
    cm_json_time(json, "created_at", cm_row_time(rows, row, CALL_COLUMN_CREATED_AT));
    cm_json_str(json, "direction", cm_row_str(rows, row, CALL_COLUMN_DIRECTION));
    cm_json_str(json, "status", cm_row_str(rows, row, CALL_COLUMN_STATUS));
    row_json_time(json, "started_at", rows, row, CALL_COLUMN_STARTED_AT);
    row_json_time(json, "ended_at", rows, row, CALL_COLUMN_ENDED_AT);
    row_json_i64(json, "duration_ms", rows, row, CALL_COLUMN_DURATION);
    row_json_uuid(json, "contact_id", rows, row, CALL_COLUMN_CONTACT);
    row_json_str(json, "contact_name", rows, row, CALL_COLUMN_CONTACT_NAME);
    row_json_str(json, "summary", rows, row, CALL_COLUMN_SUMMARY);
    row_json_str(json, "sentiment", rows, row, CALL_COLUMN_SENTIMENT);
    cm_json_bool(json, "live", cm_row_bool(rows, row, CALL_COLUMN_LIVE));
}

void call_json_step(struct cm_json *json, const struct cm_rows *rows, int row)
{
    cm_json_object(json, NULL);
    cm_json_str(json, "step", cm_row_str(rows, row, 0));
    cm_json_str(json, "state", cm_row_str(rows, row, 1));
    cm_json_i64(json, "attempts", cm_row_i64(rows, row, 2));
    row_json_str(json, "reason", rows, row, 3);
    cm_json_time(json, "updated_at", cm_row_time(rows, row, 4));
    cm_json_end(json);
}
