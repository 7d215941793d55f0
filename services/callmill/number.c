/* number.c - callmill number add | list | set | remove. */
#include "admin.h"
#include "commands.h"

#include <string.h>

#include "base/phone.h"

static const struct cm_stmt sql_insert = {
    "number_insert", "INSERT INTO phone_number (id, organization_id, number, label, forward_to, "
                     "greeting, record, caller_channel, assistant, instructions, voice)"
                     " SELECT $1, id, $3, coalesce($4, ''), $5, $6, $7, coalesce($8::bigint, 0),"
                     " coalesce($9::boolean, true), $10, $11 FROM organization WHERE id = $2"
                     " ON CONFLICT (number) DO NOTHING"
};

static const struct cm_stmt sql_find = {
    "number_find", "SELECT id, organization_id FROM phone_number WHERE number = $1"
};

static const struct cm_stmt sql_list = {
    "number_list",
    "SELECT id, organization_id, number, label, forward_to, greeting, record, caller_channel, "
    "assistant, instructions, voice, created_at"
    " FROM phone_number WHERE organization_id = $1 OR $1 IS NULL ORDER BY created_at, id"
};

static const struct cm_stmt sql_set = {
    "number_set", "UPDATE phone_number SET label = coalesce($2, label),"
                  " record = coalesce($3::boolean, record),"
                  " forward_to = CASE WHEN $4 THEN nullif($5, '') ELSE forward_to END,"
                  " greeting = CASE WHEN $6 THEN nullif($7, '') ELSE greeting END,"
                  " caller_channel = coalesce($8::bigint, caller_channel),"
                  " assistant = coalesce($9::boolean, assistant),"
                  " instructions = CASE WHEN $10 THEN nullif($11, '') ELSE instructions END,"
                  " voice = CASE WHEN $12 THEN nullif($13, '') ELSE voice END WHERE id = $1"
};

/* Once it is locked, no call can come to it. */
static const struct cm_stmt sql_lock = { "number_lock",
                                         "SELECT FROM phone_number WHERE id = $1 FOR UPDATE" };

static const struct cm_stmt sql_has_calls = {
    "number_has_calls", "SELECT EXISTS (SELECT FROM call WHERE phone_number_id = $1)"
};

static const struct cm_stmt sql_delete = { "number_delete",
                                           "DELETE FROM phone_number WHERE id = $1" };

static const struct cli_option add_options[] = {
    { "--org", "ID", "the organization", true },
    { "--number", "+E164", "the Twilio number", true },
    { "--label", "TEXT", "what people call it", false },
    { "--forward-to", "+E164", "where calls are forwarded to", false },
    { "--greeting", "TEXT", "what a caller hears first", false },
    { "--caller-channel", "0|1",
      "on which channel of a dual recording the caller speaks (default 0)", false },
    { "--no-recording", NULL, "do not record its calls", false },
    { "--assistant", "on|off",
      "whether a realtime model answers, where nothing is forwarded (default on)", false },
    { "--instructions", "TEXT",
      "what that model is told; it forwards calls to the +numbers in it only", false },
    { "--voice", "NAME", "the voice that it speaks with", false },
    { 0 },
};

/* As in schemas/openapi.yaml. */
enum { LABEL_MAX = 100, GREETING_MAX = 500, INSTRUCTIONS_MAX = 8000, VOICE_MAX = 64 };

static cm_rc check_number(const struct cli *cli, const char *option, struct cm_err *err)
{
    const char *text = cli_value(cli, option);

    if (text && !cm_is_e164(cm_str_of(text)))
        return cm_fail(err, CM_REJECT, "%s: '%s' is no E.164 number (+15551234567)", option, text);
    return CM_OK;
}

static cm_rc put_switch(const struct cli *cli, const char *option, struct cm_args *args,
                        struct cm_err *err)
{
    const char *text = cli_value(cli, option);

    if (text && strcmp(text, "on") != 0 && strcmp(text, "off") != 0)
        return cm_fail(err, CM_REJECT, "%s: '%s' is neither on nor off", option, text);

    if (text)
        cm_arg_bool(args, strcmp(text, "on") == 0);
    else
        cm_arg_null(args);
    return CM_OK;
}

