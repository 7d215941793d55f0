#include "row_json.h"

static bool is_null(struct cm_json *json, const char *key, const struct cm_rows *rows, int row,
                    int column)
{
    bool null = cm_row_is_null(rows, row, column);

    if (null)
        cm_json_null(json, key);
    return null;
}

void row_json_str(struct cm_json *json, const char *key, const struct cm_rows *rows, int row,
                  int column)
{
    if (!is_null(json, key, rows, row, column))
        cm_json_str(json, key, cm_row_str(rows, row, column));
}

void row_json_time(struct cm_json *json, const char *key, const struct cm_rows *rows, int row,
                   int column)
{
    if (!is_null(json, key, rows, row, column))
        cm_json_time(json, key, cm_row_time(rows, row, column));
}

void row_json_date(struct cm_json *json, const char *key, const struct cm_rows *rows, int row,
                   int column)
{
    char date[11];

    if (!is_null(json, key, rows, row, column))
        cm_json_str(json, key, cm_row_date(rows, row, column, date));
}

void row_json_i64(struct cm_json *json, const char *key, const struct cm_rows *rows, int row,
                  int column)
{
    if (!is_null(json, key, rows, row, column))
        cm_json_i64(json, key, cm_row_i64(rows, row, column));
}

void row_json_uuid(struct cm_json *json, const char *key, const struct cm_rows *rows, int row,
                   int column)
{
    if (!is_null(json, key, rows, row, column))
        cm_json_uuid(json, key, cm_row_uuid(rows, row, column));
}

void row_json_bool(struct cm_json *json, const char *key, const struct cm_rows *rows, int row,
                   int column)
{
    if (!is_null(json, key, rows, row, column))
        cm_json_bool(json, key, cm_row_bool(rows, row, column));
}

void row_json_raw(struct cm_json *json, const char *key, const struct cm_rows *rows, int row,
                  int column)
{
    if (!is_null(json, key, rows, row, column))
        cm_json_raw(json, key, cm_row_str(rows, row, column));
}
