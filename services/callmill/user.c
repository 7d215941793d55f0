/* user.c - callmill user add | list | set. */
#include "admin.h"
#include "commands.h"
#include "password.h"

#include <string.h>

#include "base/credential.h"
#include "base/mail_address.h"

static const struct cm_stmt sql_insert = {
    "user_insert", "INSERT INTO app_user (id, organization_id, email, name, role, password_hash)"
                   " SELECT $1, id, $3, $4, $5, $6 FROM organization WHERE id = $2"
                   " ON CONFLICT (lower(email)) DO NOTHING"
};

static const struct cm_stmt sql_find = {
    "user_find", "SELECT id, organization_id FROM app_user WHERE lower(email) = lower($1)"
};

/* A trigger ends the user's sessions with a new password. */
static const struct cm_stmt sql_set = {
    "user_set", "UPDATE app_user SET name = coalesce($2, name), role = coalesce($3, role),"
                " password_hash = coalesce($4, password_hash) WHERE id = $1"
};

static const struct cm_stmt sql_list = {
    "user_list", "SELECT id, organization_id, email, name, role, disabled_at IS NOT NULL, "
                 "created_at FROM app_user"
                 " WHERE organization_id = $1 OR $1 IS NULL ORDER BY created_at, id"
};

/* As in schemas/openapi.yaml. */
enum { NAME_MAX_CHARACTERS = 100 };

static const struct cli_option add_options[] = {
    { "--org", "ID", "the organization", true },
    { "--email", "ADDRESS", "what the user logs in with", true },
    { "--password-file", "FILE", "holds the password on its first line; - is standard input",
      true },
    { "--name", "NAME", "the user's name (default: the address up to its @)", false },
    { "--role", "ROLE", "admin or member (default member); an organization needs an admin", false },
    { 0 },
};

static cm_rc check_name_and_role(const struct cli *cli, struct cm_err *err)
{
    const char *role = cli_value(cli, "--role");

    if (role && strcmp(role, "admin") != 0 && strcmp(role, "member") != 0)
        return cm_fail(err, CM_REJECT, "--role: '%s' is neither admin nor member", role);
    return cli_check_text(cli, "--name", 1, NAME_MAX_CHARACTERS, err);
}

static cm_rc hash_password(const struct cli *cli, struct cm_password_hash *out, struct cm_err *err)
{
    struct cm_str password = { 0 };
    cm_rc rc = password_read(cli, "--password-file", &password, err);

    return rc ? rc : cm_password_hash(password, out, err);
}

static cm_rc fill(const struct cli *cli, struct cm_args *args, struct cm_err *err)
{
    const char *email = cli_value(cli, "--email");
    struct cm_str name = { email, strcspn(email, "@") };
    struct cm_password_hash hash;
    cm_rc rc;

    if (!cm_is_mail_address(cm_str_of(email)))
        return cm_fail(err, CM_REJECT, "--email: '%s' is no e-mail address", email);
    rc = check_name_and_role(cli, err);
    if (rc)
        return rc;
    rc = hash_password(cli, &hash, err);
    if (rc)
        return rc;

    cm_arg_text(args, email);
    cm_arg_str(args, cli_has(cli, "--name") ? cm_str_of(cli_value(cli, "--name")) : name);
    cm_arg_text(args, cli_has(cli, "--role") ? cli_value(cli, "--role") : "member");
    cm_arg_text(args, hash.at);
    return CM_OK;
}

static cm_rc add(struct cli *cli, struct cm_err *err)
{
    static const struct admin_addition addition = {
        .what = "user", .option = "--email", .fill = fill, .insert = &sql_insert, .find = &sql_find
    };

    return admin_add(cli, &addition, err);
}

static const struct cli_option list_options[] = {
    { "--org", "ID", "only this organization's", false },
    { 0 },
};

static cm_rc list(struct cli *cli, struct cm_err *err)
{
    static const struct admin_column columns[] = {
        { "id", ADMIN_UUID },         { "organization_id", ADMIN_UUID },
        { "email", ADMIN_TEXT },      { "name", ADMIN_TEXT },
        { "role", ADMIN_TEXT },       { "disabled", ADMIN_BOOL },
        { "created_at", ADMIN_TIME }, { 0 }
    };

    return admin_list_of(cli, &sql_list, columns, err);
}

static const struct cli_option set_options[] = {
    { "--id", "ID", "the user's id, as callmill user list shows it", true },
    { "--password-file", "FILE", "holds a new password on its first line; - is standard input",
      false },
    { "--name", "NAME", "a new name", false },
    { "--role", "ROLE", "admin or member", false },
    { 0 },
};

static cm_rc set(struct cli *cli, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(cli->arena);
    bool renews = cli_has(cli, "--password-file");
    struct cm_password_hash hash;
    struct cm_uuid id;
    cm_rc rc;

    if (!renews && !cli_has(cli, "--name") && !cli_has(cli, "--role"))
        return cm_fail(err, CM_REJECT, "nothing to set: give --password-file, --name or --role");
    rc = cli_uuid(cli, "--id", &id, err);
    if (rc)
        return rc;
    rc = check_name_and_role(cli, err);
    if (rc)
        return rc;
    rc = renews ? hash_password(cli, &hash, err) : CM_OK;
    if (rc)
        return rc;

    cm_arg_uuid(args, id);
    cm_arg_text(args, cli_value(cli, "--name"));
    cm_arg_text(args, cli_value(cli, "--role"));
    cm_arg_text(args, renews ? hash.at : NULL);
    return admin_change(cli, "user", &sql_set, args, "changed", err);
}

const struct cli_command command_user_add = {
    .noun = "user",
    .verb = "add",
    .summary = "add a user who can log in",
    .details = "Prints the id. A user of that address who is there already keeps everything, "
               "password included.",
    .options = add_options,
    .settings = admin_settings,
    .run = add,
};

const struct cli_command command_user_list = {
    .noun = "user",
    .verb = "list",
    .summary = "list the users",
    .options = list_options,
    .settings = admin_settings,
    .run = list,
};

const struct cli_command command_user_set = {
    .noun = "user",
    .verb = "set",
    .summary = "give a user a new password, name or role",
    .details = "What is not given stays. With a new password the user is logged out everywhere.",
    .options = set_options,
    .settings = admin_settings,
    .run = set,
};
