/* settings.c - /api/settings: what an organization has set for all of its calls. */
#include "ask.h"
#include "base/mail_address.h"
#include "body.h"
#include "change.h"
#include "endpoints.h"
#include "reply.h"
#include "row_json.h"

static const struct cm_stmt sql_settings = {
    "settings", "SELECT name, to_json(report_recipients), retention_days, time_zone"
                " FROM organization WHERE id = current_organization()"
};
static const struct cm_stmt sql_time_zone = {
    "settings_time_zone", "SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)"
};
static const struct cm_stmt sql_change = {
    "settings_change",
    "UPDATE organization SET name = CASE WHEN $1 THEN $2 ELSE name END,"
    " report_recipients = CASE WHEN $3 THEN $4 ELSE report_recipients END,"
    " retention_days = CASE WHEN $5 THEN $6::bigint ELSE retention_days END,"
    " time_zone = CASE WHEN $7 THEN $8 ELSE time_zone END WHERE id = current_organization()"
};

enum { NAME, REPORT_RECIPIENTS, RETENTION_DAYS, TIME_ZONE, FIELDS };
static const struct body_field fields[FIELDS] = {
    [NAME] = { "name", BODY_TEXT, .min = 1, .max = 100 },
    [REPORT_RECIPIENTS] = { "report_recipients", BODY_TEXTS, .many = 50, BODY_MAIL,
                            .fits = cm_is_mail_address },
    [RETENTION_DAYS] = { "retention_days", BODY_NUMBER, .nullable = true, .min = 1, .max = 36500 },
    [TIME_ZONE] = { "time_zone", BODY_TEXT, .min = 1, .max = 64 },
};

static void put_settings(struct cm_json *json, const struct cm_rows *rows, int row)
{
    cm_json_object(json, NULL);
    row_json_str(json, "name", rows, row, 0);
    row_json_raw(json, "report_recipients", rows, row, 1);
    row_json_i64(json, "retention_days", rows, row, 2);
    row_json_str(json, "time_zone", rows, row, 3);
    cm_json_end(json);
}

static void answer_settings(struct ask *ask, struct cm_rows *rows[])
{
    reply_row(ask->rq, rows[0], put_settings);
}

void show_settings(struct cm_http_request *rq, void *ctx)
{
    struct ask *ask = ask_new(rq, ctx, answer_settings);

    if (!ask)
        return;
    ask_step(ask, &sql_settings, NULL);
    ask_send(ask);
}

/* Times of day are the database's to work out, so its names count. */
static bool is_time_zone(struct change *change, const struct body_value *zone)
{
    struct cm_args *args = cm_args_new(change->arena);
    CM_OWN(cm_rows) known = NULL;

    cm_arg_str(args, zone->text);
    if (!change_query(change, &sql_time_zone, args, &known))
        return false;
    if (cm_row_bool(known, 0, 0))
        return true;
    reply_bad_request(change->rq,
                      "time_zone has to be a name of the IANA database, such as Europe/Stockholm");
    return false;
}

void change_settings(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 };
    struct body_value values[FIELDS];
    CM_OWN(cm_rows) now = NULL;
    struct cm_args *args;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_ADMIN) ||
        !body_read_change(rq, fields, FIELDS, values) ||
        (values[TIME_ZONE].given && !is_time_zone(&change, &values[TIME_ZONE])))
        return;

    args = cm_args_new(change.arena);
    for (size_t i = 0; i < FIELDS; i++)
        body_arg_change(args, &fields[i], &values[i]);
    if (change_send(&change, &sql_change, args) &&
        change_query(&change, &sql_settings, NULL, &now) && change_commit(&change))
        reply_row(rq, now, put_settings);
}
