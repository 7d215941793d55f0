/* users.c - /api/users: who may log in, and what they may do.
 *
 * A password is hashed between two transactions, so that none is held open meanwhile: the first
 * finds out whether it may be done at all, for nobody without that right is to cost a hash; the
 * second finds it out again, and does it.
 */
#include "account/hashing.h"
#include "account/limiter.h"
#include "ask.h"
#include "base/clock.h"
#include "base/mail_address.h"
#include "body.h"
#include "desk/resource.h"
#include "endpoints.h"
#include "reply.h"
#include "row_json.h"

#define COLUMNS "id, email, name, role, disabled_at IS NOT NULL, created_at"

static const struct cm_stmt sql_list = { "users", "SELECT " COLUMNS
                                                  " FROM app_user ORDER BY lower(name), email" };
static const struct cm_stmt sql_one = { "user", "SELECT " COLUMNS " FROM app_user WHERE id = $1" };
static const struct cm_stmt sql_password = { "user_password",
                                             "SELECT password_hash FROM app_user WHERE id = $1" };
/* An address of another organization's user is taken as well, and answered the same. */
static const struct cm_stmt sql_insert = {
    "user_insert",
    "INSERT INTO app_user (id, organization_id, email, name, role, password_hash)"
    " VALUES ($1, $2, $3, $4, coalesce($5, 'member'), $6) ON CONFLICT (lower(email)) DO NOTHING"
};
/* In one order for all, so that two who demote each other wait and do not block each other. */
static const struct cm_stmt sql_admins = {
    "users_admins", "SELECT id FROM app_user WHERE role = 'admin' AND disabled_at IS NULL"
                    " ORDER BY id FOR NO KEY UPDATE"
};
static const struct cm_stmt sql_keep_session = {
    "user_keep_session", "SELECT set_config('callmill.kept_session', encode($1, 'hex'), true)"
};
static const struct cm_stmt sql_change = {
    "user_change", "UPDATE app_user SET name = CASE WHEN $2 THEN $3 ELSE name END,"
                   " role = CASE WHEN $4 THEN $5 ELSE role END,"
                   " disabled_at = CASE WHEN NOT $6 THEN disabled_at"
                   "  WHEN $7::boolean THEN coalesce(disabled_at, now()) END,"
                   " password_hash = coalesce($8, password_hash) WHERE id = $1"
};

static bool fits_hashing(struct cm_str text)
{
    return text.len <= CM_PASSWORD_MAX_BYTES;
}

/* A new user has those up to the password, a change those from the name on. */
enum { EMAIL, NAME, ROLE, PASSWORD, DISABLED, CURRENT, FIELDS, FIELDS_NEW = PASSWORD + 1 };
static const struct body_field fields[FIELDS] = {
    [EMAIL] = { "email", BODY_TEXT, .required = true, BODY_MAIL, .fits = cm_is_mail_address },
    [NAME] = { "name", BODY_TEXT, .required = true, .min = 1, .max = 100 },
    [ROLE] = { "role", BODY_CHOICE, .choices = "admin|member" },
    [PASSWORD] = { "password", BODY_TEXT, .required = true, .min = 12, .max = 1024,
                   .fits = fits_hashing },
    [DISABLED] = { .name = "disabled", .type = BODY_FLAG },
    [CURRENT] = { "current_password", BODY_TEXT, .min = 1, .max = 1024, .fits = fits_hashing },
};

static void put_user(struct cm_json *json, const struct cm_rows *rows, int row)
{
    cm_json_object(json, NULL);
    row_json_uuid(json, "id", rows, row, 0);
    row_json_str(json, "email", rows, row, 1);
    row_json_str(json, "name", rows, row, 2);
    row_json_str(json, "role", rows, row, 3);
    row_json_bool(json, "disabled", rows, row, 4);
    row_json_time(json, "created_at", rows, row, 5);
    cm_json_end(json);
}

