/* analyzer.c - callmill analyzer add | list | set | enable | disable. */
#include "admin.h"
#include "commands.h"

#include <string.h>

static const struct cm_stmt sql_insert = {
    "analyzer_insert", "INSERT INTO analyzer (id, organization_id, name, prompt, engine, position)"
                       " SELECT $1, o.id, $3, $4, $5,"
                       "        (SELECT coalesce(max(a.position), 0) + 1 FROM analyzer a WHERE "
                       "a.organization_id = o.id)"
                       " FROM organization o WHERE o.id = $2"
                       " ON CONFLICT (organization_id, name) WHERE deleted_at IS NULL DO NOTHING"
};

static const struct cm_stmt sql_find = { "analyzer_find",
                                         "SELECT id, organization_id FROM analyzer WHERE name = $1 "
                                         "AND organization_id = $2 AND deleted_at IS NULL" };

static const struct cm_stmt sql_list = {
    "analyzer_list",
    "SELECT id, organization_id, name, engine, active, position, prompt, updated_at FROM analyzer"
    " WHERE (organization_id = $1 OR $1 IS NULL) AND deleted_at IS NULL ORDER BY organization_id, "
    "position, id"
};

static const struct cm_stmt sql_set = {
    "analyzer_set", "UPDATE analyzer SET name = coalesce($2, name), prompt = coalesce($3, prompt), "
                    "engine = coalesce($4, engine),"
                    " updated_at = now() WHERE id = $1 AND deleted_at IS NULL"
};

static const struct cm_stmt sql_switch = {
    "analyzer_switch",
    "UPDATE analyzer SET active = $2, updated_at = now() WHERE id = $1 AND deleted_at IS NULL"
};

static const struct cli_option add_options[] = {
    { "--org", "ID", "the organization", true },
    { "--name", "NAME", "what its group of results is called", true },
    { "--prompt", "TEXT", "what it looks for", true },
    { "--engine", "ENGINE",
      "default, rules or openai (default: default, the one that is configured)", false },
    { 0 },
};

static cm_rc check_engine(const struct cli *cli, struct cm_err *err)
{
    const char *engine = cli_value(cli, "--engine");

    if (engine && strcmp(engine, "default") != 0 && strcmp(engine, "rules") != 0 &&
        strcmp(engine, "openai") != 0)
        return cm_fail(err, CM_REJECT, "--engine: '%s' is none of default, rules, openai", engine);
    return CM_OK;
}

static cm_rc fill(const struct cli *cli, struct cm_args *args, struct cm_err *err)
{
    cm_rc rc = check_engine(cli, err);

    if (rc)
        return rc;

    cm_arg_text(args, cli_value(cli, "--name"));
    cm_arg_text(args, cli_value(cli, "--prompt"));
    cm_arg_text(args, cli_has(cli, "--engine") ? cli_value(cli, "--engine") : "default");
    return CM_OK;
}

static cm_rc add(struct cli *cli, struct cm_err *err)
{
    static const struct admin_addition addition = { .what = "analyzer",
                                                    .option = "--name",
                                                    .fill = fill,
                                                    .insert = &sql_insert,
                                                    .find = &sql_find };

    return admin_add(cli, &addition, err);
}

static const struct cli_option list_options[] = {
    { "--org", "ID", "only this organization's", false },
    { 0 },
};

static cm_rc list(struct cli *cli, struct cm_err *err)
{
    static const struct admin_column columns[] = {
        { "id", ADMIN_UUID },     { "organization_id", ADMIN_UUID }, { "name", ADMIN_TEXT },
        { "engine", ADMIN_TEXT }, { "active", ADMIN_BOOL },          { "position", ADMIN_NUMBER },
        { "prompt", ADMIN_TEXT }, { "updated_at", ADMIN_TIME },      { 0 },
    };

    return admin_list_of(cli, &sql_list, columns, err);
}

static const struct cli_option set_options[] = {
    { "--id", "ID", "the analyzer", true },
    { "--name", "NAME", "its new name", false },
    { "--prompt", "TEXT", "its new prompt", false },
    { "--engine", "ENGINE", "default, rules or openai", false },
    { 0 },
};

static cm_rc set(struct cli *cli, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(cli->arena);
    struct cm_uuid id;
    cm_rc rc;

    rc = cli_uuid(cli, "--id", &id, err);
    if (rc)
        return rc;
    rc = check_engine(cli, err);
    if (rc)
        return rc;
    if (!cli_has(cli, "--name") && !cli_has(cli, "--prompt") && !cli_has(cli, "--engine"))
        return cm_fail(err, CM_REJECT, "nothing to set: give --name, --prompt or --engine");

    cm_arg_uuid(args, id);
    cm_arg_text(args, cli_value(cli, "--name"));
    cm_arg_text(args, cli_value(cli, "--prompt"));
    cm_arg_text(args, cli_value(cli, "--engine"));
    return admin_change(cli, "analyzer", &sql_set, args, "changed", err);
}

static const struct cli_option switch_options[] = {
    { "--id", "ID", "the analyzer", true },
    { 0 },
};

static cm_rc switch_to(const struct cli *cli, bool active, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(cli->arena);
    struct cm_uuid id;
    cm_rc rc;

    rc = cli_uuid(cli, "--id", &id, err);
    if (rc)
        return rc;

    cm_arg_uuid(args, id);
    cm_arg_bool(args, active);
    return admin_change(cli, "analyzer", &sql_switch, args, active ? "enabled" : "disabled", err);
}

static cm_rc enable(struct cli *cli, struct cm_err *err)
{
    return switch_to(cli, true, err);
}

static cm_rc disable(struct cli *cli, struct cm_err *err)
{
    return switch_to(cli, false, err);
}

const struct cli_command command_analyzer_add = {
    .noun = "analyzer",
    .verb = "add",
    .summary = "add an analyzer to an organization",
    .details = "It runs on each call transcribed from now on, and on a re-run of an older one.",
    .options = add_options,
    .settings = admin_settings,
    .run = add,
};

const struct cli_command command_analyzer_list = {
    .noun = "analyzer",
    .verb = "list",
    .summary = "list the analyzers",
    .options = list_options,
    .settings = admin_settings,
    .run = list,
};

const struct cli_command command_analyzer_set = {
    .noun = "analyzer",
    .verb = "set",
    .summary = "change an analyzer's name, prompt or engine",
    .options = set_options,
    .settings = admin_settings,
    .run = set,
};

const struct cli_command command_analyzer_enable = {
    .noun = "analyzer",
    .verb = "enable",
    .summary = "let an analyzer run again",
    .options = switch_options,
    .settings = admin_settings,
    .run = enable,
};

const struct cli_command command_analyzer_disable = {
    .noun = "analyzer",
    .verb = "disable",
    .summary = "keep an analyzer from running; its results stay",
    .options = switch_options,
    .settings = admin_settings,
    .run = disable,
};
