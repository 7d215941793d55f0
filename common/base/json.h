/* json.h - writes JSON straight into a buffer, commas and escapes included (RFC 8259).
 *
 *     struct cm_json j = cm_json(&body);
 *     cm_json_object(&j, NULL);
 *     cm_json_str(&j, "call_sid", sid);
 *     cm_json_end(&j);
 *
 * `key` is NULL inside an array and at the top. Bytes that are no UTF-8 come out as U+FFFD. For
 * reading there is jansson. Thread: one at a time.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/uuid.h"

struct cm_json {
    struct cm_buf *to;
    unsigned depth;
    uint64_t open;    /* bit a level: 1 for an object */
    uint64_t started; /* bit a level: something is in it already */
};

struct cm_json cm_json(struct cm_buf *to);
void cm_json_object(struct cm_json *j, const char *key);
void cm_json_array(struct cm_json *j, const char *key);
void cm_json_end(struct cm_json *j); /* of the innermost object or array */

void cm_json_str(struct cm_json *j, const char *key, struct cm_str value);
void cm_json_text(struct cm_json *j, const char *key, const char *value); /* NULL writes null */
void cm_json_i64(struct cm_json *j, const char *key, int64_t value);
void cm_json_bool(struct cm_json *j, const char *key, bool value);
void cm_json_null(struct cm_json *j, const char *key);
void cm_json_uuid(struct cm_json *j, const char *key, struct cm_uuid value);
void cm_json_time(struct cm_json *j, const char *key, int64_t at_us);     /* RFC 3339, UTC */
void cm_json_raw(struct cm_json *j, const char *key, struct cm_str json); /* trusted JSON text */
