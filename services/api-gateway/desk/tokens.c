/* tokens.c - /api/tokens: API tokens, each with the rights of its user.
 *
 * Of a token the database has the SHA-256; the token itself is in one answer and never again. A
 * member sees and revokes their own, an admin everybody's; what they may not see is not there.
 */
#include "ask.h"
#include "body.h"
#include "change.h"
#include "endpoints.h"
#include "reply.h"
#include "row_json.h"

#define TOKENS                                                                                     \
    "SELECT t.id, t.name, u.id, u.name, t.created_at, t.last_used_at, t.expires_at"                \
    " FROM api_token t JOIN app_user u ON u.id = t.user_id WHERE t.revoked_at IS NULL"
#define SEEN                                                                                       \
    " AND EXISTS (SELECT FROM app_user me WHERE (me.id = t.user_id OR me.role = 'admin') AND"      \
    " me.id = (SELECT user_id FROM session WHERE token_hash = $1"                                  \
    " UNION ALL SELECT user_id FROM api_token WHERE token_hash = $1))"

static const struct cm_stmt sql_list = { "tokens",
                                         TOKENS SEEN " ORDER BY t.created_at DESC, t.id DESC" };
static const struct cm_stmt sql_one = { "token", TOKENS SEEN " AND t.id = $2" };
/* Who is disabled at this moment has no token behind it: it waits for such a change, and sees it.
 */
static const struct cm_stmt sql_insert = {
    "token_insert", "INSERT INTO api_token (id, user_id, organization_id, token_hash, name,"
                    " expires_at) SELECT $1, u.id, $3, $4, $5, $6 FROM app_user u"
                    " WHERE u.id = $2 AND u.disabled_at IS NULL FOR SHARE"
};
static const struct cm_stmt sql_made = { "token_made", TOKENS " AND t.id = $1" };
static const struct cm_stmt sql_revoke = {
    "token_revoke", "UPDATE api_token SET revoked_at = now()"
                    " WHERE id = $1 AND revoked_at IS NULL AND (user_id = $2 OR $3)"
};

enum { NAME, EXPIRES_AT, FIELDS };
static const struct body_field fields[FIELDS] = {
    [NAME] = { "name", BODY_TEXT, .required = true, .min = 1, .max = 100 },
    [EXPIRES_AT] = { "expires_at", BODY_TIME, .nullable = true },
};

static void put_fields(struct cm_json *json, const struct cm_rows *rows, int row)
{
    row_json_uuid(json, "id", rows, row, 0);
    row_json_str(json, "name", rows, row, 1);
    cm_json_object(json, "user");
    row_json_uuid(json, "id", rows, row, 2);
    row_json_str(json, "name", rows, row, 3);
    cm_json_end(json);
    row_json_time(json, "created_at", rows, row, 4);
    row_json_time(json, "last_used_at", rows, row, 5);
    row_json_time(json, "expires_at", rows, row, 6);
}

static void put_token(struct cm_json *json, const struct cm_rows *rows, int row)
{
    cm_json_object(json, NULL);
    put_fields(json, rows, row);
    cm_json_end(json);
}

static struct cm_args *hash_arg(struct cm_arena *arena, const struct cm_sha256 *hash)
{
    struct cm_args *args = cm_args_new(arena);

    cm_arg_sha256(args, hash);
    return args;
}

static void answer_list(struct ask *ask, struct cm_rows *rows[])
{
    reply_rows(ask->rq, rows[0], cm_rows_count(rows[0]), put_token);
}

void list_tokens(struct cm_http_request *rq, void *ctx)
{
    struct ask *ask = ask_new(rq, ctx, answer_list);

    if (!ask)
        return;
    ask_step(ask, &sql_list, hash_arg(cm_http_arena(rq), &ask->credential.hash));
    ask_send(ask);
}

static void answer_one(struct ask *ask, struct cm_rows *rows[])
{
    reply_row(ask->rq, rows[0], put_token);
}

void show_token(struct cm_http_request *rq, void *ctx)
{
    struct ask *ask = ask_new(rq, ctx, answer_one);
    struct cm_args *args;
    struct cm_uuid id;

    if (!ask || !ask_path_id(rq, &id))
        return;
    args = hash_arg(cm_http_arena(rq), &ask->credential.hash);
    cm_arg_uuid(args, id);
    ask_step(ask, &sql_one, args);
    ask_send(ask);
}

static bool insert(struct change *change, struct cm_uuid id, const struct body_value values[],
                   const struct cm_token *token)
{
    struct cm_args *args = change_id_arg(change, id);
    CM_OWN(cm_rows) inserted = NULL;
    struct cm_sha256 hash;

    cm_token_hash(cm_str_of(token->at), &hash);
    cm_arg_uuid(args, change->user_id);
    cm_arg_uuid(args, change->organization_id);
    cm_arg_sha256(args, &hash);
    body_arg(args, &fields[NAME], &values[NAME]);
    body_arg(args, &fields[EXPIRES_AT], &values[EXPIRES_AT]);
    if (!change_query(change, &sql_insert, args, &inserted))
        return false;
    if (cm_rows_affected(inserted) == 1)
        return true;
    reply_no_session(change->rq);
    return false;
}

/* The only answer that has the token in it. */
static void finish(struct change *change, struct cm_uuid id, const struct cm_token *token)
{
    struct cm_buf body = { 0 };
    struct cm_json json = cm_json(&body);
    CM_OWN(cm_rows) made = NULL;

    if (!change_query(change, &sql_made, change_id_arg(change, id), &made) ||
        !change_commit(change))
        return;
    cm_json_object(&json, NULL);
    put_fields(&json, made, 0);
    cm_json_str(&json, "token",
                cm_arena_printf(change->arena, AUTH_API_TOKEN_PREFIX "%s", token->at));
    cm_json_end(&json);
    cm_http_set(change->rq, "Location",
                cm_arena_printf(change->arena, "/api/tokens/%s", cm_uuid_text(id).at).at);
    reply_json(change->rq, 201, &body);
}

void create_token(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 };
    struct body_value values[FIELDS];
    struct cm_token token;
    struct cm_uuid id;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_MEMBER) || !change_in_person(&change) ||
        !body_read(rq, fields, FIELDS, values))
        return;
    if (values[EXPIRES_AT].given && !values[EXPIRES_AT].null &&
        values[EXPIRES_AT].number <= change.now_us) {
        reply_bad_request(rq, "expires_at has to be a time in the future, or null");
        return;
    }
    if (!change_once(&change, &id))
        return;
    if (change.repeated) {
        cm_http_problem(rq, 409, "Conflict",
                        "The token was made and shown once. If that answer is lost, revoke it and "
                        "make another one.");
        return;
    }

    token = cm_token_new();
    if (insert(&change, id, values, &token))
        finish(&change, id, &token);
}

void revoke_token(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 };
    struct cm_args *args;
    struct cm_uuid id;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_MEMBER) || !ask_path_id(rq, &id))
        return;
    args = change_id_arg(&change, id);
    cm_arg_uuid(args, change.user_id);
    cm_arg_bool(args, change.is_admin);
    change_remove(&change, &sql_revoke, args);
}
