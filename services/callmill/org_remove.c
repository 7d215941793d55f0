/* org_remove.c - callmill org remove. */
#include "admin.h"
#include "commands.h"

#include <string.h>

#include "base/clock.h"
#include "bus/bus.h"
#include "bus/codec_cache.h"
#include "http/client.h"
#include "service/outbox.h"

static const struct cm_stmt sql_find = { "org_remove_find",
                                         "SELECT name FROM organization WHERE id = $1" };

/* Nobody shall work on what goes; the users themselves are named by to-dos until those are gone. */
static const struct cm_stmt sql_log_out = {
    "org_remove_log_out",
    "WITH s AS (DELETE FROM session WHERE organization_id = $1),"
    " t AS (DELETE FROM api_token WHERE organization_id = $1)"
    " UPDATE app_user SET disabled_at = coalesce(disabled_at, now()) WHERE organization_id = $1"
};

/* A callback that is being applied to one of them is let finish, as when a user deletes a call. */
static const struct cm_stmt sql_lock = {
    "org_remove_lock",
    "SELECT c.id, c.call_sid, lock_call(c.call_sid)::text FROM (SELECT id, call_sid FROM call"
    " WHERE organization_id = $1 ORDER BY call_sid LIMIT $2) c ORDER BY c.call_sid"
};
static const struct cm_stmt sql_delete_calls = { "org_remove_calls",
                                                 "DELETE FROM call WHERE id = ANY ($1::uuid[])" };

/* Numbers, contacts, analyzers, users and tokens go with it. */
static const struct cm_stmt sql_delete = {
    "org_remove", "DELETE FROM organization o WHERE id = $1"
                  " AND NOT EXISTS (SELECT FROM call WHERE organization_id = o.id)"
};

/* A call takes the rows of a dozen tables with it. Calls may still come in while the last ones go.
 */
enum { CALLS_AT_A_TIME = 100, ROUNDS_MAX = 10 };
/* Whose deletions they would be, had somebody deleted each call by hand. */
static const char producer[] = "api-gateway";

struct removal {
    const struct cli *cli;
    struct cm_uuid id;
    struct cm_db *db;
    struct cm_http_client *http;
    struct cm_registry *registry;
    struct cm_codec *codec;
    int64_t calls; /* deleted so far */
};

static struct cm_args *only_id(const struct removal *removal)
{
    struct cm_args *args = cm_args_new(removal->cli->arena);

    cm_arg_uuid(args, removal->id);
    return args;
}

static cm_rc check_name(const struct removal *removal, struct cm_err *err)
{
    const char *name = cli_value(removal->cli, "--name");
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = cm_db_query(removal->db, &sql_find, only_id(removal), &rows, err);

    if (rc)
        return rc;
    if (cm_rows_count(rows) == 0)
        return cm_fail(err, CM_REJECT,
                       "--id %s: there is no such organization; see callmill org list",
                       cli_value(removal->cli, "--id"));
    if (!cm_str_is(cm_row_str(rows, 0, 0), name))
        return cm_fail(err, CM_REJECT, "--name '%s': the organization of that id has another name",
                       name);
    return CM_OK;
}

static cm_rc open_codec(struct removal *removal, struct cm_err *err)
{
    static const enum cm_event_kind kinds[] = { EVENT_CALL_DELETED, EVENT_NONE };
    const struct cm_config *config = removal->cli->config;
    cm_rc rc = cm_http_client_new(NULL, &removal->http, err);

    if (rc)
        return rc;
    removal->registry =
        cm_registry_new(cm_config_text(config, "SCHEMA_REGISTRY_URL"), removal->http);
    removal->codec = cm_codec_new(removal->registry, cm_config_text(config, "TOPIC_PREFIX"));
    return cm_codec_register(removal->codec, kinds, err);
}

static void close_removal(struct removal *removal)
{
    cm_codec_free(removal->codec);
    cm_registry_free(removal->registry);
    cm_http_client_free(removal->http);
    cm_db_free(removal->db);
}

/* ---- calls ---- */

static cm_rc tell(const struct removal *removal, struct cm_tx *tx, struct cm_arena *arena,
                  const struct cm_rows *rows, struct cm_err *err)
{
    size_t count = (size_t)cm_rows_count(rows);
    struct cm_event *events = CM_NEW_N(arena, struct cm_event, count);

    for (size_t i = 0; i < count; i++)
        events[i] = (struct cm_event){
            .kind = EVENT_CALL_DELETED,
            .head = { .organization_id = removal->id,
                      .call_id = cm_row_uuid(rows, (int)i, 0),
                      .call_sid = cm_row_str(rows, (int)i, 1) },
            .call_deleted = { .reason = CM_STR("user") },
        };
    return cm_outbox_write_for(producer, removal->codec, tx, arena, events, count, cm_now_us(),
                               err);
}