/* As in schemas/openapi.yaml. */
static cm_rc check_voice(const struct cli *cli, size_t min, struct cm_err *err)
{
    const char *voice = cli_value(cli, "--voice");

    for (const char *c = voice ? voice : ""; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", *c))
            return cm_fail(err, CM_REJECT,
                           "--voice: '%s' has a character that no voice has: letters, digits, _ "
                           "and - only",
                           voice);
    return cli_check_text(cli, "--voice", min, VOICE_MAX, err);
}

static cm_rc put_caller_channel(const struct cli *cli, struct cm_args *args, struct cm_err *err)
{
    struct cm_opt_i64 channel = { .set = cli_has(cli, "--caller-channel") };
    cm_rc rc = cli_int(cli, "--caller-channel", 0, 1, 0, &channel.value, err);

    if (rc)
        return rc;

    cm_arg_opt_i64(args, channel);
    return CM_OK;
}

/* `least`: 0 where an empty text empties what was there. */
static cm_rc check_texts(const struct cli *cli, size_t least, struct cm_err *err)
{
    const char *forward_to = cli_value(cli, "--forward-to");
    cm_rc rc;

    rc = cli_check_text(cli, "--label", 0, LABEL_MAX, err);
    if (rc)
        return rc;
    rc = forward_to && (least || *forward_to) ? check_number(cli, "--forward-to", err) : CM_OK;
    if (rc)
        return rc;
    rc = cli_check_text(cli, "--greeting", least, GREETING_MAX, err);
    if (rc)
        return rc;
    rc = cli_check_text(cli, "--instructions", least, INSTRUCTIONS_MAX, err);
    if (rc)
        return rc;
    return check_voice(cli, least, err);
}

static cm_rc fill(const struct cli *cli, struct cm_args *args, struct cm_err *err)
{
    cm_rc rc;

    rc = check_number(cli, "--number", err);
    if (rc)
        return rc;
    rc = check_texts(cli, 1, err);
    if (rc)
        return rc;
    cm_arg_text(args, cli_value(cli, "--number"));
    cm_arg_text(args, cli_value(cli, "--label"));
    cm_arg_text(args, cli_value(cli, "--forward-to"));
    cm_arg_text(args, cli_value(cli, "--greeting"));
    cm_arg_bool(args, !cli_has(cli, "--no-recording"));
    rc = put_caller_channel(cli, args, err);
    if (rc)
        return rc;
    rc = put_switch(cli, "--assistant", args, err);
    if (rc)
        return rc;
    cm_arg_text(args, cli_value(cli, "--instructions"));
    cm_arg_text(args, cli_value(cli, "--voice"));
    return CM_OK;
}

static cm_rc add(struct cli *cli, struct cm_err *err)
{
    static const struct admin_addition addition = { .what = "number",
                                                    .option = "--number",
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
        { "id", ADMIN_UUID },
        { "organization_id", ADMIN_UUID },
        { "number", ADMIN_TEXT },
        { "label", ADMIN_TEXT },
        { "forward_to", ADMIN_TEXT },
        { "greeting", ADMIN_TEXT },
        { "record", ADMIN_BOOL },
        { "caller_channel", ADMIN_NUMBER },
        { "assistant", ADMIN_BOOL },
        { "instructions", ADMIN_TEXT },
        { "voice", ADMIN_TEXT },
        { "created_at", ADMIN_TIME },
        { 0 },
    };

    return admin_list_of(cli, &sql_list, columns, err);
}

static const struct cli_option set_options[] = {
    { "--id", "ID", "the number's id", true },
    { "--label", "TEXT", "what people call it", false },
    { "--recording", "on|off", "whether its calls are recorded from now on", false },
    { "--forward-to", "+E164", "where calls are forwarded to; empty: nowhere", false },
    { "--greeting", "TEXT", "what a caller hears first; empty: nothing", false },
    { "--caller-channel", "0|1", "on which channel of a dual recording the caller speaks", false },
    { "--assistant", "on|off", "whether a realtime model answers, where nothing is forwarded",
      false },
    { "--instructions", "TEXT",
      "what that model is told; it forwards calls to the +numbers in it only; empty: plain ones",
      false },
    { "--voice", "NAME", "the voice that it speaks with; empty: its own", false },
    { 0 },
};

/* The parameters of what is emptied by an empty text. */
static void put_optional(const struct cli *cli, const char *option, struct cm_args *args)
{
    cm_arg_bool(args, cli_has(cli, option));
    cm_arg_text(args, cli_value(cli, option));
}

static cm_rc fill_set(const struct cli *cli, struct cm_args *args, struct cm_err *err)
{
    cm_rc rc = check_texts(cli, 0, err);

    if (rc)
        return rc;
    cm_arg_text(args, cli_value(cli, "--label"));
    rc = put_switch(cli, "--recording", args, err);
    if (rc)
        return rc;
    put_optional(cli, "--forward-to", args);
    put_optional(cli, "--greeting", args);
    rc = put_caller_channel(cli, args, err);
    if (rc)
        return rc;
    rc = put_switch(cli, "--assistant", args, err);
    if (rc)
        return rc;
    put_optional(cli, "--instructions", args);
    put_optional(cli, "--voice", args);
    return CM_OK;
}

static bool changes_something(const struct cli *cli)
{
    for (const struct cli_option *option = set_options + 1; option->name; option++)
        if (cli_has(cli, option->name))
            return true;
    return false;
}

static cm_rc set(struct cli *cli, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(cli->arena);
    struct cm_uuid id;
    cm_rc rc;

    if (!changes_something(cli))
        return cm_fail(err, CM_REJECT,
                       "nothing to set: give --label, --recording, --forward-to, --greeting, "
                       "--caller-channel, --assistant, --instructions or --voice");
    rc = cli_uuid(cli, "--id", &id, err);
    if (rc)
        return rc;
    cm_arg_uuid(args, id);
    rc = fill_set(cli, args, err);
    if (rc)
        return rc;

    return admin_change(cli, "number", &sql_set, args, "changed", err);
}

static const struct cli_option remove_options[] = {
    { "--id", "ID", "the number's id", true },
    { 0 },
};

static cm_rc remove_one(const struct cli *cli, struct cm_tx *tx, const struct cm_args *args,
                        int64_t *removed, struct cm_err *err)
{
    CM_OWN(cm_rows) calls = NULL;
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    rc = cm_tx_send(tx, &sql_lock, args, err);
    if (rc)
        return rc;
    rc = cm_tx_query(tx, &sql_has_calls, args, &calls, err);
    if (rc)
        return rc;
    if (cm_row_bool(calls, 0, 0))
        return cm_fail(err, CM_REJECT, "--id %s: the number has calls; it stays as long as they do",
                       cli_value(cli, "--id"));
    rc = cm_tx_query(tx, &sql_delete, args, &rows, err);
    if (rc)
        return rc;

    *removed = cm_rows_affected(rows);
    return CM_OK;
}

static cm_rc remove_number(struct cli *cli, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(cli->arena);
    CM_OWN(cm_db) db = NULL;
    CM_OWN(cm_tx) tx = NULL;
    struct cm_uuid id;
    int64_t removed = 0;
    cm_rc rc;

    rc = cli_uuid(cli, "--id", &id, err);
    if (rc)
        return rc;
    cm_arg_uuid(args, id);
    rc = admin_begin(cli, &db, &tx, err);
    if (rc)
        return rc;
    rc = remove_one(cli, tx, args, &removed, err);
    if (rc)
        return rc;
    rc = cm_tx_commit(&tx, err);
    if (rc)
        return rc;

    return admin_print_changed(cli, "number", removed, "removed", err);
}

const struct cli_command command_number_add = {
    .noun = "number",
    .verb = "add",
    .summary = "add a phone number to an organization",
    .details = "Prints its id. A number that the organization has already is left as it is.",
    .options = add_options,
    .settings = admin_settings,
    .run = add,
};

const struct cli_command command_number_list = {
    .noun = "number",
    .verb = "list",
    .summary = "list the phone numbers",
    .options = list_options,
    .settings = admin_settings,
    .run = list,
};

const struct cli_command command_number_set = {
    .noun = "number",
    .verb = "set",
    .summary = "change how a phone number's calls are taken",
    .details = "What is not given stays. Calls that come in from now on are taken so.",
    .options = set_options,
    .settings = admin_settings,
    .run = set,
};

const struct cli_command command_number_remove = {
    .noun = "number",
    .verb = "remove",
    .summary = "remove a phone number that has no calls",
    .details = "Its calls are refused from now on. A number that has calls stays as long as they "
               "do.",
    .options = remove_options,
    .settings = admin_settings,
    .run = remove_number,
};
