/* org.c - callmill org add | set | list. */
#include "admin.h"
#include "commands.h"

#include "base/clock.h"
#include "base/mail_address.h"

/* Two that add the same name at once must not both find nothing. */
static const struct cm_stmt sql_lock = {
    "org_lock", "SELECT pg_advisory_xact_lock(hashtext('organization ' || $1))"
};

static const struct cm_stmt sql_find = {
    "org_find", "SELECT id FROM organization WHERE name = $1 ORDER BY created_at LIMIT 1"
};

static const struct cm_stmt sql_insert = {
    "org_insert", "INSERT INTO organization (id, name, report_recipients) VALUES ($1, $2, $3)"
};

static const struct cm_stmt sql_insert_analyzers = {
    "org_insert_analyzers", "INSERT INTO analyzer (id, organization_id, name, prompt, position)"
                            " SELECT id, $1, name, prompt, position::int"
                            " FROM unnest($2::uuid[], $3::text[], $4::text[]) WITH ORDINALITY AS t "
                            "(id, name, prompt, position)"
};

static const struct cm_stmt sql_set = {
    "org_set", "UPDATE organization SET name = coalesce($2, name),"
               " report_recipients = CASE WHEN $3 THEN $4 ELSE report_recipients END,"
               " retention_days = CASE WHEN $5 THEN nullif($6, 0) ELSE retention_days END,"
               " time_zone = coalesce($7, time_zone) WHERE id = $1"
};

static const struct cm_stmt sql_time_zone = {
    "org_time_zone", "SELECT $1 IS NULL OR EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)"
};

static const struct cm_stmt sql_list = {
    "org_list",
    "SELECT id, name, array_to_string(report_recipients, ','), retention_days, time_zone,"
    " created_at FROM organization ORDER BY created_at, id"
};

/* What every new organization starts with. The built-in rules choose by name and prompt; a language
 * model reads the prompt as it stands. */
static const struct starter {
    const char *name, *prompt;
} starters[] = {
    { "Sentiment Analyzer", "Assess the caller's sentiment over the call. Begin with one word: "
                            "positive, neutral, negative or mixed. "
                            "Then say in at most three sentences how it changed from the beginning "
                            "to the end and which words show it. "
                            "Judge by what was said only, not by the subject of the call." },
    { "Compliance", "Check what the agent said for compliance issues: guarantees or promises that "
                    "the company may not be able to "
                    "keep, pressure or threats, missing consent to recording, and card numbers, "
                    "passwords or other secrets "
                    "asked for or read aloud. List each issue on a line with the words that show "
                    "it. If there is none, answer "
                    "exactly: No compliance issues found." },
    { "Summary", "Summarize the call in three to five sentences for somebody who was not there: "
                 "who called and why, what was "
                 "found out or decided, what each side promised to do and by when. Invent nothing; "
                 "leave out small talk." },
};
enum { STARTERS = sizeof starters / sizeof *starters };

/* As in schemas/openapi.yaml. */
enum { NAME_MAX = 100, RECIPIENTS_MAX = 50, RETENTION_DAYS_MAX = 36500 };

static const struct cli_option add_options[] = {
    { "--name", "NAME", "the organization's name", true },
    { "--report-to", "A@B,C@D", "who gets each call's report by e-mail", false },
    { 0 },
};

static cm_rc put_recipients(struct cm_args *args, const char *list, struct cm_err *err)
{
    struct cm_column *column = cm_arg_column(args, CM_COL_TEXT);
    struct cm_str rest = cm_str_of(list), part;
    int count = 0;

    while (cm_str_split(&rest, ',', &part)) {
        part = cm_str_trim(part);
        if (part.len == 0)
            continue;
        if (!cm_is_mail_address(part))
            return cm_fail(err, CM_REJECT, "--report-to: '%.*s' is no e-mail address",
                           CM_STR_FMT(part));
        if (++count > RECIPIENTS_MAX)
            return cm_fail(err, CM_REJECT, "--report-to: more than %d addresses", RECIPIENTS_MAX);
        cm_col_str(column, part);
    }
    return CM_OK;
}

static cm_rc insert(const struct cli *cli, struct cm_tx *tx, struct cm_uuid id, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(cli->arena), *starting = cm_args_new(cli->arena);
    struct cm_column *ids, *names, *prompts;
    cm_rc rc;

    cm_arg_uuid(args, id);
    cm_arg_text(args, cli_value(cli, "--name"));
    rc = put_recipients(args, cli_value(cli, "--report-to"), err);
    if (rc)
        return rc;
    rc = cm_tx_send(tx, &sql_insert, args, err);
    if (rc)
        return rc;

    cm_arg_uuid(starting, id);
    ids = cm_arg_column(starting, CM_COL_UUID);
    names = cm_arg_column(starting, CM_COL_TEXT);
    prompts = cm_arg_column(starting, CM_COL_TEXT);
    for (size_t i = 0; i < STARTERS; i++) {
        cm_col_uuid(ids, cm_uuid_v7(cm_now_us()));
        cm_col_text(names, starters[i].name);
        cm_col_text(prompts, starters[i].prompt);
    }
    return cm_tx_send(tx, &sql_insert_analyzers, starting, err);
}

