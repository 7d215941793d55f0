/* migrate.c - callmill migrate. */
#include "commands.h"

#include "base/clock.h"
#include "db/db.h"
#include "schema.h"

static const struct cm_setting settings[] = {
    { .name = "MIGRATE_DATABASE_URL",
      .type = CM_SET_URL,
      .choices = "postgresql|postgres",
      .secret = true,
      .required = true,
      .help = "the database, as callmill_owner, who owns the tables" },
    { .name = "MIGRATE_TIMEOUT_S",
      .type = CM_SET_INT,
      .fallback = "3600",
      .min = 1,
      .max = 86400,
      .help = "how long one migration may take, in s" },
    { .name = "MIGRATE_LOCK_MS",
      .type = CM_SET_INT,
      .fallback = "3000",
      .min = 10,
      .max = 600000,
      .help = "how long it waits for a table that others use, and they for it, in ms" },
    { .name = "MIGRATE_TRIES",
      .type = CM_SET_INT,
      .fallback = "40",
      .min = 1,
      .max = 100000,
      .help = "tries at one migration whose tables others use; between them as long a pause" },
    { 0 },
};
static const struct cm_setting *const tables[] = { settings, NULL };

static const struct cli_option options[] = {
    { "--wait", "S", "wait up to S seconds for the database to answer (default 0)", false },
    { 0 },
};

static cm_rc wait_for_database(struct cm_db *db, int64_t wait_s, struct cm_err *err)
{
    int64_t deadline_ms = cm_mono_ms() + wait_s * 1000;

    for (;;) {
        cm_rc rc = cm_db_ping(db, err);

        if (rc != CM_RETRY || cm_mono_ms() >= deadline_ms)
            return rc;
        cm_pause_ms(200);
    }
}

/* Its locks are left: who waited behind it goes on, before it comes again. */
static cm_rc wait_for_others(const struct cli *cli, const struct schema_outcome *outcome, int tries,
                             struct cm_err *err)
{
    int lock_ms = (int)cm_config_int(cli->config, "MIGRATE_LOCK_MS");
    int tries_max = (int)cm_config_int(cli->config, "MIGRATE_TRIES");
    const char *who = outcome->holders[0] ? outcome->holders : "nobody any more";

    if (tries >= tries_max)
        return cm_fail(err, CM_RETRY,
                       "migration %s: in none of %d tries its tables were free within %d ms; "
                       "nothing is changed by it. In use by: %s",
                       outcome->migration->name, tries, lock_ms, who);
    fprintf(stderr, "callmill: %s waits for tables that others use, try %d of %d; in use by: %s\n",
            outcome->migration->name, tries, tries_max, who);
    cm_pause_ms(lock_ms);
    return CM_OK;
}

static void tell_applied(const struct cli *cli, const struct migration *applied,
                         struct cm_json *json)
{
    if (cli->json)
        cm_json_text(json, NULL, applied->name);
    else
        fprintf(cli->out, "applied %s\n", applied->name);
}

static cm_rc apply_all(const struct cli *cli, struct cm_db *db, struct cm_json *json, int *count,
                       enum schema_answer *answer, struct cm_err *err)
{
    int lock_ms = (int)cm_config_int(cli->config, "MIGRATE_LOCK_MS"), tries = 0;
    cm_rc rc = CM_OK;

    for (*count = 0; !rc;) {
        struct schema_outcome outcome;

        rc = schema_step(db, migrations, migrations_count, lock_ms, &outcome, err);
        if (rc)
            break;
        switch (*answer = outcome.answer) {
        case SCHEMA_APPLIED:
            tell_applied(cli, outcome.migration, json);
            ++*count;
            tries = 0;
            break;
        case SCHEMA_BUSY:
            rc = wait_for_others(cli, &outcome, ++tries, err);
            break;
        case SCHEMA_CURRENT:
        case SCHEMA_AHEAD:
            return CM_OK;
        }
    }
    return rc;
}

static cm_rc migrate(struct cli *cli, struct cm_err *err)
{
    CM_OWN_BUF struct cm_buf body = { 0 };
    struct cm_json json = cm_json(&body);
    CM_OWN(cm_db) db = NULL;
    enum schema_answer answer;
    int64_t wait_s;
    int count;
    cm_rc rc;

    rc = cli_int(cli, "--wait", 0, 3600, 0, &wait_s, err);
    if (rc)
        return rc;
    rc = cm_db_new(cm_config_text(cli->config, "MIGRATE_DATABASE_URL"), 1,
                   (int)cm_config_int(cli->config, "MIGRATE_TIMEOUT_S") * 1000, "callmill migrate",
                   NULL, &db, err);
    if (rc)
        return rc;
    rc = wait_for_database(db, wait_s, err);
    if (rc)
        return rc;

    cm_json_object(&json, NULL);
    cm_json_array(&json, "applied");
    rc = apply_all(cli, db, &json, &count, &answer, err);
    if (rc)
        return rc;
    cm_json_end(&json);
    cm_json_i64(&json, "version", migrations[migrations_count - 1].version);
    cm_json_bool(&json, "ahead", answer == SCHEMA_AHEAD);
    cm_json_end(&json);

    if (cli->json)
        cli_print_json(cli, &body);
    else if (answer == SCHEMA_AHEAD)
        fprintf(cli->out, "nothing to do: the database was migrated by a later callmill\n");
    else
        fprintf(cli->out, "%s, at version %d\n", count ? "done" : "nothing to do",
                migrations[migrations_count - 1].version);
    return CM_OK;
}

const struct cli_command command_migrate = {
    .noun = "migrate",
    .summary = "bring the database's tables up to date",
    .details = "Applies each numbered migration that is missing in a transaction of its own. Safe "
               "to run again\n"
               "and at several places at once; refuses a migration whose text has changed since. "
               "Services may be\n"
               "at work: one whose tables are in use tries again by itself.",
    .options = options,
    .settings = tables,
    .run = migrate,
};