static cm_rc delete_these(struct cm_tx *tx, struct cm_arena *arena, const struct cm_rows *rows,
                          struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *ids = cm_arg_column(args, CM_COL_UUID);

    for (int i = 0; i < cm_rows_count(rows); i++)
        cm_col_uuid(ids, cm_row_uuid(rows, i, 0));
    return cm_tx_send(tx, &sql_delete_calls, args, err);
}

/* `*some`: there were calls, and there may be more. */
static cm_rc delete_some(struct removal *removal, bool *some, struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    CM_OWN(cm_tx) tx = NULL;
    CM_OWN(cm_rows) rows = NULL;
    struct cm_args *args = cm_args_new(arena);
    cm_rc rc = cm_tx_begin(removal->db, &tx, err);

    cm_arg_uuid(args, removal->id);
    cm_arg_i64(args, CALLS_AT_A_TIME);
    if (!rc)
        rc = cm_tx_query(tx, &sql_lock, args, &rows, err);
    if (rc)
        return rc;
    *some = cm_rows_count(rows) > 0;
    if (!*some)
        return CM_OK;
    rc = tell(removal, tx, arena, rows, err);
    if (!rc)
        rc = delete_these(tx, arena, rows, err);
    if (!rc)
        rc = cm_tx_commit(&tx, err);
    if (!rc)
        removal->calls += cm_rows_count(rows);
    return rc;
}

static cm_rc delete_calls(struct removal *removal, struct cm_err *err)
{
    bool some = true;
    cm_rc rc = CM_OK;

    while (some && !rc)
        rc = delete_some(removal, &some, err);
    return rc;
}

/* ---- the organization ---- */

static cm_rc remove_all(struct removal *removal, struct cm_err *err)
{
    cm_rc rc = cm_db_query(removal->db, &sql_log_out, only_id(removal), NULL, err);

    for (int round = 0; round < ROUNDS_MAX && !rc; round++) {
        CM_OWN(cm_rows) rows = NULL;

        rc = delete_calls(removal, err);
        if (rc)
            break;
        rc = cm_db_query(removal->db, &sql_delete, only_id(removal), &rows, err);
        if (!rc && cm_rows_affected(rows) > 0)
            return CM_OK;
        if (rc == CM_REJECT) /* a call of one of its numbers came in meanwhile: another round */
            rc = CM_OK;
    }
    return rc ? rc
              : cm_fail(err, CM_RETRY,
                        "calls keep coming in; take the numbers' webhooks away in Twilio first");
}

static cm_rc run_removal(struct removal *removal, struct cm_err *err)
{
    cm_rc rc = cli_uuid(removal->cli, "--id", &removal->id, err);

    if (!rc)
        rc = admin_open(removal->cli, &removal->db, err);
    if (!rc)
        rc = check_name(removal, err);
    if (!rc)
        rc = open_codec(removal, err);
    return rc ? rc : remove_all(removal, err);
}

static cm_rc remove_org(struct cli *cli, struct cm_err *err)
{
    struct removal removal = { .cli = cli };
    const char *id = cli_value(cli, "--id");
    cm_rc rc = run_removal(&removal, err);

    close_removal(&removal);
    if (rc)
        return rc;

    if (cli->json)
        fprintf(cli->out, "{\"id\":\"%s\",\"calls\":%lld}\n", id, (long long)removal.calls);
    else
        fprintf(cli->out, "organization %s removed, with %lld calls\n", id,
                (long long)removal.calls);
    return CM_OK;
}

static const struct cli_option options[] = {
    { "--id", "ID", "the organization", true },
    { "--name", "NAME", "its name, as callmill org list shows it: so that it is the one meant",
      true },
    { 0 },
};
static const struct cm_setting *const tables[] = { admin_database_settings, cm_topic_settings,
                                                   NULL };

const struct cli_command command_org_remove = {
    .noun = "org",
    .verb = "remove",
    .summary = "remove an organization with all its calls, recordings, users and numbers",
    .details =
        "There is no way back but a backup. Each call's call.deleted goes out by api-gateway, "
        "and call-ingest removes the recordings. Run again, it goes on where it ended.",
    .options = options,
    .settings = tables,
    .run = remove_org,
};
