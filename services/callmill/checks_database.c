#include "checks.h"

#include "db/db.h"
#include "schema.h"

enum { ASK_MS = 5000 };

/* A role that may pass row-level security by, or a table of an organization without it, and one
 * organization may see another's calls. */
static const struct cm_stmt sql_roles = {
    "doctor_roles",
    "SELECT count(*) FILTER (WHERE rolname IN ('callmill_worker', 'callmill_api')),"
    "       count(*) FILTER (WHERE rolname = 'callmill_api' AND (rolsuper OR rolbypassrls)),"
    "       (SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
    "        WHERE c.relkind = 'r' AND a.attname = 'organization_id' AND NOT a.attisdropped"
    "        AND c.relnamespace = 'public'::regnamespace AND NOT (c.relrowsecurity AND "
    "c.relforcerowsecurity)),"
    "       (SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname "
    "= 'callmill_api')"
    " FROM pg_roles"
};

/* false: it is not set or cannot be used, and `out` says so. */
static bool open_database(const struct cli *cli, const char *setting, struct cm_db **db,
                          struct finding *out)
{
    const char *url = cm_config_text(cli->config, setting);
    struct cm_err err;

    if (!url) {
        found(out, FINDING_FAIL, "%s is not set", setting);
        advise(out, "set it to postgresql://ROLE:PASSWORD@HOST/callmill");
        return false;
    }
    if (cm_db_new(url, 1, ASK_MS, "callmill doctor", NULL, db, &err)) {
        found(out, FINDING_FAIL, "%s: %s", setting, err.msg);
        return false;
    }
    return true;
}

void check_database(const struct cli *cli, struct finding *out)
{
    static const char *const settings[] = { "DATABASE_URL", "API_DATABASE_URL" };

    for (size_t i = 0; i < 2; i++) {
        CM_OWN(cm_db) db = NULL;
        struct cm_err err;

        if (i == 1 && !cm_config_text(cli->config, settings[i]))
            continue;
        if (!open_database(cli, settings[i], &db, out))
            return;
        if (cm_db_ping(db, &err)) {
            found(out, FINDING_FAIL, "%s: %s", settings[i], err.msg);
            advise(out, "is PostgreSQL up, and are host, role and password right?");
            return;
        }
    }
    found(out, FINDING_OK, "PostgreSQL answers");
}

void check_schema(const struct cli *cli, struct finding *out)
{
    int newest = migrations[migrations_count - 1].version, version;
    CM_OWN(cm_db) db = NULL;
    struct cm_err err;

    if (!open_database(cli, "DATABASE_URL", &db, out))
        return;
    if (schema_version(db, migrations, migrations_count, &version, &err)) {
        found(out, FINDING_FAIL, "%s", err.msg);
        return;
    }
    if (version < newest) {
        found(out, FINDING_FAIL, "the tables are at version %d, the services need %d", version,
              newest);
        advise(out, "run callmill migrate");
        return;
    }
    found(out, version > newest ? FINDING_WARN : FINDING_OK, "the tables are at version %d",
          version);
    if (version > newest)
        advise(out, "this callmill knows %d only: a later one was here", newest);
}

void check_roles(const struct cli *cli, struct finding *out)
{
    CM_OWN(cm_db) db = NULL;
    CM_OWN(cm_rows) rows = NULL;
    struct cm_err err;

    if (!open_database(cli, "DATABASE_URL", &db, out))
        return;
    if (cm_db_query(db, &sql_roles, NULL, &rows, &err)) {
        found(out, FINDING_FAIL, "%s", err.msg);
        return;
    }

    if (cm_row_i64(rows, 0, 0) != 2) {
        found(out, FINDING_FAIL, "callmill_worker or callmill_api is missing");
        advise(out, "create both roles before callmill migrate");
    } else if (cm_row_i64(rows, 0, 1) || cm_row_i64(rows, 0, 3)) {
        found(out, FINDING_FAIL, "callmill_api can pass row-level security by, or owns tables");
        advise(out, "ALTER ROLE callmill_api NOSUPERUSER NOBYPASSRLS, and let callmill_owner own "
                    "the tables");
    } else if (cm_row_i64(rows, 0, 2)) {
        found(out, FINDING_FAIL,
              "%lld tables of organizations are not guarded by row-level security",
              (long long)cm_row_i64(rows, 0, 2));
        advise(out, "ALTER TABLE ... ENABLE and FORCE ROW LEVEL SECURITY");
    } else {
        found(out, FINDING_OK, "row-level security stands in front of callmill_api");
    }
}
