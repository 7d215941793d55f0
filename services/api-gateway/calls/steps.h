/* steps.h - the steps of the pipeline in its order, and how far a call is with them. */
#pragma once
#include "base/json.h"

enum { CALL_STEPS = 6 };
extern const char *const call_steps[CALL_STEPS];

/* The steps of call c as one text, "transcribe running,record done": a page of them costs no
 * second statement, and no JSON has to be made where it is not needed. */
#define CALL_STEPS_COLUMN                                                                          \
    "coalesce((SELECT string_agg(s.step || ' ' || s.state, ',') FROM call_step s"                  \
    " WHERE s.call_id = c.id), '')"

/** Writes the array `steps` into the object that is open; `states` is what the column gave. */
void call_steps_put(struct cm_json *json, struct cm_str states);
