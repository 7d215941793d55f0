/* rows.h - what a statement gave back, in binary.
 *
 * Views are lent by the rows. Asking for a column of another type than it has is a bug and aborts
 * in debug builds; NULL reads as zero, false, nil or the NULL view.
 */
#pragma once
#include "base/arena.h"
#include "base/own.h"
#include "base/uuid.h"
#include "event/event.h"

struct cm_rows; /* opaque */

void cm_rows_free(struct cm_rows *rows);
CM_DEFINE_OWN(cm_rows, cm_rows_free);

int cm_rows_count(const struct cm_rows *rows);
int64_t cm_rows_affected(const struct cm_rows *rows);
bool cm_row_is_null(const struct cm_rows *rows, int row, int column);
struct cm_uuid cm_row_uuid(const struct cm_rows *rows, int row, int column);
struct cm_opt_uuid cm_row_opt_uuid(const struct cm_rows *rows, int row, int column);
struct cm_str cm_row_str(const struct cm_rows *rows, int row,
                         int column); /* text, varchar, bytea, json */
/** The same, copied into `arena`; NULL stays the NULL view. */
struct cm_str cm_row_copy(const struct cm_rows *rows, int row, int column, struct cm_arena *arena);
int64_t cm_row_i64(const struct cm_rows *rows, int row, int column); /* smallint, integer, bigint */
struct cm_opt_i64 cm_row_opt_i64(const struct cm_rows *rows, int row, int column);
bool cm_row_bool(const struct cm_rows *rows, int row, int column);
int64_t cm_row_time(const struct cm_rows *rows, int row,
                    int column); /* timestamptz, in us since 1970 */
struct cm_opt_i64 cm_row_opt_time(const struct cm_rows *rows, int row, int column);
struct cm_str cm_row_date(const struct cm_rows *rows, int row, int column,
                          char out[11]); /* YYYY-MM-DD */
