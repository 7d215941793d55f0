/* phone_numbers.c - /api/phone-numbers: the numbers whose calls are taken, and how. */
#include <ctype.h>

#include "ask.h"
#include "base/phone.h"
#include "body.h"
#include "desk/resource.h"
#include "endpoints.h"
#include "reply.h"
#include "row_json.h"

#define COLUMNS                                                                                    \
    "id, number, label, record, forward_to, greeting, caller_channel, created_at, assistant,"      \
    " instructions, voice"

static const struct cm_stmt sql_list = { "phone_numbers",
                                         "SELECT " COLUMNS " FROM phone_number ORDER BY number" };
static const struct cm_stmt sql_one = { "phone_number",
                                        "SELECT " COLUMNS " FROM phone_number WHERE id = $1" };
/* Whose number it is already does not show: another organization's row is out of sight, but still
 * in the way. */
static const struct cm_stmt sql_insert = {
    "phone_number_insert",
    "INSERT INTO phone_number (id, organization_id, number, label, record, forward_to, greeting,"
    " caller_channel, assistant, instructions, voice)"
    " VALUES ($1, $2, $3, coalesce($4, ''), coalesce($5::boolean, true), $6, $7,"
    " coalesce($8::bigint, 0), coalesce($9::boolean, true), $10, $11)"
    " ON CONFLICT (number) DO NOTHING"
};
static const struct cm_stmt sql_change = {
    "phone_number_change", "UPDATE phone_number SET label = CASE WHEN $2 THEN $3 ELSE label END,"
                           " record = CASE WHEN $4 THEN $5::boolean ELSE record END,"
                           " forward_to = CASE WHEN $6 THEN $7 ELSE forward_to END,"
                           " greeting = CASE WHEN $8 THEN $9 ELSE greeting END,"
                           " caller_channel = CASE WHEN $10 THEN $11::bigint ELSE caller_channel"
                           " END, assistant = CASE WHEN $12 THEN $13::boolean ELSE assistant END,"
                           " instructions = CASE WHEN $14 THEN $15 ELSE instructions END,"
                           " voice = CASE WHEN $16 THEN $17 ELSE voice END WHERE id = $1"
};
/* Once it is locked, no call can come to it. */
static const struct cm_stmt sql_lock = { "phone_number_lock",
                                         "SELECT FROM phone_number WHERE id = $1 FOR UPDATE" };
static const struct cm_stmt sql_has_calls = {
    "phone_number_has_calls", "SELECT EXISTS (SELECT FROM call WHERE phone_number_id = $1)"
};
static const struct cm_stmt sql_delete = { "phone_number_delete",
                                           "DELETE FROM phone_number WHERE id = $1" };

/* As the models' makers name their voices; it goes into what is sent to one as it is. */
static bool is_voice(struct cm_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!isalnum((unsigned char)text.at[i]) && text.at[i] != '_' && text.at[i] != '-')
            return false;
    return true;
}

/* A change has all but the number. */
enum {
    NUMBER,
    LABEL,
    RECORD,
    FORWARD_TO,
    GREETING,
    CALLER_CHANNEL,
    ASSISTANT,
    INSTRUCTIONS,
    VOICE,
    FIELDS
};
static const struct body_field fields[FIELDS] = {
    [NUMBER] = { "number", BODY_TEXT, .required = true, .min = 3, .max = 16, .fits = cm_is_e164,
                 .form = "an E.164 number (+15551234567)" },
    [LABEL] = { "label", BODY_TEXT, .max = 100 },
    [RECORD] = { .name = "record", .type = BODY_FLAG },
    [FORWARD_TO] = { "forward_to", BODY_TEXT, .nullable = true, .min = 3, .max = 16,
                     .fits = cm_is_e164, .form = "an E.164 number (+15551234567)" },
    [GREETING] = { "greeting", BODY_TEXT, .nullable = true, .min = 1, .max = 500 },
    [CALLER_CHANNEL] = { "caller_channel", BODY_NUMBER, .min = 0, .max = 1 },
    [ASSISTANT] = { .name = "assistant", .type = BODY_FLAG },
    [INSTRUCTIONS] = { "instructions", BODY_TEXT, .nullable = true, .min = 1, .max = 8000 },
    [VOICE] = { "voice", BODY_TEXT, .nullable = true, .min = 1, .max = 64, .fits = is_voice,
                .form = "the name of a voice (up to 64 letters, digits, _ and -)" },
};

