/* row_json.h - a column as a member of a JSON object; NULL becomes null. */
#pragma once
#include "base/json.h"
#include "db/rows.h"

void row_json_str(struct cm_json *json, const char *key, const struct cm_rows *rows, int row,
                  int column);
void row_json_time(struct cm_json *json, const char *key, const struct cm_rows *rows, int row,
                   int column);
void row_json_date(struct cm_json *json, const char *key, const struct cm_rows *rows, int row,
                   int column);
void row_json_i64(struct cm_json *json, const char *key, const struct cm_rows *rows, int row,
                  int column);
void row_json_uuid(struct cm_json *json, const char *key, const struct cm_rows *rows, int row,
                   int column);
void row_json_bool(struct cm_json *json, const char *key, const struct cm_rows *rows, int row,
                   int column);
/** A column of type json, text as it stands. */
void row_json_raw(struct cm_json *json, const char *key, const struct cm_rows *rows, int row,
                  int column);
