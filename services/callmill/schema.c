#include "schema.h"

#include <stdio.h>

#include "base/digest.h"

/* The number is any constant that no other user of the database takes; these are the letters
 * "callmill". */
static const struct cm_stmt sql_lock = { "schema_lock",
                                         "SELECT pg_advisory_xact_lock(7161124095443692652)" };

/* For the transaction only; behind the lock above, which may well be waited for. */
static const struct cm_stmt sql_hurry = {
    "schema_hurry", "SELECT set_config('lock_timeout', $1::integer::text, true)"
};

/* A migration is many statements, and a prepared statement is one. PL/pgSQL's EXECUTE takes them
 * all, one after the other, and lets none of them end the transaction. The function is gone again
 * before the commit. */
static const struct cm_stmt sql_runner = {
    "schema_runner", "CREATE FUNCTION schema_run(script text) RETURNS boolean LANGUAGE plpgsql AS"
                     " $$ BEGIN EXECUTE script; RETURN true;"
                     " EXCEPTION WHEN lock_not_available OR deadlock_detected THEN RETURN false;"
                     " END $$"
};
static const struct cm_stmt sql_run = { "schema_run", "SELECT schema_run($1)" };
/* Who holds the lock that was waited for is among them: it held it a moment ago. */
static const struct cm_stmt sql_holders = {
    "schema_holders",
    "SELECT coalesce(string_agg(h.name, ', '), '') FROM ("
    " SELECT a.pid || ' ' || a.application_name AS name FROM pg_stat_activity a"
    " WHERE a.pid <> pg_backend_pid() AND EXISTS (SELECT FROM pg_locks l JOIN pg_class c"
    "  ON c.oid = l.relation AND c.relnamespace = 'public'::regnamespace"
    "  WHERE l.pid = a.pid AND l.granted AND l.database ="
    "   (SELECT oid FROM pg_database WHERE datname = current_database()))"
    " ORDER BY a.pid LIMIT 5) h"
};
static const struct cm_stmt sql_no_runner = { "schema_no_runner",
                                              "DROP FUNCTION schema_run(text)" };

static const struct cm_stmt sql_table = {
    "schema_table",
    "CREATE TABLE IF NOT EXISTS schema_version (version integer PRIMARY KEY, name text NOT NULL,"
    " sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
};

/* Services look whether it is new enough; only its owner writes it, whatever a migration granted.
 */
static const struct cm_stmt sql_grant = {
    "schema_grant", "DO $$ DECLARE role text; BEGIN"
                    " FOREACH role IN ARRAY ARRAY['callmill_worker', 'callmill_api'] LOOP"
                    "  IF EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN"
                    "   EXECUTE format('REVOKE ALL ON schema_version FROM %I', role);"
                    "   EXECUTE format('GRANT SELECT ON schema_version TO %I', role);"
                    "  END IF;"
                    " END LOOP; END $$"
};

static const struct cm_stmt sql_table_exists = {
    "schema_table_exists", "SELECT to_regclass('schema_version') IS NOT NULL"
};

static const struct cm_stmt sql_history = {
    "schema_history", "SELECT version, name, sha256 FROM schema_version ORDER BY version"
};

static const struct cm_stmt sql_record = {
    "schema_record", "INSERT INTO schema_version (version, name, sha256) VALUES ($1, $2, $3)"
};

static struct cm_str text_of(const struct migration *m)
{
    return (struct cm_str){ m->sql, (size_t)(m->sql_end - m->sql) };
}

static struct cm_hex sha256_of(const struct migration *m)
{
    struct cm_sha256 hash = cm_sha256(text_of(m));

    return cm_hex(hash.at, sizeof hash.at);
}

/* Row n of the history has to be migration n of the list; what lies behind the list's end is a
 * later callmill's. */
static cm_rc check_history(const struct cm_rows *rows, const struct migration *list, size_t count,
                           struct cm_err *err)
{
    for (int i = 0; i < cm_rows_count(rows) && (size_t)i < count; i++) {
        struct cm_str name = cm_row_str(rows, i, 1);
        struct cm_hex hash = sha256_of(&list[i]);

        if (cm_row_i64(rows, i, 0) != list[i].version || !cm_str_is(name, list[i].name))
            return cm_fail(err, CM_REJECT,
                           "the database has migration %lld (%.*s) where this program has %s",
                           (long long)cm_row_i64(rows, i, 0), CM_STR_FMT(name), list[i].name);
        if (!cm_str_is(cm_row_str(rows, i, 2), hash.at))
            return cm_fail(
                err, CM_REJECT,
                "migration %s has changed since it was applied: put the old text back and "
                "write a new migration",
                list[i].name);
    }
    return CM_OK;
}