static cm_rc add(struct cli *cli, struct cm_err *err)
{
    struct cm_args *name = cm_args_new(cli->arena);
    struct cm_uuid id = cm_uuid_v7(cm_now_us());
    CM_OWN(cm_db) db = NULL;
    CM_OWN(cm_tx) tx = NULL;
    CM_OWN(cm_rows) rows = NULL;
    bool created;
    cm_rc rc;

    rc = cli_check_text(cli, "--name", 1, NAME_MAX, err);
    if (rc)
        return rc;
    cm_arg_text(name, cli_value(cli, "--name"));
    rc = admin_begin(cli, &db, &tx, err);
    if (rc)
        return rc;
    rc = cm_tx_send(tx, &sql_lock, name, err);
    if (rc)
        return rc;
    rc = cm_tx_query(tx, &sql_find, name, &rows, err);
    if (rc)
        return rc;

    created = cm_rows_count(rows) == 0;
    if (created) {
        rc = insert(cli, tx, id, err);
        if (rc)
            return rc;
    } else {
        id = cm_row_uuid(rows, 0, 0);
    }
    rc = cm_tx_commit(&tx, err);
    if (rc)
        return rc;

    admin_print_made(cli, "organization", id, created);
    return CM_OK;
}

static const struct cli_option set_options[] = {
    { "--id", "ID", "the organization", true },
    { "--name", "NAME", "its new name", false },
    { "--report-to", "A@B,C@D", "who gets each call's report from now on; empty: nobody", false },
    { "--retention-days", "N", "calls older than so many are deleted; 0: none are", false },
    { "--time-zone", "NAME", "of the IANA database, such as Europe/Stockholm", false },
    { 0 },
};

static cm_rc fill_set(const struct cli *cli, struct cm_args *args, struct cm_err *err)
{
    struct cm_uuid id;
    int64_t retention_days;
    cm_rc rc;

    if (!cli_has(cli, "--name") && !cli_has(cli, "--report-to") &&
        !cli_has(cli, "--retention-days") && !cli_has(cli, "--time-zone"))
        return cm_fail(err, CM_REJECT,
                       "nothing to set: give --name, --report-to, --retention-days or --time-zone");
    rc = cli_uuid(cli, "--id", &id, err);
    if (rc)
        return rc;
    rc = cli_check_text(cli, "--name", 1, NAME_MAX, err);
    if (rc)
        return rc;
    rc = cli_int(cli, "--retention-days", 0, RETENTION_DAYS_MAX, 0, &retention_days, err);
    if (rc)
        return rc;

    cm_arg_uuid(args, id);
    cm_arg_text(args, cli_value(cli, "--name"));
    cm_arg_bool(args, cli_has(cli, "--report-to"));
    rc = put_recipients(args, cli_value(cli, "--report-to"), err);
    cm_arg_bool(args, cli_has(cli, "--retention-days"));
    cm_arg_i32(args, (int32_t)retention_days);
    cm_arg_text(args, cli_value(cli, "--time-zone"));
    return rc;
}

static cm_rc check_time_zone(const struct cli *cli, struct cm_db *db, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(cli->arena);
    CM_OWN(cm_rows) known = NULL;
    cm_rc rc;

    cm_arg_text(args, cli_value(cli, "--time-zone"));
    rc = cm_db_query(db, &sql_time_zone, args, &known, err);
    if (rc || cm_row_bool(known, 0, 0))
        return rc;
    return cm_fail(err, CM_REJECT, "--time-zone: '%s' is no name of the IANA database",
                   cli_value(cli, "--time-zone"));
}

static cm_rc set(struct cli *cli, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(cli->arena);
    CM_OWN(cm_db) db = NULL;
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    rc = fill_set(cli, args, err);
    if (rc)
        return rc;
    rc = admin_open(cli, &db, err);
    if (rc)
        return rc;
    rc = check_time_zone(cli, db, err);
    if (rc)
        return rc;
    rc = cm_db_query(db, &sql_set, args, &rows, err);
    if (rc)
        return rc;

    return admin_print_changed(cli, "organization", cm_rows_affected(rows), "changed", err);
}

static cm_rc list(struct cli *cli, struct cm_err *err)
{
    static const struct admin_column columns[] = { { "id", ADMIN_UUID },
                                                   { "name", ADMIN_TEXT },
                                                   { "report_to", ADMIN_TEXT },
                                                   { "retention_days", ADMIN_NUMBER },
                                                   { "time_zone", ADMIN_TEXT },
                                                   { "created_at", ADMIN_TIME },
                                                   { 0 } };

    return admin_list(cli, &sql_list, NULL, columns, err);
}

const struct cli_command command_org_add = {
    .noun = "org",
    .verb = "add",
    .summary = "add an organization, with its three first analyzers",
    .details =
        "Prints its id. An organization of that name that is there already is left as it is.",
    .options = add_options,
    .settings = admin_settings,
    .run = add,
};

const struct cli_command command_org_set = {
    .noun = "org",
    .verb = "set",
    .summary = "change an organization's settings",
    .options = set_options,
    .settings = admin_settings,
    .run = set,
};

const struct cli_command command_org_list = {
    .noun = "org",
    .verb = "list",
    .summary = "list the organizations",
    .settings = admin_settings,
    .run = list,
};
