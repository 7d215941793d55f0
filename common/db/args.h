/* args.h - the parameters of one statement, in PostgreSQL's binary form.
 *
 *     struct cm_args *a = cm_args_new(arena);
 *     cm_arg_uuid(a, call_id);
 *     cm_arg_i64(a, 3);
 *
 * For a set of rows, an array a column, so that one INSERT ... SELECT FROM unnest($1, $2) writes
 * all:
 *
 *     struct cm_column *ids = cm_arg_column(a, CM_COL_UUID);
 *     for (...) cm_col_uuid(ids, item->id);
 *
 * Everything lives in the arena. Strings with NUL or no UTF-8 are the database's to refuse (class
 * 22).
 */
#pragma once
#include "base/arena.h"
#include "base/digest.h"
#include "base/uuid.h"
#include "event/event.h"

struct cm_args;
struct cm_column;

struct cm_args *cm_args_new(struct cm_arena *arena);
void cm_arg_null(struct cm_args *args);
void cm_arg_uuid(struct cm_args *args, struct cm_uuid value);
void cm_arg_opt_uuid(struct cm_args *args, struct cm_opt_uuid value);
void cm_arg_str(struct cm_args *args, struct cm_str value); /* text; a NULL view is NULL */
void cm_arg_text(struct cm_args *args, const char *value);  /* text; NULL is NULL */
void cm_arg_i64(struct cm_args *args, int64_t value);       /* bigint */
void cm_arg_i32(struct cm_args *args, int32_t value);       /* integer */
void cm_arg_opt_i64(struct cm_args *args, struct cm_opt_i64 value);
void cm_arg_bool(struct cm_args *args, bool value);
void cm_arg_time(struct cm_args *args, int64_t at_us); /* timestamptz */
void cm_arg_opt_time(struct cm_args *args, struct cm_opt_i64 at_us);
void cm_arg_bytes(struct cm_args *args, struct cm_str value);           /* bytea */
void cm_arg_sha256(struct cm_args *args, const struct cm_sha256 *hash); /* bytea */
void cm_arg_date(struct cm_args *args,
                 struct cm_str value); /* date, "YYYY-MM-DD"; NULL view is NULL */

enum cm_column_type {
    CM_COL_UUID,
    CM_COL_TEXT,
    CM_COL_I64,
    CM_COL_I32,
    CM_COL_BOOL,
    CM_COL_TIME,
    CM_COL_BYTES
};
struct cm_column *cm_arg_column(struct cm_args *args, enum cm_column_type type);
void cm_col_null(struct cm_column *column);
void cm_col_uuid(struct cm_column *column, struct cm_uuid value);
void cm_col_opt_uuid(struct cm_column *column, struct cm_opt_uuid value);
void cm_col_str(struct cm_column *column, struct cm_str value); /* a NULL view is NULL */
void cm_col_text(struct cm_column *column, const char *value);
void cm_col_i64(struct cm_column *column, int64_t value);
void cm_col_i32(struct cm_column *column, int32_t value);
void cm_col_bool(struct cm_column *column, bool value);
void cm_col_time(struct cm_column *column, int64_t at_us);
void cm_col_bytes(struct cm_column *column, struct cm_str value);
