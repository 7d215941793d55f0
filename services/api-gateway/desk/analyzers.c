/* analyzers.c - /api/analyzers: what is asked about every call. */
#include "ask.h"
#include "body.h"
#include "desk/resource.h"
#include "endpoints.h"
#include "reply.h"
#include "row_json.h"

#define COLUMNS "id, name, prompt, engine, active, position, created_at, updated_at"
#define PRESENT "deleted_at IS NULL"

static const struct cm_stmt sql_list = { "analyzers",
                                         "SELECT " COLUMNS " FROM analyzer WHERE " PRESENT
                                         " ORDER BY position, created_at, id" };
static const struct cm_stmt sql_one = { "analyzer", "SELECT " COLUMNS
                                                    " FROM analyzer WHERE id = $1 AND " PRESENT };
static const struct cm_stmt sql_lock = { "analyzers_lock", "SELECT id FROM analyzer WHERE " PRESENT
                                                           " ORDER BY id FOR UPDATE" };
static const struct cm_stmt sql_name_taken = {
    "analyzer_name_taken", "SELECT FROM analyzer WHERE name = $1 AND id <> $2 AND " PRESENT
};
static const struct cm_stmt sql_insert = {
    "analyzer_insert",
    "INSERT INTO analyzer (id, organization_id, name, prompt, engine, active, position)"
    " SELECT $1, $2, $3, $4, coalesce($5, 'default'), coalesce($6::boolean, true), count(*)"
    " FROM analyzer WHERE " PRESENT
};
/* A change never touches what ran before: runs keep the hash of their prompt. */
static const struct cm_stmt sql_change = {
    "analyzer_change", "UPDATE analyzer SET name = CASE WHEN $2 THEN $3 ELSE name END,"
                       " prompt = CASE WHEN $4 THEN $5 ELSE prompt END,"
                       " engine = CASE WHEN $6 THEN $7 ELSE engine END,"
                       " active = CASE WHEN $8 THEN $9::boolean ELSE active END,"
                       " updated_at = now() WHERE id = $1 AND " PRESENT
};
/* The analyzer goes to its new place, and all are numbered anew from 0. */
static const struct cm_stmt sql_move = {
    "analyzer_move",
    "WITH others AS (SELECT id, row_number() OVER (ORDER BY position, created_at, id) - 1 AS place"
    "  FROM analyzer WHERE id <> $1 AND " PRESENT "),"
    " target AS (SELECT least($2, count(*)) AS place FROM others)"
    " UPDATE analyzer a SET position = n.place FROM ("
    "  SELECT o.id, CASE WHEN o.place < t.place THEN o.place ELSE o.place + 1 END AS place"
    "  FROM others o, target t UNION ALL SELECT $1, place FROM target) n"
    " WHERE a.id = n.id AND a.position <> n.place"
};
static const struct cm_stmt sql_delete = {
    "analyzer_delete",
    "UPDATE analyzer SET deleted_at = now(), active = false WHERE id = $1 AND " PRESENT
};

enum { NAME, PROMPT, ENGINE, ACTIVE, POSITION, FIELDS, FIELDS_NEW = POSITION };
static const struct body_field fields[FIELDS] = {
    [NAME] = { "name", BODY_TEXT, .required = true, .min = 1, .max = 100 },
    [PROMPT] = { "prompt", BODY_TEXT, .required = true, .min = 1, .max = 8000 },
    [ENGINE] = { "engine", BODY_CHOICE, .choices = "default|rules|openai" },
    [ACTIVE] = { .name = "active", .type = BODY_FLAG },
    [POSITION] = { "position", BODY_NUMBER, .min = 0, .max = 10000 },
};

static void put_analyzer(struct cm_json *json, const struct cm_rows *rows, int row)
{
    cm_json_object(json, NULL);
    row_json_uuid(json, "id", rows, row, 0);
    row_json_str(json, "name", rows, row, 1);
    row_json_str(json, "prompt", rows, row, 2);
    row_json_str(json, "engine", rows, row, 3);
    row_json_bool(json, "active", rows, row, 4);
    row_json_i64(json, "position", rows, row, 5);
    row_json_time(json, "created_at", rows, row, 6);
    row_json_time(json, "updated_at", rows, row, 7);
    cm_json_end(json);
}

static const struct resource analyzers = {
    .path = "/api/analyzers",
    .list = &sql_list,
    .one = &sql_one,
    .put = put_analyzer,
};

void list_analyzers(struct cm_http_request *rq, void *ctx)
{
    resource_list(rq, ctx, &analyzers);
}

void show_analyzer(struct cm_http_request *rq, void *ctx)
{
    resource_show(rq, ctx, &analyzers);
}

static bool name_is_free(struct change *change, const struct body_value *name, struct cm_uuid id)
{
    struct cm_args *args = cm_args_new(change->arena);
    CM_OWN(cm_rows) taken = NULL;

    cm_arg_str(args, name->text);
    cm_arg_uuid(args, id);
    if (!change_query(change, &sql_name_taken, args, &taken))
        return false;
    if (cm_rows_count(taken) == 0)
        return true;
    cm_http_problem(change->rq, 409, "Conflict", "There is an analyzer of that name already.");
    return false;
}

static bool insert(struct change *change, struct cm_uuid id, const struct body_value values[])
{
    struct cm_args *args = change_id_arg(change, id);

    cm_arg_uuid(args, change->organization_id);
    for (size_t i = 0; i < FIELDS_NEW; i++)
        body_arg(args, &fields[i], &values[i]);
    return name_is_free(change, &values[NAME], id) && change_send(change, &sql_insert, args);
}

void create_analyzer(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 };
    struct body_value values[FIELDS_NEW];
    struct cm_uuid id;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_ADMIN) ||
        !body_read(rq, fields, FIELDS_NEW, values) || !change_once(&change, &id))
        return;
    if (change.repeated || insert(&change, id, values))
        resource_answer(&change, &analyzers, id, true);
}

static bool apply(struct change *change, struct cm_uuid id, const struct body_value values[])
{
    struct cm_args *args = change_id_arg(change, id), *place = change_id_arg(change, id);

    for (size_t i = NAME; i <= ACTIVE; i++)
        body_arg_change(args, &fields[i], &values[i]);
    cm_arg_i64(place, values[POSITION].number);
    if (values[NAME].given && !name_is_free(change, &values[NAME], id))
        return false;
    return change_send(change, &sql_change, args) &&
           (!values[POSITION].given || change_send(change, &sql_move, place));
}

void change_analyzer(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 };
    struct body_value values[FIELDS];
    struct cm_uuid id;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_ADMIN) || !ask_path_id(rq, &id) ||
        !body_read_change(rq, fields, FIELDS, values))
        return;
    /* Two who move analyzers at a time would number them twice. */
    if (change_send(&change, &sql_lock, NULL) && apply(&change, id, values))
        resource_answer(&change, &analyzers, id, false);
}

void delete_analyzer(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 };
    struct cm_uuid id;

    if (change_begin(&change, rq, ctx, CHANGE_BY_ADMIN) && ask_path_id(rq, &id))
        change_remove(&change, &sql_delete, change_id_arg(&change, id));
}
