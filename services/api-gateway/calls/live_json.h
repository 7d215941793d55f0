/* live_json.h - what was heard of a call while it lasted, as the API shows it: its sessions, and in
 * each the turns. */
#pragma once
#include "base/json.h"
#include "db/pipe.h"

/** $1: the call. A row is a turn with its session, or a session in which nobody has spoken yet; the
 * newest 2,000 of them, oldest first. */
extern const struct cm_stmt call_live;

/** Writes the array `live_sessions` into the object that is open, from the rows of that statement.
 */
void call_live_put(struct cm_json *json, const struct cm_rows *rows);