static const struct resource users = {
    .path = "/api/users",
    .list = &sql_list,
    .one = &sql_one,
    .put = put_user,
};

void list_users(struct cm_http_request *rq, void *ctx)
{
    resource_list(rq, ctx, &users);
}

void show_user(struct cm_http_request *rq, void *ctx)
{
    resource_show(rq, ctx, &users);
}

/* ---- passwords: with no transaction open ---- */

/* false: it was answered. */
static bool hash_password(struct cm_http_request *rq, struct gateway *gateway,
                          struct cm_str password, struct cm_password_hash *out)
{
    struct cm_err err;
    cm_rc rc;

    if (!hashing_enter(rq, gateway))
        return false;

    rc = cm_password_hash(password, out, &err);
    hashing_leave(gateway);
    if (rc)
        reply_failure(rq, "hash a password", rc, &err);
    return rc == CM_OK;
}

/* Counted by user and not by address: whoever has got hold of a session guesses no faster from many
 * of them. false: it was answered. */
static bool knows_password(const struct change *change, struct cm_str password, const char *hash)
{
    struct cm_str key =
        cm_arena_printf(change->arena, "password of %s", cm_uuid_text(change->user_id).at);
    struct gateway *gateway = change->gateway;
    int64_t wait_ms = limiter_take(gateway->by_account, key, cm_mono_ms());
    enum cm_password_answer answer;

    if (wait_ms > 0) {
        reply_too_many(change->rq, (wait_ms + 999) / 1000,
                       "Too many attempts at the current password. Wait before the next one.");
        return false;
    }
    if (!hashing_enter(change->rq, gateway))
        return false;

    answer = cm_password_check(password, hash);
    hashing_leave(gateway);
    if (answer == CM_PASSWORD_WRONG) {
        cm_http_problem(change->rq, 403, "Forbidden", "The current password is wrong.");
        return false;
    }
    limiter_forget(gateway->by_account, key);
    return true;
}

/* Ends the transaction. false: it was answered. */
static bool renew_password(struct change *change, struct cm_uuid id,
                           const struct body_value values[], struct cm_password_hash *out)
{
    CM_OWN(cm_rows) found = NULL;
    const char *kept;

    if (!change_query(change, &sql_password, change_id_arg(change, id), &found))
        return false;
    if (cm_rows_count(found) == 0) {
        reply_not_found(change->rq);
        return false;
    }

    kept = cm_arena_text(change->arena, cm_row_str(found, 0, 0));
    change_end(change);
    if (values[CURRENT].given && !knows_password(change, values[CURRENT].text, kept))
        return false;
    return hash_password(change->rq, change->gateway, values[PASSWORD].text, out);
}

/* ---- a new user ---- */

/* All of the body but the password; the name, which may have lines, last. */
static struct cm_str countable(const struct change *change, const struct body_value values[])
{
    return cm_arena_printf(change->arena, "%.*s\n%.*s\n%.*s", CM_STR_FMT(values[ROLE].text),
                           CM_STR_FMT(values[EMAIL].text), CM_STR_FMT(values[NAME].text));
}

static bool insert(struct change *change, struct cm_uuid id, const struct body_value values[],
                   const struct cm_password_hash *hash)
{
    struct cm_args *args = change_id_arg(change, id);
    CM_OWN(cm_rows) inserted = NULL;

    cm_arg_uuid(args, change->organization_id);
    for (size_t i = EMAIL; i <= ROLE; i++)
        body_arg(args, &fields[i], &values[i]);
    cm_arg_text(args, hash->at);
    if (!change_query(change, &sql_insert, args, &inserted))
        return false;
    if (cm_rows_affected(inserted) == 1)
        return true;
    cm_http_problem(change->rq, 409, "Conflict", "The e-mail address is taken already.");
    return false;
}

