/* schema.h - checks a model's answer against the JSON schema that it was sent.
 *
 * Of JSON Schema what strict mode knows and we use: type (one or several), properties, required,
 * additionalProperties: false, items, enum. A required field that may be null may be missing too:
 * that means the same. Lengths and ranges are the reader's (answers.h).
 */
#pragma once
#include <jansson.h>

#include "base/error.h"

/** CM_RETRY: it does not fit; the message says where ("commitments[2].owner"), never what stands
 * there. */
cm_rc schema_check(const json_t *schema, json_t *value, struct cm_err *err) CM_MUSTCHECK;
