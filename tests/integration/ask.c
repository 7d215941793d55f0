#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"
#include "base/digest.h"

struct cm_str ask_database(struct cm_db *db, struct cm_arena *arena, const char *sql,
                           struct cm_str parameter)
{
    CM_OWN(cm_rows) rows = NULL;
    struct cm_args *args = cm_args_new(arena);
    /* Named after its text: prepared once a connection, and never two by one name. */
    struct cm_sha256 hash = cm_sha256(cm_str_of(sql));
    struct cm_stmt stmt = { cm_arena_printf(arena, "ask_%s", cm_hex(hash.at, 8).at).at, sql };
    struct cm_err err = { 0 };

    if (strstr(sql, "$1"))
        cm_arg_str(args, parameter);
    if (cm_db_query(db, &stmt, args, &rows, &err))
        fail_msg("%s: %s", sql, err.msg);
    if (!cm_rows_count(rows) || cm_row_is_null(rows, 0, 0))
        return CM_STR("");
    return cm_arena_str(arena, cm_row_str(rows, 0, 0));
}
