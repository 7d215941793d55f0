#include "admin.h"

#include "base/clock.h"

const struct cm_setting admin_database_settings[] = {
    { .name = "DATABASE_URL",
      .type = CM_SET_URL,
      .choices = "postgresql|postgres",
      .secret = true,
      .help = "the database, as callmill_worker" },
    { .name = "MIGRATE_DATABASE_URL",
      .type = CM_SET_URL,
      .choices = "postgresql|postgres",
      .secret = true,
      .help = "the database, as callmill_owner; used where DATABASE_URL is not set" },
    { .name = "DATABASE_TIMEOUT_MS",
      .type = CM_SET_INT,
      .fallback = "10000",
      .min = 100,
      .max = 600000,
      .help = "how long one statement may take, in ms" },
    { 0 },
};
const struct cm_setting *const admin_settings[] = { admin_database_settings, NULL };

cm_rc admin_open(const struct cli *cli, struct cm_db **out, struct cm_err *err)
{
    const char *url = cm_config_text(cli->config, "DATABASE_URL");

    if (!url)
        url = cm_config_text(cli->config, "MIGRATE_DATABASE_URL");
    if (!url)
        return cm_fail(err, CM_REJECT,
                       "DATABASE_URL is not set: postgresql://callmill_worker:...@host/callmill");

    return cm_db_new(url, 1, (int)cm_config_int(cli->config, "DATABASE_TIMEOUT_MS"), "callmill",
                     NULL, out, err);
}

cm_rc admin_begin(const struct cli *cli, struct cm_db **db, struct cm_tx **tx, struct cm_err *err)
{
    cm_rc rc = admin_open(cli, db, err);

    if (rc)
        return rc;

    return cm_tx_begin(*db, tx, err);
}

void admin_print_made(const struct cli *cli, const char *what, struct cm_uuid id, bool created)
{
    CM_OWN_BUF struct cm_buf body = { 0 };
    struct cm_json json = cm_json(&body);

    if (!cli->json) {
        fprintf(cli->out, "%s %s %s\n", what, cm_uuid_text(id).at,
                created ? "added" : "exists already");
        return;
    }
    cm_json_object(&json, NULL);
    cm_json_uuid(&json, "id", id);
    cm_json_bool(&json, "created", created);
    cm_json_end(&json);
    cli_print_json(cli, &body);
}

cm_rc admin_print_changed(const struct cli *cli, const char *what, int64_t affected,
                          const char *done, struct cm_err *err)
{
    const char *id = cli_value(cli, "--id");

    if (affected == 0)
        return cm_fail(err, CM_REJECT, "--id %s: there is no such %s; see callmill %s list", id,
                       what, cli->command->noun);
    if (cli->json)
        fprintf(cli->out, "{\"id\":\"%s\"}\n", id);
    else
        fprintf(cli->out, "%s %s %s\n", what, id, done);
    return CM_OK;
}

cm_rc admin_change(const struct cli *cli, const char *what, const struct cm_stmt *stmt,
                   const struct cm_args *args, const char *done, struct cm_err *err)
{
    CM_OWN(cm_db) db = NULL;
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    rc = admin_open(cli, &db, err);
    if (rc)
        return rc;
    rc = cm_db_query(db, stmt, args, &rows, err);
    if (rc)
        return rc;

    return admin_print_changed(cli, what, cm_rows_affected(rows), done, err);
}

static cm_rc insert(const struct cli *cli, const struct admin_addition *addition, struct cm_tx *tx,
                    struct cm_uuid id, struct cm_uuid organization, bool *created,
                    struct cm_err *err)
{
    struct cm_args *args = cm_args_new(cli->arena);
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    cm_arg_uuid(args, id);
    cm_arg_uuid(args, organization);
    rc = addition->fill(cli, args, err);
    if (rc)
        return rc;
    rc = cm_tx_query(tx, addition->insert, args, &rows, err);
    if (rc)
        return rc;

    *created = cm_rows_affected(rows) == 1;
    return CM_OK;
}

/* Nothing was inserted: it is there already, or there is no such organization. */
static cm_rc find(const struct cli *cli, const struct admin_addition *addition, struct cm_tx *tx,
                  struct cm_uuid organization, struct cm_uuid *id, struct cm_err *err)
{
    const char *value = cli_value(cli, addition->option);
    struct cm_args *args = cm_args_new(cli->arena);
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    cm_arg_text(args, value);
    cm_arg_uuid(args, organization);
    rc = cm_tx_query(tx, addition->find, args, &rows, err);
    if (rc)
        return rc;
    if (cm_rows_count(rows) == 0)
        return cm_fail(err, CM_REJECT,
                       "--org %s: there is no such organization; see callmill org list",
                       cm_uuid_text(organization).at);
    if (!cm_uuid_eq(cm_row_uuid(rows, 0, 1), organization))
        return cm_fail(err, CM_REJECT, "%s %s: it belongs to another organization, %s",
                       addition->option, value, cm_uuid_text(cm_row_uuid(rows, 0, 1)).at);

    *id = cm_row_uuid(rows, 0, 0);
    return CM_OK;
}

