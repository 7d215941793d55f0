/* todos.c - /api/todos: what was promised in calls, and what people add to it. */
#include "ask.h"
#include "body.h"
#include "desk/resource.h"
#include "desk/todo_json.h"
#include "endpoints.h"
#include "page.h"
#include "query.h"

#define COLUMNS                                                                                    \
    TODO_COLUMNS ", c.id, c.from_to_number, k.name, c.created_at, t.created_at,"                   \
                 " t.edited_at, t.due_day"
enum {
    COLUMN_CALL = TODO_COLUMNS_END,
    COLUMN_CREATED_AT = COLUMN_CALL + 4,
    COLUMN_EDITED_AT,
    COLUMN_DUE_DAY,
};
#define JOINED                                                                                     \
    " JOIN call c ON c.id = t.call_id LEFT JOIN contact k ON k.id = c.contact_id" TODO_ASSIGNEE

/* A page is the rest of the last day that was shown, and what is due later. Apart, each of the two
 * is read from an index in its order; which one, the filters decide (todo_due, todo_open,
 * todo_assignee), so this is planned for each request. */
#define IN_ORDER " ORDER BY t.due_day, t.created_at DESC, t.id DESC LIMIT $9"
#define PART(where)                                                                                \
    "(SELECT t.id FROM todo t WHERE " where " AND t.deleted_at IS NULL"                            \
    " AND ($4::boolean IS NULL OR t.done = $4) AND ($5::text IS NULL OR t.owner = $5)"             \
    " AND ($6::uuid IS NULL OR t.assignee_id = $6)"                                                \
    " AND ($10::boolean IS NULL OR (t.assignee_id IS NOT NULL) = $10)"                             \
    " AND ($7::date IS NULL OR t.due_day < $7 - date '1970-01-01')"                                \
    " AND ($8::text IS NULL OR strpos(lower(t.title), lower($8)) > 0)" IN_ORDER ")"
#define REST_OF_DAY PART("t.due_day = $1 AND (t.created_at, t.id) < ($2, $3)")
#define LATER_DAYS  PART("t.due_day > $1")
static const struct cm_stmt sql_list = { "todos",
                                         "SELECT " COLUMNS " FROM (" REST_OF_DAY
                                         " UNION ALL " LATER_DAYS ") AS page"
                                         " JOIN todo t ON t.id = page.id" JOINED IN_ORDER };
static const struct cm_stmt sql_one = { "todo", "SELECT " COLUMNS " FROM todo t" JOINED
                                                " WHERE t.id = $1 AND t.deleted_at IS NULL" };

/* What a person adds comes behind all that is found in a call, is nobody's words, and is theirs
 * from the first. */
static const struct cm_stmt sql_insert = {
    "todo_insert",
    "INSERT INTO todo (id, call_id, organization_id, title, owner, due_date, assignee_id, evidence,"
    " fingerprint, position, edited_at) SELECT $1, c.id, c.organization_id, $2,"
    " coalesce($3, 'agent'), $4, $5, '', 'person:' || $1::text, 1000, now() FROM call c"
    " WHERE c.id = $6"
};
static const struct cm_stmt sql_change = {
    "todo_change", "UPDATE todo SET edited_at = now(), title = CASE WHEN $2 THEN $3 ELSE title END,"
                   " owner = CASE WHEN $4 THEN $5 ELSE owner END,"
                   " due_date = CASE WHEN $6 THEN $7 ELSE due_date END,"
                   " assignee_id = CASE WHEN $8 THEN $9 ELSE assignee_id END,"
                   " done = CASE WHEN $10 THEN $11::boolean ELSE done END"
                   " WHERE id = $1 AND deleted_at IS NULL"
};
static const struct cm_stmt sql_delete = {
    "todo_delete", "UPDATE todo SET deleted_at = now() WHERE id = $1 AND deleted_at IS NULL"
};
static const struct cm_stmt sql_assignee = {
    "todo_assignee", "SELECT FROM app_user WHERE id = $1 AND disabled_at IS NULL"
};

/* In the order of the statements' parameters; the last one is for what is new or what is changed
 * only. */
enum { TITLE, OWNER, DUE, ASSIGNEE, CALL, DONE = CALL, FIELDS };
#define OWNERS "caller|agent"
#define COMMON_FIELDS                                                                              \
    [TITLE] = { "title", BODY_TEXT, .required = true, .min = 1, .max = 200 },                      \
    [OWNER] = { "owner", BODY_CHOICE, .choices = OWNERS },                                         \
    [DUE] = { "due_date", BODY_DATE, .nullable = true },                                           \
    [ASSIGNEE] = { "assignee_id", BODY_ID, .nullable = true }
static const struct body_field new_fields[FIELDS] = {
    COMMON_FIELDS,
    [CALL] = { "call_id", BODY_ID, .required = true },
};
static const struct body_field change_fields[FIELDS] = {
    COMMON_FIELDS,
    [DONE] = { .name = "done", .type = BODY_FLAG },
};

#define NOBODY "nobody"
enum { BY_DONE, BY_OWNER, BY_ASSIGNEE, BY_DUE, BY_WORDS, FILTERS };
static const struct body_field filters[FILTERS] = {
    [BY_DONE] = { .name = "done", .type = BODY_FLAG },
    [BY_OWNER] = { "owner", BODY_CHOICE, .choices = OWNERS },
    [BY_ASSIGNEE] = { "assignee", BODY_ID, .choices = NOBODY "|somebody" },
    [BY_DUE] = { .name = "due_before", .type = BODY_DATE },
    [BY_WORDS] = { "q", BODY_TEXT, .min = 1, .max = 200 },
};

