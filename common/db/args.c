#include "db/args.h"

#include <assert.h>
#include <limits.h>

#include "db/args_wire.h"
#include "db/oid.h"
#include "db/wire.h"

/* A parameter's value is either a scalar's bytes or an array that grows. Arrays (array_recv in
 * src/backend/utils/adt/arrayfuncs.c): dimensions, has-null, element type, then length and lower
 * bound of the one dimension, then each element with its length, -1 for NULL. */
enum { ARRAY_HEAD_BYTES = 20, ARRAY_EMPTY_BYTES = 12, VALUE_MAX_BYTES = 1000 * 1000 * 1000 };

struct cm_column {
    struct cm_arena *arena;
    enum cm_column_type type;
    char *at;
    size_t len, room;
    uint32_t count;
    bool has_null;
};

struct cm_args {
    struct cm_arena *arena;
    int count, room;
    uint32_t *types;
    const char **values;
    int *lengths, *formats;
    struct cm_column **columns; /* [i] is NULL for a scalar */
    bool too_big;
};

struct cm_args *cm_args_new(struct cm_arena *arena)
{
    struct cm_args *args = CM_NEW(arena, struct cm_args);

    args->arena = arena;
    return args;
}

/* ---- scalars ---- */

static void *grown(struct cm_arena *arena, const void *old, size_t used, size_t room)
{
    void *more = cm_arena_alloc(arena, room);

    if (used)
        memcpy(more, old, used);
    return more;
}

static void make_room(struct cm_args *a)
{
    size_t used = (size_t)a->count, room = used ? 2 * used : 8;

    if (a->count < a->room)
        return;

    a->types = grown(a->arena, a->types, used * sizeof *a->types, room * sizeof *a->types);
    a->values = grown(a->arena, a->values, used * sizeof *a->values, room * sizeof *a->values);
    a->lengths = grown(a->arena, a->lengths, used * sizeof *a->lengths, room * sizeof *a->lengths);
    a->formats = grown(a->arena, a->formats, used * sizeof *a->formats, room * sizeof *a->formats);
    a->columns = grown(a->arena, a->columns, used * sizeof(struct cm_column *),
                       room * sizeof(struct cm_column *));
    a->room = (int)room;
}

/* `value` must live as long as the arena; NULL is NULL. */
static void add(struct cm_args *args, uint32_t type, const void *value, size_t len)
{
    make_room(args);
    if (len > VALUE_MAX_BYTES) {
        args->too_big = true;
        len = 0;
    }
    args->types[args->count] = type;
    args->values[args->count] = value;
    args->lengths[args->count] = (int)len;
    args->formats[args->count] = 1;
    args->columns[args->count] = NULL;
    args->count++;
}

static void add_copy(struct cm_args *args, uint32_t type, const void *value, size_t len)
{
    char *copy =
        cm_arena_alloc(args->arena, len ? len : 1); /* libpq reads a NULL pointer as NULL */

    if (len)
        memcpy(copy, value, len);
    add(args, type, copy, len);
}

static void add_i64(struct cm_args *args, uint32_t type, int64_t value)
{
    char wire[8];

    put_be64(wire, (uint64_t)value);
    add_copy(args, type, wire, sizeof wire);
}

void cm_arg_null(struct cm_args *args)
{
    add(args, 0, NULL, 0);
}

void cm_arg_uuid(struct cm_args *args, struct cm_uuid value)
{
    add_copy(args, OID_UUID, value.at, sizeof value.at);
}

void cm_arg_opt_uuid(struct cm_args *args, struct cm_opt_uuid value)
{
    if (value.set)
        cm_arg_uuid(args, value.value);
    else
        add(args, OID_UUID, NULL, 0);
}

void cm_arg_str(struct cm_args *args, struct cm_str value)
{
    if (value.at)
        add_copy(args, OID_TEXT, value.at, value.len);
    else
        add(args, OID_TEXT, NULL, 0);
}

void cm_arg_text(struct cm_args *args, const char *value)
{
    cm_arg_str(args, cm_str_of(value));
}

void cm_arg_i64(struct cm_args *args, int64_t value)
{
    add_i64(args, OID_INT8, value);
}

void cm_arg_i32(struct cm_args *args, int32_t value)
{
    char wire[4];

    put_be32(wire, (uint32_t)value);
    add_copy(args, OID_INT4, wire, sizeof wire);
}

void cm_arg_opt_i64(struct cm_args *args, struct cm_opt_i64 value)
{
    if (value.set)
        cm_arg_i64(args, value.value);
    else
        add(args, OID_INT8, NULL, 0);
}

void cm_arg_bool(struct cm_args *args, bool value)
{
    char wire = (char)value;

    add_copy(args, OID_BOOL, &wire, 1);
}

void cm_arg_time(struct cm_args *args, int64_t at_us)
{
    add_i64(args, OID_TIMESTAMPTZ, at_us - EPOCH_SHIFT_US);
}

void cm_arg_opt_time(struct cm_args *args, struct cm_opt_i64 at_us)
{
    if (at_us.set)
        cm_arg_time(args, at_us.value);
    else
        add(args, OID_TIMESTAMPTZ, NULL, 0);
}

void cm_arg_bytes(struct cm_args *args, struct cm_str value)
{
    if (value.at)
        add_copy(args, OID_BYTEA, value.at, value.len);
    else
        add(args, OID_BYTEA, NULL, 0);
}

