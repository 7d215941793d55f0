/* uuid.h - identifiers that sort by time (RFC 9562, version 7), and ones derived from a name. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct cm_uuid {
    uint8_t at[16]; /* network order, as PostgreSQL's binary form */
};
struct cm_uuid_text {
    char at[37]; /* lower case, NUL-terminated */
};

struct cm_uuid cm_uuid_v7(int64_t now_us); /* Thread: any */

/** The same name gives the same id (version 8, from SHA-256): for what must not happen twice. */
struct cm_uuid cm_uuid_named(struct cm_str name);

struct cm_uuid_text cm_uuid_text(struct cm_uuid id);
bool cm_uuid_parse(struct cm_str text, struct cm_uuid *out); /* 8-4-4-4-12, any case */
bool cm_uuid_eq(struct cm_uuid a, struct cm_uuid b);
bool cm_uuid_is_nil(struct cm_uuid a);