static void put_call(struct cm_json *json, const struct cm_rows *rows, int row)
{
    cm_json_object(json, "call");
    row_json_uuid(json, "id", rows, row, COLUMN_CALL);
    row_json_str(json, "from_to_number", rows, row, COLUMN_CALL + 1);
    row_json_str(json, "contact_name", rows, row, COLUMN_CALL + 2);
    row_json_time(json, "created_at", rows, row, COLUMN_CALL + 3);
    cm_json_end(json);
}

static void put_todo(struct cm_json *json, const struct cm_rows *rows, int row)
{
    cm_json_object(json, NULL);
    todo_json_fields(json, rows, row);
    put_call(json, rows, row);
    row_json_time(json, "created_at", rows, row, COLUMN_CREATED_AT);
    row_json_time(json, "edited_at", rows, row, COLUMN_EDITED_AT);
    cm_json_end(json);
}

static const struct resource todos = {
    .path = "/api/todos",
    .one = &sql_one,
    .put = put_todo,
};

static struct cursor place_of(const struct cm_rows *rows, int row)
{
    return (struct cursor){ .list = CURSOR_TODOS,
                            .day = (int32_t)cm_row_i64(rows, row, COLUMN_DUE_DAY),
                            .at_us = cm_row_time(rows, row, COLUMN_CREATED_AT),
                            .id = cm_row_uuid(rows, row, TODO_COLUMN_ID) };
}

static void answer_list(struct ask *ask, struct cm_rows *rows[])
{
    page_reply(ask->rq, ask->own, rows[0], put_todo, place_of);
}

/* Somebody's, nobody's, or NULL: of one user or of all. */
static void add_assigned(struct cm_args *args, const struct body_value *assignee)
{
    if (assignee->text.at)
        cm_arg_bool(args, !cm_str_is(assignee->text, NOBODY));
    else
        cm_arg_null(args);
}

void list_todos(struct cm_http_request *rq, void *ctx)
{
    struct cm_args *args = cm_args_new(cm_http_arena(rq));
    struct page *page = CM_NEW(cm_http_arena(rq), struct page);
    struct ask *ask = ask_new(rq, ctx, answer_list);
    struct body_value values[FILTERS];

    if (!ask || !page_read(rq, CURSOR_TODOS, page) || !query_read(rq, filters, FILTERS, values))
        return;

    ask->own = page;
    cm_arg_i32(args, page->after.day);
    cm_arg_time(args, page->after.at_us);
    cm_arg_uuid(args, page->after.id);
    for (size_t i = 0; i < FILTERS; i++)
        body_arg(args, &filters[i], &values[i]);
    cm_arg_i64(args, page->limit + 1);
    add_assigned(args, &values[BY_ASSIGNEE]);
    ask_plan_anew(ask);
    ask_step(ask, &sql_list, args);
    ask_send(ask);
}

void show_todo(struct cm_http_request *rq, void *ctx)
{
    resource_show(rq, ctx, &todos);
}

static bool assignee_fits(struct change *change, const struct body_value *assignee)
{
    CM_OWN(cm_rows) found = NULL;

    if (!assignee->given || assignee->null)
        return true;
    if (!change_query(change, &sql_assignee, change_id_arg(change, assignee->id), &found))
        return false;
    if (cm_rows_count(found) > 0)
        return true;
    reply_bad_request(change->rq,
                      "assignee_id has to be the id of a user of the organization who is not "
                      "disabled, or null");
    return false;
}

static bool insert(struct change *change, struct cm_uuid id, const struct body_value values[])
{
    struct cm_args *args = change_id_arg(change, id);
    CM_OWN(cm_rows) made = NULL;

    for (size_t i = 0; i < FIELDS; i++)
        body_arg(args, &new_fields[i], &values[i]);
    if (!assignee_fits(change, &values[ASSIGNEE]) ||
        !change_query(change, &sql_insert, args, &made))
        return false;
    if (cm_rows_affected(made) > 0)
        return true;
    reply_not_found(change->rq); /* there is no such call */
    return false;
}

void create_todo(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 };
    struct body_value values[FIELDS];
    struct cm_uuid id;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_MEMBER) ||
        !body_read(rq, new_fields, FIELDS, values) || !change_once(&change, &id))
        return;
    if (change.repeated || insert(&change, id, values))
        resource_answer(&change, &todos, id, true);
}

void change_todo(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 };
    struct body_value values[FIELDS];
    struct cm_args *args;
    struct cm_uuid id;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_MEMBER) || !ask_path_id(rq, &id) ||
        !body_read_change(rq, change_fields, FIELDS, values))
        return;

    args = change_id_arg(&change, id);
    for (size_t i = 0; i < FIELDS; i++)
        body_arg_change(args, &change_fields[i], &values[i]);
    if (assignee_fits(&change, &values[ASSIGNEE]) && change_send(&change, &sql_change, args))
        resource_answer(&change, &todos, id, false);
}

void delete_todo(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 };
    struct cm_uuid id;

    if (change_begin(&change, rq, ctx, CHANGE_BY_MEMBER) && ask_path_id(rq, &id))
        change_remove(&change, &sql_delete, change_id_arg(&change, id));
}