static cm_rc read_history(struct cm_tx *tx, const struct migration *list, size_t count,
                          int *applied, struct cm_err *err)
{
    CM_OWN(cm_rows) exists = NULL;
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    *applied = 0;
    rc = cm_tx_query(tx, &sql_table_exists, NULL, &exists, err);
    if (rc || !cm_row_bool(exists, 0, 0))
        return rc;

    rc = cm_tx_query(tx, &sql_history, NULL, &rows, err);
    if (rc)
        return rc;

    *applied = cm_rows_count(rows);
    return check_history(rows, list, count, err);
}

struct step {
    const struct cm_stmt *stmt;
    const struct cm_args *args;
};

static cm_rc send_all(struct cm_tx *tx, const struct step *steps, struct cm_err *err)
{
    cm_rc rc = CM_OK;

    for (; steps->stmt && !rc; steps++)
        rc = cm_tx_send(tx, steps->stmt, steps->args, err);
    return rc;
}

/* `*busy`: others hold what it needs, and it has changed nothing. */
static cm_rc run(struct cm_tx *tx, struct cm_arena *arena, const struct migration *m, int lock_ms,
                 bool *busy, struct cm_err *err)
{
    struct cm_args *hurry = cm_args_new(arena), *script = cm_args_new(arena);
    const struct step before[] = { { &sql_hurry, hurry }, { &sql_runner, NULL }, { 0 } };
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    cm_arg_i32(hurry, lock_ms);
    cm_arg_str(script, text_of(m));
    rc = send_all(tx, before, err);
    if (!rc)
        rc = cm_tx_query(tx, &sql_run, script, &rows, err);
    if (!rc)
        *busy = !cm_row_bool(rows, 0, 0);
    return rc;
}

static cm_rc record(struct cm_tx *tx, struct cm_arena *arena, const struct migration *m,
                    struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_hex hash = sha256_of(m);
    const struct step steps[] = { { &sql_no_runner, NULL },
                                  { &sql_table, NULL },
                                  { &sql_record, args },
                                  { &sql_grant, NULL },
                                  { 0 } };

    cm_arg_i32(args, m->version);
    cm_arg_text(args, m->name);
    cm_arg_text(args, hash.at);
    return send_all(tx, steps, err);
}

static cm_rc name_holders(struct cm_tx *tx, struct schema_outcome *out, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = cm_tx_query(tx, &sql_holders, NULL, &rows, err);

    if (!rc)
        snprintf(out->holders, sizeof out->holders, "%.*s", CM_STR_FMT(cm_row_str(rows, 0, 0)));
    return rc;
}

/* Takes the transaction, unless others are in its way. */
static cm_rc apply(struct cm_tx **tx, const struct migration *m, int lock_ms,
                   struct schema_outcome *out, struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    bool busy = false;
    cm_rc rc = run(*tx, arena, m, lock_ms, &busy, err);

    if (rc)
        return rc;
    *out = (struct schema_outcome){ busy ? SCHEMA_BUSY : SCHEMA_APPLIED, m, "" };
    if (busy)
        return name_holders(*tx, out, err);
    rc = record(*tx, arena, m, err);
    return rc ? rc : cm_tx_commit(tx, err);
}

cm_rc schema_step(struct cm_db *db, const struct migration *list, size_t count, int lock_ms,
                  struct schema_outcome *out, struct cm_err *err)
{
    CM_OWN(cm_tx) tx = NULL;
    int done;
    cm_rc rc;

    rc = cm_tx_begin(db, &tx, err);
    if (rc)
        return rc;
    rc = cm_tx_send(tx, &sql_lock, NULL, err);
    if (rc)
        return rc;
    rc = read_history(tx, list, count, &done, err);
    if (rc)
        return rc;
    if ((size_t)done >= count) {
        *out = (struct schema_outcome){ (size_t)done > count ? SCHEMA_AHEAD : SCHEMA_CURRENT, NULL,
                                        "" };
        return CM_OK;
    }

    rc = apply(&tx, &list[done], lock_ms, out, err);
    return rc ? cm_err_wrap(err, "migration %s", list[done].name) : CM_OK;
}

cm_rc schema_version(struct cm_db *db, const struct migration *list, size_t count, int *version,
                     struct cm_err *err)
{
    CM_OWN(cm_tx) tx = NULL;
    cm_rc rc;

    rc = cm_tx_begin(db, &tx, err);
    if (rc)
        return rc;

    return read_history(tx, list, count, version, err);
}