cm_rc admin_add(const struct cli *cli, const struct admin_addition *addition, struct cm_err *err)
{
    struct cm_uuid id = cm_uuid_v7(cm_now_us()), organization;
    CM_OWN(cm_db) db = NULL;
    CM_OWN(cm_tx) tx = NULL;
    bool created;
    cm_rc rc;

    rc = cli_uuid(cli, "--org", &organization, err);
    if (rc)
        return rc;
    rc = admin_begin(cli, &db, &tx, err);
    if (rc)
        return rc;
    rc = insert(cli, addition, tx, id, organization, &created, err);
    if (!rc && !created)
        rc = find(cli, addition, tx, organization, &id, err);
    if (rc)
        return rc;
    rc = cm_tx_commit(&tx, err);
    if (rc)
        return rc;

    admin_print_made(cli, addition->what, id, created);
    return CM_OK;
}

static void put_field(struct cm_json *json, const struct cm_rows *rows, int row, int column,
                      const struct admin_column *spec)
{
    if (cm_row_is_null(rows, row, column)) {
        cm_json_null(json, spec->name);
        return;
    }
    switch (spec->type) {
    case ADMIN_UUID:
        cm_json_uuid(json, spec->name, cm_row_uuid(rows, row, column));
        break;
    case ADMIN_TEXT:
        cm_json_str(json, spec->name, cm_row_str(rows, row, column));
        break;
    case ADMIN_NUMBER:
        cm_json_i64(json, spec->name, cm_row_i64(rows, row, column));
        break;
    case ADMIN_BOOL:
        cm_json_bool(json, spec->name, cm_row_bool(rows, row, column));
        break;
    case ADMIN_TIME:
        cm_json_time(json, spec->name, cm_row_time(rows, row, column));
        break;
    }
}

/* A cell is what JSON would say, without the quotes of plain text: control characters stay escaped,
 * so that nothing in a row can move a terminal's cursor. */
static struct cm_str cell(struct cm_arena *arena, const struct cm_rows *rows, int row, int column,
                          const struct admin_column *spec)
{
    const struct admin_column unnamed = { NULL, spec->type };
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct cm_json json = cm_json(&text);
    struct cm_str view;

    if (cm_row_is_null(rows, row, column))
        return CM_STR("-");

    put_field(&json, rows, row, column, &unnamed);
    view = cm_buf_view(&text);
    if (view.len >= 2 && view.at[0] == '"')
        view = (struct cm_str){ view.at + 1, view.len - 2 };
    return cm_arena_str(arena, view);
}

static void print_table(const struct cli *cli, const struct cm_rows *rows,
                        const struct admin_column *columns, int count)
{
    struct cm_str *cells = CM_NEW_N(cli->arena, struct cm_str, (cm_rows_count(rows) + 1) * count);
    int *widths = CM_NEW_N(cli->arena, int, count);

    for (int row = 0; row <= cm_rows_count(rows); row++) {
        for (int i = 0; i < count; i++) {
            struct cm_str *at = &cells[row * count + i];

            *at =
                row ? cell(cli->arena, rows, row - 1, i, &columns[i]) : cm_str_of(columns[i].name);
            widths[i] = (int)at->len > widths[i] ? (int)at->len : widths[i];
        }
    }
    for (int at = 0; at < (cm_rows_count(rows) + 1) * count; at++) {
        bool last = at % count == count - 1;

        fprintf(cli->out, "%-*.*s%s", last ? 0 : widths[at % count], CM_STR_FMT(cells[at]),
                last ? "\n" : "  ");
    }
}

static void print_array(const struct cli *cli, const struct cm_rows *rows,
                        const struct admin_column *columns, int count)
{
    CM_OWN_BUF struct cm_buf body = { 0 };
    struct cm_json json = cm_json(&body);

    cm_json_array(&json, NULL);
    for (int row = 0; row < cm_rows_count(rows); row++) {
        cm_json_object(&json, NULL);
        for (int i = 0; i < count; i++)
            put_field(&json, rows, row, i, &columns[i]);
        cm_json_end(&json);
    }
    cm_json_end(&json);
    cli_print_json(cli, &body);
}

void admin_print(const struct cli *cli, const struct cm_rows *rows,
                 const struct admin_column *columns)
{
    int count = 0;

    while (columns[count].name)
        count++;
    if (cli->json)
        print_array(cli, rows, columns, count);
    else
        print_table(cli, rows, columns, count);
}

cm_rc admin_list(const struct cli *cli, const struct cm_stmt *stmt, const struct cm_args *args,
                 const struct admin_column *columns, struct cm_err *err)
{
    CM_OWN(cm_db) db = NULL;
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    rc = admin_open(cli, &db, err);
    if (rc)
        return rc;
    rc = cm_db_query(db, stmt, args, &rows, err);
    if (rc)
        return rc;

    admin_print(cli, rows, columns);
    return CM_OK;
}

cm_rc admin_list_of(const struct cli *cli, const struct cm_stmt *stmt,
                    const struct admin_column *columns, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(cli->arena);
    struct cm_opt_uuid organization = { .set = cli_has(cli, "--org") };
    cm_rc rc;

    rc = cli_uuid(cli, "--org", &organization.value, err);
    if (rc)
        return rc;

    cm_arg_opt_uuid(args, organization);
    return admin_list(cli, stmt, args, columns, err);
}
