#include "change.h"

#include "ask.h"
#include "base/clock.h"
#include "reply.h"

/* Beside the organization it sets the role, by which the database itself keeps members from what
 * only admins change. */
#define FOUND                                                                                      \
    "SELECT set_config('callmill.organization', s.organization_id::text, true),"                   \
    " set_config('callmill.role', u.role, true), s.user_id, s.organization_id, u.role = 'admin'"
static const struct cm_stmt sql_session = {
    "change_session", FOUND " FROM session s JOIN LATERAL role_of(s.user_id) u ON true"
                            " WHERE s.token_hash = $1 AND s.expires_at > now()"
                            " AND s.last_seen_at > now() - make_interval(secs => $2)"
};
static const struct cm_stmt sql_api_token = {
    "change_api_token", FOUND " FROM api_token s JOIN LATERAL role_of(s.user_id) u ON true"
                              " WHERE s.token_hash = $1 AND s.revoked_at IS NULL"
                              " AND (s.expires_at > now() OR s.expires_at IS NULL)"
};

/* Two requests with one key: the second waits here for the first one's commit. */
static const struct cm_stmt sql_once = {
    "change_once",
    "INSERT INTO idempotency_key AS k (user_id, organization_id, key, request_sha256, resource_id)"
    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id, key) DO UPDATE SET key = k.key"
    " RETURNING k.resource_id, k.request_sha256 = $4"
};
/* Those whose day is over are cleared away by those that come: some at a time. */
static const struct cm_stmt sql_forget = {
    "change_forget",
    "DELETE FROM idempotency_key WHERE (user_id, key) IN (SELECT user_id, key FROM idempotency_key"
    " WHERE created_at < now() - interval '1 day' ORDER BY created_at LIMIT 20 FOR UPDATE SKIP "
    "LOCKED)"
};

enum { KEY_MAX_BYTES = 255 };

void change_end(struct change *change)
{
    cm_tx_free(CM_STEAL(change->tx));
}

/* Answers a failure of the database. */
static void fail(struct change *change, const char *doing, cm_rc rc, const struct cm_err *err)
{
    if (rc == CM_REJECT)
        cm_http_problem(change->rq, 409, "Conflict",
                        "The database refuses this: it does not fit what is there by now.");
    else
        reply_failure(change->rq, doing, rc, err);
}

static struct cm_args *session_args(const struct change *change)
{
    struct cm_args *args = cm_args_new(change->arena);
    const struct cm_sha256 *hash = &change->credential.hash;

    cm_arg_sha256(args, hash);
    if (change->credential.kind == AUTH_SESSION)
        cm_arg_i32(args, change->gateway->idle_s);
    return args;
}

bool change_begin(struct change *change, struct cm_http_request *rq, struct gateway *gateway,
                  enum change_by by)
{
    CM_OWN(cm_rows) found = NULL;
    struct cm_err err;
    cm_rc rc;

    *change = (struct change){
        .gateway = gateway, .rq = rq, .arena = cm_http_arena(rq), .now_us = cm_now_us()
    };
    if (!ask_credential(rq, gateway, &change->credential))
        return false;

    rc = cm_tx_begin(cm_service_db(gateway->service), &change->tx, &err);
    if (rc) {
        fail(change, "begin", rc, &err);
        return false;
    }
    if (!change_query(change,
                      change->credential.kind == AUTH_SESSION ? &sql_session : &sql_api_token,
                      session_args(change), &found))
        return false;
    if (cm_rows_count(found) == 0) {
        reply_no_session(rq);
        return false;
    }
    cm_http_of_client(rq);
    change->user_id = cm_row_uuid(found, 0, 2);
    change->organization_id = cm_row_uuid(found, 0, 3);
    change->is_admin = cm_row_bool(found, 0, 4);
    if (by == CHANGE_BY_ADMIN && !change->is_admin) {
        cm_http_problem(rq, 403, "Forbidden", "Only an admin may do this.");
        return false;
    }
    return true;
}

bool change_in_person(struct change *change)
{
    if (change->credential.kind == AUTH_SESSION)
        return true;
    cm_http_problem(change->rq, 403, "Forbidden", "Not with an API token: log in to do this.");
    return false;
}

