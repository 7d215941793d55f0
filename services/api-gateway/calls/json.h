/* json.h - a call as the API shows it: the seed's fields first, then ours. */
#pragma once
#include "row_json.h"

/* The columns that call_json_fields reads, in this order; `call` is c and its contact k. Which
 * calls are live is asked once a statement, of the index of those that are, and not once a row. */
#define CALL_COLUMNS                                                                               \
    "c.id, c.from_to_number, c.call_sid, c.has_recording, c.created_at, c.direction, c.status,"    \
    " c.started_at, c.ended_at, c.duration_ms, k.id, k.name, c.summary, c.sentiment,"              \
    " c.id IN (SELECT s.call_id FROM live_session s WHERE s.ended_at IS NULL)"
enum {
    CALL_COLUMN_ID,
    CALL_COLUMN_NUMBERS,
    CALL_COLUMN_CALL_SID,
    CALL_COLUMN_HAS_RECORDING,
    CALL_COLUMN_CREATED_AT,
    CALL_COLUMN_DIRECTION,
    CALL_COLUMN_STATUS,
    CALL_COLUMN_STARTED_AT,
    CALL_COLUMN_ENDED_AT,
    CALL_COLUMN_DURATION,
    CALL_COLUMN_CONTACT,
    CALL_COLUMN_CONTACT_NAME,
    CALL_COLUMN_SUMMARY,
    CALL_COLUMN_SENTIMENT,
    CALL_COLUMN_LIVE,
    CALL_COLUMNS_END
};

/** Writes the fields into the object that is open. */
void call_json_fields(struct cm_json *json, const struct cm_rows *rows, int row);

/* A step of a call, as an object: the columns that call_json_step reads, in this order. */
#define CALL_STEP_COLUMNS "step, state, attempts, reason, updated_at"
void call_json_step(struct cm_json *json, const struct cm_rows *rows, int row);