void create_user(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 };
    struct body_value values[FIELDS_NEW];
    struct cm_password_hash hash;
    struct cm_uuid id = { 0 };

    if (!change_begin(&change, rq, ctx, CHANGE_BY_ADMIN) || !change_in_person(&change) ||
        !body_read(rq, fields, FIELDS_NEW, values))
        return;
    change_end(&change);
    if (!hash_password(rq, ctx, values[PASSWORD].text, &hash) ||
        !change_begin(&change, rq, ctx, CHANGE_BY_ADMIN) ||
        !change_once_of(&change, countable(&change, values), &id))
        return;
    if (change.repeated || insert(&change, id, values, &hash))
        resource_answer(&change, &users, id, true);
}

/* ---- a change ---- */

/* A member is refused whoever else it is about, also nobody. false: it was answered. */
static bool may_change(const struct change *change, struct cm_uuid id,
                       const struct body_value values[])
{
    bool own = cm_uuid_eq(id, change->user_id), own_password = own && values[PASSWORD].given;

    if (!change->is_admin && (!own || values[ROLE].given || values[DISABLED].given)) {
        cm_http_problem(change->rq, 403, "Forbidden",
                        "Only an admin may change others, and what a user may do.");
        return false;
    }
    if (values[CURRENT].given != own_password) {
        reply_bad_request(change->rq,
                          own_password ? "current_password is needed to change one's own password"
                                       : "current_password is for changing one's own password");
        return false;
    }
    return true;
}

/* Locks the admins. Who asks has to be among them still: two may demote each other. false: it was
 * answered. */
static bool leaves_an_admin(struct change *change, struct cm_uuid id,
                            const struct body_value values[])
{
    bool stays = (!values[ROLE].given || cm_str_is(values[ROLE].text, "admin")) &&
                 !(values[DISABLED].given && values[DISABLED].flag);
    bool asker = false, another = false;
    CM_OWN(cm_rows) admins = NULL;

    if (!change_query(change, &sql_admins, NULL, &admins))
        return false;
    for (int row = 0; row < cm_rows_count(admins); row++) {
        asker |= cm_uuid_eq(cm_row_uuid(admins, row, 0), change->user_id);
        another |= !cm_uuid_eq(cm_row_uuid(admins, row, 0), id);
    }
    if (asker && (stays || another))
        return true;
    if (asker)
        cm_http_problem(change->rq, 409, "Conflict",
                        "The organization's last admin who can log in stays one.");
    else
        cm_http_problem(change->rq, 403, "Forbidden", "Only an admin may do this.");
    return false;
}

static bool apply(struct change *change, struct cm_uuid id, const struct body_value values[],
                  const struct cm_password_hash *hash)
{
    struct cm_args *args = change_id_arg(change, id), *session = cm_args_new(change->arena);
    const struct cm_sha256 *token = &change->credential.hash;

    body_arg_change(args, &fields[NAME], &values[NAME]);
    body_arg_change(args, &fields[ROLE], &values[ROLE]);
    body_arg_change(args, &fields[DISABLED], &values[DISABLED]);
    cm_arg_text(args, hash ? hash->at : NULL);
    cm_arg_sha256(session, token);
    if ((values[ROLE].given || values[DISABLED].given) && !leaves_an_admin(change, id, values))
        return false;
    if (hash && !change_send(change, &sql_keep_session, session))
        return false;
    return change_send(change, &sql_change, args);
}

void change_user(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 };
    struct body_value values[FIELDS];
    struct cm_password_hash hash;
    struct cm_uuid id;
    bool renews;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_MEMBER) || !change_in_person(&change) ||
        !ask_path_id(rq, &id) ||
        !body_read_change(rq, fields + NAME, FIELDS - NAME, values + NAME) ||
        !may_change(&change, id, values))
        return;

    renews = values[PASSWORD].given;
    if (renews &&
        (!renew_password(&change, id, values, &hash) ||
         !change_begin(&change, rq, ctx, CHANGE_BY_MEMBER) || !may_change(&change, id, values)))
        return;
    if (apply(&change, id, values, renews ? &hash : NULL))
        resource_answer(&change, &users, id, false);
}
