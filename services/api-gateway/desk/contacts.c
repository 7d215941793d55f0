/* contacts.c - /api/contacts: the people behind the numbers. */
#include "ask.h"
#include "body.h"
#include "desk/resource.h"
#include "endpoints.h"
#include "page.h"
#include "query.h"
#include "row_json.h"

/* Calls are counted for the rows that are shown, each by a look at the index call_contact. */
#define COLUMNS                                                                                    \
    "k.id, k.name, k.number, k.email, k.company, k.summary, k.name_source, k.email_source,"        \
    " k.company_source, k.summary_source, n.calls, k.last_call_at, k.created_at, k.updated_at,"    \
    " k.heard_at"
enum { COLUMN_ID, COLUMN_NAME_SOURCE = 6, COLUMN_CALLS = 10, COLUMN_HEARD_AT = 14 };
#define CALLS                                                                                      \
    " LEFT JOIN LATERAL (SELECT count(*) AS calls FROM call c WHERE c.contact_id = k.id) n ON "    \
    "true"
#define LATELY_HEARD_OF_FIRST " ORDER BY k.heard_at DESC, k.id DESC"

/* The limit is a literal, as in the list of calls, and for the same reason. */
#define LIST(name, limit)                                                                          \
    {                                                                                              \
        name, "SELECT " COLUMNS " FROM contact k" CALLS                                            \
              " WHERE (k.heard_at, k.id) < ($1, $2)" LATELY_HEARD_OF_FIRST " LIMIT " limit         \
    }
static const struct cm_stmt sql_list_page = LIST("contacts_page", "51");
static const struct cm_stmt sql_list_most = LIST("contacts_most", "101");
static const struct cm_stmt sql_found = {
    "contacts_found", "SELECT " COLUMNS " FROM unnest(contacts_found($3, $1, $2, $4)) AS f (id)"
                      " JOIN contact k ON k.id = f.id" CALLS LATELY_HEARD_OF_FIRST
};
static const struct cm_stmt sql_one = { "contact", "SELECT " COLUMNS " FROM contact k" CALLS
                                                   " WHERE k.id = $1" };
/* What a person wrote is theirs from then on, also where they left nothing. */
#define WRITTEN(name, given, value)                                                                \
    ", " name " = CASE WHEN " given " THEN " value " ELSE " name " END, " name                     \
    "_source = CASE WHEN " given " THEN 'person' ELSE " name "_source END"
static const struct cm_stmt sql_change = {
    "contact_change",
    "UPDATE contact SET updated_at = now()" WRITTEN("name", "$2", "$3") WRITTEN("email", "$4", "$5")
        WRITTEN("company", "$6", "$7") WRITTEN("summary", "$8", "$9") " WHERE id = $1"
};

enum { NAME, EMAIL, COMPANY, SUMMARY, FIELDS };

/* Nothing is mailed there, so that it may be in any script (RFC 6531): enough to find a slip of the
 * keyboard. */
static bool has_one_at(struct cm_str text)
{
    size_t ats = 0, at = 0;

    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] <= ' ' || text.at[i] == 0x7F)
            return false;
        if (text.at[i] == '@') {
            ats++;
            at = i;
        }
    }
    return ats == 1 && at > 0 && at + 1 < text.len;
}

static const struct body_field fields[FIELDS] = {
    [NAME] = { "name", BODY_TEXT, .nullable = true, .min = 1, .max = 200 },
    [EMAIL] = { "email", BODY_TEXT, .nullable = true, BODY_MAIL, .fits = has_one_at },
    [COMPANY] = { "company", BODY_TEXT, .nullable = true, .min = 1, .max = 200 },
    [SUMMARY] = { "summary", BODY_TEXT, .nullable = true, .min = 1, .max = 2000 },
};
static const struct body_field words[] = { { "q", BODY_TEXT, .min = 1, .max = 200 } };

/* 'person' as it is, of 'call:<id> said at 00:12' the call's id. */
static void put_source(struct cm_json *json, const char *key, struct cm_str source)
{
    const size_t id_len = sizeof((struct cm_uuid_text){ 0 }.at) - 1;

    if (cm_str_is(source, "person"))
        cm_json_str(json, key, source);
    else if (cm_str_starts(source, "call:") && source.len >= 5 + id_len)
        cm_json_str(json, key, (struct cm_str){ source.at + 5, id_len });
    else
        cm_json_null(json, key);
}

static void put_contact(struct cm_json *json, const struct cm_rows *rows, int row)
{
    cm_json_object(json, NULL);
    row_json_uuid(json, "id", rows, row, COLUMN_ID);
    row_json_str(json, "name", rows, row, 1);
    row_json_str(json, "number", rows, row, 2);
    row_json_str(json, "email", rows, row, 3);
    row_json_str(json, "company", rows, row, 4);
    row_json_str(json, "summary", rows, row, 5);
    cm_json_object(json, "sources");
    for (int field = 0; field < FIELDS; field++)
        put_source(json, fields[field].name, cm_row_str(rows, row, COLUMN_NAME_SOURCE + field));
    cm_json_end(json);
    row_json_i64(json, "call_count", rows, row, COLUMN_CALLS);
    row_json_time(json, "last_call_at", rows, row, 11);
    row_json_time(json, "created_at", rows, row, 12);
    row_json_time(json, "updated_at", rows, row, 13);
    cm_json_end(json);
}

static const struct resource contacts = {
    .path = "/api/contacts",
    .one = &sql_one,
    .put = put_contact,
};

static struct cursor place_of(const struct cm_rows *rows, int row)
{
    return (struct cursor){ .list = CURSOR_CONTACTS,
                            .at_us = cm_row_time(rows, row, COLUMN_HEARD_AT),
                            .id = cm_row_uuid(rows, row, COLUMN_ID) };
}

static void answer_list(struct ask *ask, struct cm_rows *rows[])
{
    page_reply(ask->rq, ask->own, rows[0], put_contact, place_of);
}

void list_contacts(struct cm_http_request *rq, void *ctx)
{
    struct cm_args *args = cm_args_new(cm_http_arena(rq));
    struct page *page = CM_NEW(cm_http_arena(rq), struct page);
    struct ask *ask = ask_new(rq, ctx, answer_list);
    struct body_value found;

    if (!ask || !page_read(rq, CURSOR_CONTACTS, page) || !query_read(rq, words, 1, &found))
        return;

    ask->own = page;
    cm_arg_time(args, page->after.at_us);
    cm_arg_uuid(args, page->after.id);
    if (found.given) {
        body_arg(args, words, &found);
        cm_arg_i64(args, page->limit + 1);
        ask_step(ask, &sql_found, args);
    } else {
        ask_step(ask, page->limit <= PAGE_ROWS ? &sql_list_page : &sql_list_most, args);
    }
    ask_send(ask);
}

void show_contact(struct cm_http_request *rq, void *ctx)
{
    resource_show(rq, ctx, &contacts);
}

void change_contact(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 };
    struct body_value values[FIELDS];
    struct cm_args *args;
    struct cm_uuid id;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_MEMBER) || !ask_path_id(rq, &id) ||
        !body_read_change(rq, fields, FIELDS, values))
        return;

    args = change_id_arg(&change, id);
    for (size_t i = 0; i < FIELDS; i++)
        body_arg_change(args, &fields[i], &values[i]);
    if (change_send(&change, &sql_change, args))
        resource_answer(&change, &contacts, id, false);
}
