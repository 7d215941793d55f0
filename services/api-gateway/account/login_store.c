#include "account/login_store.h"

#include <stdio.h>

static const struct cm_stmt sql_candidate = {
    "login_candidate",
    "SELECT user_id, organization_id, email, name, role, password_hash FROM login_candidate($1)"
};

static const struct cm_stmt sql_organization = {
    "login_organization", "SELECT set_config('callmill.organization', $1::uuid::text, true)"
};

/* A password takes its time to be checked. Who is disabled or gets another one meanwhile ends all
 * sessions that are there; this one is not, so it waits for such a change and sees what it did. */
static const struct cm_stmt sql_hold = { "login_hold",
                                         "SELECT FROM app_user WHERE id = $1 AND password_hash = $2"
                                         " AND disabled_at IS NULL FOR NO KEY UPDATE" };

static const struct cm_stmt sql_end = { "session_end",
                                        "DELETE FROM session WHERE token_hash = $1" };

/* Those that are over are cleared away by those that begin: some at a time. */
static const struct cm_stmt sql_sweep = {
    "session_sweep", "DELETE FROM session WHERE token_hash = ANY (ARRAY"
                     " (SELECT token_hash FROM session WHERE expires_at < now() ORDER BY "
                     "expires_at LIMIT 100 FOR UPDATE SKIP LOCKED))"
};

static const struct cm_stmt sql_rehash = { "login_rehash",
                                           "UPDATE app_user SET password_hash = $2 WHERE id = $1" };

static const struct cm_stmt sql_begin = {
    "session_begin",
    "INSERT INTO session (token_hash, user_id, organization_id, expires_at)"
    " SELECT $1, $2, o.id, now() + make_interval(secs => $4) FROM organization o WHERE o.id = $3"
    " RETURNING expires_at, (SELECT name FROM organization WHERE id = $3)"
};

cm_rc login_find(struct cm_db *db, struct cm_str email, struct cm_arena *arena,
                 enum login_found *found, struct login *out, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    cm_arg_str(args, email);
    rc = cm_db_query(db, &sql_candidate, args, &rows, err);
    if (rc)
        return rc;

    *found = cm_rows_count(rows) == 1 ? LOGIN_FOUND : LOGIN_UNKNOWN;
    if (*found == LOGIN_UNKNOWN)
        return CM_OK;
    out->user_id = cm_row_uuid(rows, 0, 0);
    out->organization_id = cm_row_uuid(rows, 0, 1);
    out->email = cm_arena_str(arena, cm_row_str(rows, 0, 2));
    out->name = cm_arena_str(arena, cm_row_str(rows, 0, 3));
    out->role = cm_arena_str(arena, cm_row_str(rows, 0, 4));
    snprintf(out->hash.at, sizeof out->hash.at, "%.*s", CM_STR_FMT(cm_row_str(rows, 0, 5)));
    return CM_OK;
}

static struct cm_args *hash_arg(struct cm_arena *arena, const struct cm_sha256 *hash)
{
    struct cm_args *args = cm_args_new(arena);

    cm_arg_sha256(args, hash);
    return args;
}

/* `*held`: nothing about the account has changed, and nothing will before the end of this. */
static cm_rc hold_account(struct cm_tx *tx, const struct login *login, struct cm_arena *arena,
                          bool *held, struct cm_err *err)
{
    struct cm_args *organization = cm_args_new(arena), *account = cm_args_new(arena);
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    cm_arg_uuid(organization, login->organization_id);
    cm_arg_uuid(account, login->user_id);
    cm_arg_text(account, login->hash.at);
    rc = cm_tx_send(tx, &sql_organization, organization, err);
    if (!rc)
        rc = cm_tx_query(tx, &sql_hold, account, &rows, err);
    if (!rc)
        *held = cm_rows_count(rows) == 1;
    return rc;
}

static cm_rc send_first(struct cm_tx *tx, const struct login_begin *what, struct cm_arena *arena,
                        struct cm_err *err)
{
    struct cm_args *rehash = cm_args_new(arena);
    cm_rc rc = CM_OK;

    if (what->replaced)
        rc = cm_tx_send(tx, &sql_end, hash_arg(arena, what->replaced), err);
    if (!rc)
        rc = cm_tx_send(tx, &sql_sweep, NULL, err);
    if (rc || !what->new_hash)
        return rc;

    cm_arg_uuid(rehash, what->login->user_id);
    cm_arg_text(rehash, what->new_hash->at);
    return cm_tx_send(tx, &sql_rehash, rehash, err);
}

static cm_rc make_session(struct cm_tx *tx, const struct login_begin *what, struct cm_arena *arena,
                          struct login_session *out, struct cm_err *err)
{
    struct cm_args *args = hash_arg(arena, what->token);
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = send_first(tx, what, arena, err);

    if (rc)
        return rc;
    cm_arg_uuid(args, what->login->user_id);
    cm_arg_uuid(args, what->login->organization_id);
    cm_arg_i32(args, what->lifetime_s);
    rc = cm_tx_query(tx, &sql_begin, args, &rows, err);
    if (rc)
        return rc;
    if (cm_rows_count(rows) != 1)
        return cm_fail(err, CM_FATAL, "session_begin: the organization is not there");

    out->expires_at_us = cm_row_time(rows, 0, 0);
    out->organization_name = cm_arena_str(arena, cm_row_str(rows, 0, 1));
    return CM_OK;
}

cm_rc login_begin(struct cm_db *db, const struct login_begin *what, struct cm_arena *arena,
                  enum login_begun *begun, struct login_session *out, struct cm_err *err)
{
    CM_OWN(cm_tx) tx = NULL;
    bool held = false;
    cm_rc rc = cm_tx_begin(db, &tx, err);

    if (!rc)
        rc = hold_account(tx, what->login, arena, &held, err);
    if (rc)
        return rc;
    *begun = held ? LOGIN_BEGUN : LOGIN_CHANGED;
    if (!held)
        return CM_OK;

    rc = make_session(tx, what, arena, out, err);
    return rc ? rc : cm_tx_commit(&tx, err);
}
