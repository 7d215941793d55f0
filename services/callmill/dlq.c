/* dlq.c - callmill dlq list | replay. */
#include "admin.h"
#include "commands.h"

static const struct cm_stmt sql_list = {
    "dlq_list",
    "SELECT id, service, topic, call_id, step, class, reason, attempts, died_at FROM dead_letter"
    " WHERE service = $1 OR $1 IS NULL ORDER BY died_at, id"
};

static const struct cm_stmt sql_replay = {
    "dlq_replay", "SELECT id, service, topic, call_id, step FROM replay_letters($1, $2, NULL, NULL)"
};

static const struct cli_option list_options[] = {
    { "--service", "NAME", "only this service's", false },
    { 0 },
};

static cm_rc list(struct cli *cli, struct cm_err *err)
{
    static const struct admin_column columns[] = {
        { "id", ADMIN_UUID },      { "service", ADMIN_TEXT },
        { "topic", ADMIN_TEXT },   { "call_id", ADMIN_UUID },
        { "step", ADMIN_TEXT },    { "class", ADMIN_TEXT },
        { "reason", ADMIN_TEXT },  { "attempts", ADMIN_NUMBER },
        { "died_at", ADMIN_TIME }, { 0 },
    };
    struct cm_args *args = cm_args_new(cli->arena);

    cm_arg_text(args, cli_value(cli, "--service"));
    return admin_list(cli, &sql_list, args, columns, err);
}

static const struct cli_option replay_options[] = {
    { "--id", "ID", "this letter", false },
    { "--service", "NAME", "only this service's", false },
    { "--all", NULL, "all of them", false },
    { 0 },
};

static struct cm_args *replay_args(const struct cli *cli, struct cm_opt_uuid id)
{
    struct cm_args *args = cm_args_new(cli->arena);

    cm_arg_opt_uuid(args, id);
    cm_arg_text(args, cli_value(cli, "--service"));
    return args;
}

static cm_rc replay(struct cli *cli, struct cm_err *err)
{
    static const struct admin_column columns[] = {
        { "id", ADMIN_UUID },      { "service", ADMIN_TEXT }, { "topic", ADMIN_TEXT },
        { "call_id", ADMIN_UUID }, { "step", ADMIN_TEXT },    { 0 },
    };
    struct cm_opt_uuid id = { .set = cli_has(cli, "--id") };
    CM_OWN(cm_db) db = NULL;
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    if (cli_has(cli, "--all") == id.set)
        return cm_fail(err, CM_REJECT, "say which: --id ID, or --all (of --service NAME)");
    rc = cli_uuid(cli, "--id", &id.value, err);
    if (rc)
        return rc;
    rc = admin_open(cli, &db, err);
    if (rc)
        return rc;
    rc = cm_db_query(db, &sql_replay, replay_args(cli, id), &rows, err);
    if (rc)
        return rc;
    if (id.set && cm_rows_count(rows) == 0)
        return cm_fail(err, CM_REJECT, "--id %s: there is no such letter; see callmill dlq list",
                       cli_value(cli, "--id"));

    admin_print(cli, rows, columns);
    return CM_OK;
}

const struct cli_command command_dlq_list = {
    .noun = "dlq",
    .verb = "list",
    .summary = "list the events that a service gave up on",
    .options = list_options,
    .settings = admin_settings,
    .run = list,
};

const struct cli_command command_dlq_replay = {
    .noun = "dlq",
    .verb = "replay",
    .summary = "drive dead letters again",
    .details = "Puts each event back on its topic; the step waits again. Prints what was put back.",
    .options = replay_options,
    .settings = admin_settings,
    .run = replay,
};
