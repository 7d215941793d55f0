/* todo_json.h - a to-do as the API shows it, on its call's page and in the list. */
#pragma once
#include "row_json.h"

/* The columns that todo_json_fields reads, in this order; `todo` is t, and TODO_ASSIGNEE joined. */
#define TODO_COLUMNS                                                                               \
    "t.id, t.title, t.owner, t.due_date, t.done, t.segment_id, t.evidence, a.id, a.name"
#define TODO_ASSIGNEE " LEFT JOIN app_user a ON a.id = t.assignee_id"
enum { TODO_COLUMN_ID, TODO_COLUMN_ASSIGNEE = 7, TODO_COLUMNS_END = 9 };

/** Writes the fields into the object that is open. */
void todo_json_fields(struct cm_json *json, const struct cm_rows *rows, int row);
