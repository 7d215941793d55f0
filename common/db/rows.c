#include "db/rows.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "db/oid.h"
#include "db/rows_wire.h"
#include "db/wire.h"

struct cm_rows {
    PGresult *result;
};

struct cm_rows *cm_rows_take(PGresult *result)
{
    struct cm_rows *rows = cm_must(malloc(sizeof *rows));

    rows->result = result;
    return rows;
}

void cm_rows_free(struct cm_rows *rows)
{
    if (!rows)
        return;

    PQclear(rows->result);
    free(rows);
}

int cm_rows_count(const struct cm_rows *rows)
{
    return PQntuples(rows->result);
}

int64_t cm_rows_affected(const struct cm_rows *rows)
{
    return strtoll(PQcmdTuples(rows->result), NULL, 10);
}

bool cm_row_is_null(const struct cm_rows *rows, int row, int column)
{
    assert(row >= 0 && row < PQntuples(rows->result));
    assert(column >= 0 && column < PQnfields(rows->result));
    return PQgetisnull(rows->result, row, column);
}

static const char *bytes(const struct cm_rows *rows, int row, int column)
{
    return PQgetvalue(rows->result, row, column);
}

static unsigned type_of(const struct cm_rows *rows, int column)
{
    return PQftype(rows->result, column);
}

struct cm_uuid cm_row_uuid(const struct cm_rows *rows, int row, int column)
{
    struct cm_uuid id = { 0 };

    if (cm_row_is_null(rows, row, column))
        return id;

    assert(type_of(rows, column) == OID_UUID);
    memcpy(id.at, bytes(rows, row, column), sizeof id.at);
    return id;
}

struct cm_opt_uuid cm_row_opt_uuid(const struct cm_rows *rows, int row, int column)
{
    return (struct cm_opt_uuid){ !cm_row_is_null(rows, row, column),
                                 cm_row_uuid(rows, row, column) };
}

#ifndef NDEBUG
static bool is_text(unsigned type)
{
    switch (type) {
    case OID_TEXT:
    case OID_VARCHAR:
    case OID_BPCHAR:
    case OID_NAME:
    case OID_UNKNOWN:
    case OID_BYTEA:
    case OID_JSON:
    case OID_JSONB:
        return true;
    default:
        return type >= OID_FIRST_OF_USERS;
    }
}
#endif

struct cm_str cm_row_str(const struct cm_rows *rows, int row, int column)
{
    struct cm_str value = { 0 };

    if (cm_row_is_null(rows, row, column))
        return value;

    assert(is_text(type_of(rows, column)));
    value.at = bytes(rows, row, column);
    value.len = (size_t)PQgetlength(rows->result, row, column);
    if (type_of(rows, column) == OID_JSONB && value.len > 0) { /* a version byte, then the text */
        value.at++;
        value.len--;
    }
    return value;
}

struct cm_str cm_row_copy(const struct cm_rows *rows, int row, int column, struct cm_arena *arena)
{
    if (cm_row_is_null(rows, row, column))
        return (struct cm_str){ 0 };

    return cm_arena_str(arena, cm_row_str(rows, row, column));
}

int64_t cm_row_i64(const struct cm_rows *rows, int row, int column)
{
    if (cm_row_is_null(rows, row, column))
        return 0;

    switch (type_of(rows, column)) {
    case OID_INT8:
        return (int64_t)get_be64(bytes(rows, row, column));
    case OID_INT4:
        return (int32_t)get_be32(bytes(rows, row, column));
    case OID_INT2:
        return (int16_t)get_be16(bytes(rows, row, column));
    default:
        assert(false && "the column is no integer");
        return 0;
    }
}

struct cm_opt_i64 cm_row_opt_i64(const struct cm_rows *rows, int row, int column)
{
    return (struct cm_opt_i64){ !cm_row_is_null(rows, row, column), cm_row_i64(rows, row, column) };
}

bool cm_row_bool(const struct cm_rows *rows, int row, int column)
{
    if (cm_row_is_null(rows, row, column))
        return false;

    assert(type_of(rows, column) == OID_BOOL);
    return bytes(rows, row, column)[0] != 0;
}

/* infinity and -infinity are the ends of the range and stay there. */
static int64_t from_server_us(int64_t at_us)
{
    if (at_us == INT64_MIN || at_us > INT64_MAX - EPOCH_SHIFT_US)
        return at_us == INT64_MIN ? INT64_MIN : INT64_MAX;

    return at_us + EPOCH_SHIFT_US;
}

int64_t cm_row_time(const struct cm_rows *rows, int row, int column)
{
    if (cm_row_is_null(rows, row, column))
        return 0;

    assert(type_of(rows, column) == OID_TIMESTAMPTZ);
    return from_server_us((int64_t)get_be64(bytes(rows, row, column)));
}

struct cm_opt_i64 cm_row_opt_time(const struct cm_rows *rows, int row, int column)
{
    return (struct cm_opt_i64){ !cm_row_is_null(rows, row, column),
                                cm_row_time(rows, row, column) };
}

/* Of the years 0 to 9999, as days since 1970: others, infinity among them, have no text of ten
 * letters. */
enum { FIRST_DAY = -719528, LAST_DAY = 2932896 };

struct cm_str cm_row_date(const struct cm_rows *rows, int row, int column, char out[11])
{
    int64_t days;

    out[0] = '\0';
    if (cm_row_is_null(rows, row, column))
        return (struct cm_str){ 0 };

    assert(type_of(rows, column) == OID_DATE);
    days = (int64_t)(int32_t)get_be32(bytes(rows, row, column)) + EPOCH_SHIFT_DAYS;
    if (days < FIRST_DAY || days > LAST_DAY)
        return (struct cm_str){ 0 };

    snprintf(out, 11, "%.10s", cm_time_rfc3339(days * 24 * 3600 * CM_US_PER_SEC).at);
    return (struct cm_str){ out, 10 };
}
