/* oid.h - PostgreSQL's built-in types as they stand on the wire. Only for common/db.
 *
 * Source: src/include/catalog/pg_type.dat; these numbers never change. Times are microseconds and
 * dates days since 2000-01-01 (src/include/datatype/timestamp.h).
 */
#pragma once
#include <stdint.h>

enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_JSON = 114,
    OID_UNKNOWN = 705,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_DATE = 1082,
    OID_TIMESTAMPTZ = 1184,
    OID_UUID = 2950,
    OID_JSONB = 3802,
    OID_FIRST_OF_USERS = 16384, /* enums, domains, extensions */
};

#define EPOCH_SHIFT_US   INT64_C(946684800000000) /* from 1970 to 2000 */
#define EPOCH_SHIFT_DAYS 10957
