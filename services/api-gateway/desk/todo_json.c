#include "desk/todo_json.h"

static void put_assignee(struct cm_json *json, const struct cm_rows *rows, int row)
{
    if (cm_row_is_null(rows, row, TODO_COLUMN_ASSIGNEE)) {
        cm_json_null(json, "assignee");
        return;
    }
    cm_json_object(json, "assignee");
    row_json_uuid(json, "id", rows, row, TODO_COLUMN_ASSIGNEE);
    row_json_str(json, "name", rows, row, TODO_COLUMN_ASSIGNEE + 1);
    cm_json_end(json);
}

void todo_json_fields(struct cm_json *json, const struct cm_rows *rows, int row)
{
    row_json_uuid(json, "id", rows, row, TODO_COLUMN_ID);
    row_json_str(json, "title", rows, row, 1);
    row_json_str(json, "owner", rows, row, 2);
    row_json_date(json, "due_date", rows, row, 3);
    row_json_bool(json, "done", rows, row, 4);
    cm_json_object(json, "evidence");
    row_json_uuid(json, "segment_id", rows, row, 5);
    row_json_str(json, "text", rows, row, 6);
    cm_json_end(json);
    put_assignee(json, rows, row);
}