void cm_arg_sha256(struct cm_args *args, const struct cm_sha256 *hash)
{
    add_copy(args, OID_BYTEA, hash->at, sizeof hash->at);
}

/* Dates go as text, so that the server judges them; its parser stops at no NUL, hence the copy. */
void cm_arg_date(struct cm_args *args, struct cm_str value)
{
    char *text;

    if (!value.at) {
        add(args, OID_DATE, NULL, 0);
        return;
    }
    text = cm_arena_text(args->arena, value);
    if (strlen(text) != value.len)
        text[0] = '\0'; /* a NUL inside: not a date, as the server will say */
    add(args, OID_DATE, text, strlen(text));
    args->formats[args->count - 1] = 0;
}

/* ---- columns ---- */

static const struct {
    uint32_t element, array;
} column_types[] = {
    [CM_COL_UUID] = { OID_UUID, 2951 },   [CM_COL_TEXT] = { OID_TEXT, 1009 },
    [CM_COL_I64] = { OID_INT8, 1016 },    [CM_COL_I32] = { OID_INT4, 1007 },
    [CM_COL_BOOL] = { OID_BOOL, 1000 },   [CM_COL_TIME] = { OID_TIMESTAMPTZ, 1185 },
    [CM_COL_BYTES] = { OID_BYTEA, 1001 },
};

struct cm_column *cm_arg_column(struct cm_args *args, enum cm_column_type type)
{
    struct cm_column *column = CM_NEW(args->arena, struct cm_column);

    column->arena = args->arena;
    column->type = type;
    column->room = 256;
    column->len = ARRAY_HEAD_BYTES;
    column->at = cm_arena_alloc(args->arena, column->room);
    add(args, column_types[type].array, column->at, 0);
    args->columns[args->count - 1] = column;
    return column;
}

static char *column_grow(struct cm_column *column, size_t len)
{
    char *at;

    while (column->room - column->len < len + 4) {
        column->at = grown(column->arena, column->at, column->len, 2 * column->room);
        column->room *= 2;
    }
    at = column->at + column->len;
    put_be32(at, (uint32_t)len);
    column->len += 4 + len;
    column->count++;
    return at + 4;
}

static void column_put(struct cm_column *column, enum cm_column_type type, const void *value,
                       size_t len)
{
    char *at;

    assert(column->type == type);
    (void)type;
    at = column_grow(column, len);
    if (len)
        memcpy(at, value, len);
}

void cm_col_null(struct cm_column *column)
{
    char *end = column_grow(column, 0);

    put_be32(end - 4, UINT32_MAX);
    column->has_null = true;
}

void cm_col_uuid(struct cm_column *column, struct cm_uuid value)
{
    column_put(column, CM_COL_UUID, value.at, sizeof value.at);
}

void cm_col_opt_uuid(struct cm_column *column, struct cm_opt_uuid value)
{
    if (value.set)
        cm_col_uuid(column, value.value);
    else
        cm_col_null(column);
}

void cm_col_str(struct cm_column *column, struct cm_str value)
{
    if (value.at)
        column_put(column, CM_COL_TEXT, value.at, value.len);
    else
        cm_col_null(column);
}

void cm_col_text(struct cm_column *column, const char *value)
{
    cm_col_str(column, cm_str_of(value));
}

void cm_col_i64(struct cm_column *column, int64_t value)
{
    char wire[8];

    put_be64(wire, (uint64_t)value);
    column_put(column, CM_COL_I64, wire, sizeof wire);
}

void cm_col_i32(struct cm_column *column, int32_t value)
{
    char wire[4];

    put_be32(wire, (uint32_t)value);
    column_put(column, CM_COL_I32, wire, sizeof wire);
}

void cm_col_bool(struct cm_column *column, bool value)
{
    char wire = (char)value;

    column_put(column, CM_COL_BOOL, &wire, 1);
}

void cm_col_time(struct cm_column *column, int64_t at_us)
{
    char wire[8];

    put_be64(wire, (uint64_t)(at_us - EPOCH_SHIFT_US));
    column_put(column, CM_COL_TIME, wire, sizeof wire);
}

void cm_col_bytes(struct cm_column *column, struct cm_str value)
{
    if (value.at)
        column_put(column, CM_COL_BYTES, value.at, value.len);
    else
        cm_col_null(column);
}

/* ---- for the connection ---- */

static void seal(const struct cm_args *args, int i)
{
    struct cm_column *column = args->columns[i];

    put_be32(column->at, column->count ? 1 : 0);
    put_be32(column->at + 4, column->has_null);
    put_be32(column->at + 8, column_types[column->type].element);
    put_be32(column->at + 12, column->count);
    put_be32(column->at + 16, 1);
    args->values[i] = column->at;
    args->lengths[i] = column->count ? (int)column->len : ARRAY_EMPTY_BYTES;
}

cm_rc cm_args_wire(const struct cm_args *args, struct cm_args_wire *out, struct cm_err *err)
{
    if (!args) {
        *out = (struct cm_args_wire){ 0 };
        return CM_OK;
    }
    for (int i = 0; i < args->count; i++) {
        if (args->too_big || (args->columns[i] && args->columns[i]->len > VALUE_MAX_BYTES))
            return cm_fail(err, CM_REJECT, "parameter $%d: more than 1 GB", i + 1);

        if (args->columns[i])
            seal(args, i);
    }
    *out = (struct cm_args_wire){ args->count, args->types, args->values, args->lengths,
                                  args->formats };
    return CM_OK;
}