static void put_phone_number(struct cm_json *json, const struct cm_rows *rows, int row)
{
    cm_json_object(json, NULL);
    row_json_uuid(json, "id", rows, row, 0);
    row_json_str(json, "number", rows, row, 1);
    row_json_str(json, "label", rows, row, 2);
    row_json_bool(json, "record", rows, row, 3);
    row_json_str(json, "forward_to", rows, row, 4);
    row_json_str(json, "greeting", rows, row, 5);
    row_json_i64(json, "caller_channel", rows, row, 6);
    row_json_time(json, "created_at", rows, row, 7);
    row_json_bool(json, "assistant", rows, row, 8);
    row_json_str(json, "instructions", rows, row, 9);
    row_json_str(json, "voice", rows, row, 10);
    cm_json_end(json);
}

static const struct resource phone_numbers = {
    .path = "/api/phone-numbers",
    .list = &sql_list,
    .one = &sql_one,
    .put = put_phone_number,
};

void list_phone_numbers(struct cm_http_request *rq, void *ctx)
{
    resource_list(rq, ctx, &phone_numbers);
}

void show_phone_number(struct cm_http_request *rq, void *ctx)
{
    resource_show(rq, ctx, &phone_numbers);
}

static bool insert(struct change *change, struct cm_uuid id, const struct body_value values[])
{
    struct cm_args *args = change_id_arg(change, id);
    CM_OWN(cm_rows) inserted = NULL;

    cm_arg_uuid(args, change->organization_id);
    for (size_t i = 0; i < FIELDS; i++)
        body_arg(args, &fields[i], &values[i]);
    if (!change_query(change, &sql_insert, args, &inserted))
        return false;
    if (cm_rows_affected(inserted) == 1)
        return true;
    cm_http_problem(change->rq, 409, "Conflict", "The number is taken already.");
    return false;
}

void create_phone_number(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 };
    struct body_value values[FIELDS];
    struct cm_uuid id;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_ADMIN) ||
        !body_read(rq, fields, FIELDS, values) || !change_once(&change, &id))
        return;
    if (change.repeated || insert(&change, id, values))
        resource_answer(&change, &phone_numbers, id, true);
}

void change_phone_number(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 };
    struct body_value values[FIELDS];
    struct cm_args *args;
    struct cm_uuid id;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_ADMIN) || !ask_path_id(rq, &id) ||
        !body_read_change(rq, fields + LABEL, FIELDS - LABEL, values + LABEL))
        return;
    args = change_id_arg(&change, id);
    for (size_t i = LABEL; i < FIELDS; i++)
        body_arg_change(args, &fields[i], &values[i]);
    if (change_send(&change, &sql_change, args))
        resource_answer(&change, &phone_numbers, id, false);
}

void delete_phone_number(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 };
    CM_OWN(cm_rows) has_calls = NULL;
    struct cm_args *args;
    struct cm_uuid id;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_ADMIN) || !ask_path_id(rq, &id))
        return;
    args = change_id_arg(&change, id);
    if (!change_send(&change, &sql_lock, args) ||
        !change_query(&change, &sql_has_calls, args, &has_calls))
        return;
    if (cm_row_bool(has_calls, 0, 0))
        cm_http_problem(rq, 409, "Conflict", "The number has calls; it stays as long as they do.");
    else
        change_remove(&change, &sql_delete, args);
}