/* What makes two requests the same one. */
static struct cm_sha256 request_hash(struct cm_http_request *rq, struct cm_str body)
{
    CM_OWN_BUF struct cm_buf all = { 0 };

    cm_buf_printf(&all, "%s %.*s\n", cm_http_method(rq), CM_STR_FMT(cm_http_target(rq)));
    cm_buf_str(&all, body);
    return cm_sha256(cm_buf_view(&all));
}

static bool is_key(struct cm_str key)
{
    if (key.len == 0 || key.len > KEY_MAX_BYTES)
        return false;
    for (size_t i = 0; i < key.len; i++)
        if (key.at[i] < '!' || key.at[i] > '~')
            return false;
    return true;
}

bool change_once(struct change *change, struct cm_uuid *id)
{
    *id = (struct cm_uuid){ 0 };
    return change_once_of(change, cm_http_body(change->rq), id);
}

bool change_once_of(struct change *change, struct cm_str body, struct cm_uuid *id)
{
    struct cm_args *args = cm_args_new(change->arena);
    CM_OWN(cm_rows) kept = NULL;
    struct cm_sha256 hash;
    struct cm_str key;

    if (cm_uuid_is_nil(*id))
        *id = cm_uuid_v7(change->now_us);
    if (!cm_http_header(change->rq, "Idempotency-Key", &key))
        return true;
    if (!is_key(key)) {
        reply_bad_request(change->rq,
                          "Idempotency-Key has to be 1 to 255 visible ASCII characters");
        return false;
    }

    hash = request_hash(change->rq, body);
    cm_arg_uuid(args, change->user_id);
    cm_arg_uuid(args, change->organization_id);
    cm_arg_str(args, key);
    cm_arg_sha256(args, &hash);
    cm_arg_uuid(args, *id);
    if (!change_send(change, &sql_forget, NULL) || !change_query(change, &sql_once, args, &kept))
        return false;
    if (!cm_row_bool(kept, 0, 1)) {
        cm_http_problem(change->rq, 422, "Unprocessable Content",
                        "The Idempotency-Key was used for another request; take a new one.");
        return false;
    }

    change->repeated = !cm_uuid_eq(cm_row_uuid(kept, 0, 0), *id);
    *id = cm_row_uuid(kept, 0, 0);
    return true;
}

struct cm_args *change_id_arg(const struct change *change, struct cm_uuid id)
{
    struct cm_args *args = cm_args_new(change->arena);

    cm_arg_uuid(args, id);
    return args;
}

bool change_query(struct change *change, const struct cm_stmt *stmt, const struct cm_args *args,
                  struct cm_rows **rows)
{
    struct cm_err err;
    cm_rc rc = cm_tx_query(change->tx, stmt, args, rows, &err);

    if (rc)
        fail(change, stmt->name, rc, &err);
    return rc == CM_OK;
}

bool change_send(struct change *change, const struct cm_stmt *stmt, const struct cm_args *args)
{
    struct cm_err err;
    cm_rc rc = cm_tx_send(change->tx, stmt, args, &err);

    if (rc)
        fail(change, stmt->name, rc, &err);
    return rc == CM_OK;
}

bool change_emit(struct change *change, const struct cm_event *event)
{
    struct cm_err err;
    cm_rc rc;

    cm_http_of_call(change->rq, event->head.call_id);
    rc = cm_outbox_write(change->gateway->service, change->tx, change->arena, event, 1,
                         change->now_us, &err);
    if (rc)
        fail(change, cm_event_name(event->kind), rc, &err);
    return rc == CM_OK;
}

bool change_commit(struct change *change)
{
    struct cm_err err;
    cm_rc rc = cm_tx_commit(&change->tx, &err);

    if (rc)
        fail(change, "commit", rc, &err);
    return rc == CM_OK;
}

void change_remove(struct change *change, const struct cm_stmt *stmt, const struct cm_args *args)
{
    CM_OWN(cm_rows) gone = NULL;

    if (!change_query(change, stmt, args, &gone))
        return;
    if (cm_rows_affected(gone) == 0)
        reply_not_found(change->rq);
    else if (change_commit(change))
        reply_nothing(change->rq);
}
