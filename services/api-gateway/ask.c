#include "ask.h"

#include <stdlib.h>

#include "base/trace.h"
#include "reply.h"

static const struct cm_stmt sql_session = {
    "session_find", "SELECT set_config('callmill.organization', organization_id::text, true), "
                    "user_id, organization_id,"
                    "       last_seen_at < now() - interval '1 minute'"
                    " FROM session WHERE token_hash = $1 AND expires_at > now() AND last_seen_at > "
                    "now() - make_interval(secs => $2)"
};

static const struct cm_stmt sql_api_token = {
    "api_token_find", "SELECT set_config('callmill.organization', organization_id::text, true), "
                      "user_id, organization_id,"
                      "       coalesce(last_used_at < now() - interval '1 minute', true)"
                      " FROM api_token WHERE token_hash = $1 AND revoked_at IS NULL AND "
                      "(expires_at > now() OR expires_at IS NULL)"
};

static const struct cm_stmt sql_plan_anew = {
    "plan_anew", "SELECT set_config('plan_cache_mode', 'force_custom_plan', true)"
};

static const struct cm_stmt sql_session_seen = {
    "session_seen", "UPDATE session SET last_seen_at = now()"
                    " WHERE token_hash = $1 AND last_seen_at < now() - interval '1 minute'"
};

static const struct cm_stmt sql_api_token_seen = {
    "api_token_seen",
    "UPDATE api_token SET last_used_at = now()"
    " WHERE token_hash = $1 AND coalesce(last_used_at < now() - interval '1 minute', true)"
};

bool ask_same_origin(struct cm_http_request *rq, const struct gateway *gateway)
{
    struct auth_origin seen = { .ui_url = gateway->ui_url };

    cm_http_header(rq, "Sec-Fetch-Site", &seen.sec_fetch_site);
    cm_http_header(rq, "Origin", &seen.origin);
    cm_http_header(rq, "Host", &seen.host);
    if (auth_is_same_origin(&seen))
        return true;

    cm_http_problem(rq, 403, "Forbidden",
                    "A browser may ask for this only from a page of the same origin.");
    return false;
}

/* What a form of a foreign page could send, no endpoint takes. (A long body is not here yet; who
 * takes one looks at its type.) */
static bool is_no_form(struct cm_http_request *rq)
{
    struct cm_str type = { 0 };

    cm_http_header(rq, "Content-Type", &type);
    if (cm_http_body(rq).len == 0 || auth_is_json(type))
        return true;

    cm_http_problem(rq, 415, "Unsupported Media Type", "Send the body as application/json.");
    return false;
}

bool ask_credential(struct cm_http_request *rq, const struct gateway *gateway,
                    struct credential *out)
{
    struct cm_str authorization = { 0 }, cookie = { 0 };

    cm_http_header(rq, "Authorization", &authorization);
    cm_http_cookie(rq, gateway->cookie, &cookie);
    *out = auth_credential(authorization, cookie);
    if (out->kind == AUTH_NONE) {
        reply_unauthorized(
            rq, "Log in at POST /api/session, or send a token as Authorization: Bearer.");
        return false;
    }
    return !out->by_cookie || !auth_is_unsafe(cm_http_method(rq)) ||
           (ask_same_origin(rq, gateway) && is_no_form(rq));
}

bool ask_path_id(struct cm_http_request *rq, struct cm_uuid *out)
{
    if (cm_uuid_parse(cm_http_segment(rq, "id"), out))
        return true;

    reply_not_found(rq);
    return false;
}

struct cm_pipe_step ask_session_step(const struct gateway *gateway,
                                     const struct credential *credential, struct cm_arena *arena)
{
    struct cm_args *args = cm_args_new(arena);
    bool is_session = credential->kind == AUTH_SESSION;

    cm_arg_sha256(args, &credential->hash);
    if (is_session)
        cm_arg_i32(args, gateway->idle_s);
    return (struct cm_pipe_step){ is_session ? &sql_session : &sql_api_token, args };
}

struct ask *ask_new(struct cm_http_request *rq, struct gateway *gateway, ask_answer *answer)
{
    struct ask *ask = CM_NEW(cm_http_arena(rq), struct ask);

    ask->gateway = gateway;
    ask->rq = rq;
    ask->answer = answer;
    if (!ask_credential(rq, gateway, &ask->credential))
        return NULL;

    ask->steps[ask->count++] = ask_session_step(gateway, &ask->credential, cm_http_arena(rq));
    ask->ours = ask->count;
    return ask;
}

void ask_plan_anew(struct ask *ask)
{
    ask_step(ask, &sql_plan_anew, NULL);
    ask->ours = ask->count;
}

void ask_step(struct ask *ask, const struct cm_stmt *stmt, const struct cm_args *args)
{
    if (ask->count == CM_PIPE_STEPS_MAX)
        abort();
    ask->steps[ask->count++] = (struct cm_pipe_step){ stmt, args };
}

static void noted(void *ctx, cm_rc rc, struct cm_rows *rows[], size_t n, const struct cm_err *err)
{
    /* Should it have failed, the next request does it. */
    (void)rc;
    (void)rows;
    (void)n;
    (void)err;
    cm_arena_free(ctx);
}

/* A session lives on while it is used. Written at most once a minute, behind the answer. */
static void note_use(const struct ask *ask, struct cm_pipe *pipe)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_args *args = cm_args_new(arena);
    struct cm_pipe_step step = { ask->credential.kind == AUTH_SESSION ? &sql_session_seen
                                                                      : &sql_api_token_seen,
                                 args };

    cm_arg_sha256(args, &ask->credential.hash);
    if (cm_pipe_submit(pipe, &step, 1, noted, arena, NULL) == CM_OK)
        (void)CM_STEAL(arena);
}

static void answered(void *ctx, cm_rc rc, struct cm_rows *rows[], size_t n,
                     const struct cm_err *err)
{
    CM_OWN_TRACE struct cm_trace before = *cm_trace_current();
    struct ask *ask = ctx;

    (void)n;
    if (rc) {
        reply_failure(ask->rq, ask->steps[ask->count - 1].stmt->name, rc, err);
        return;
    }
    if (cm_rows_count(rows[0]) == 0) {
        reply_no_session(ask->rq);
        return;
    }

    ask->user_id = cm_row_uuid(rows[0], 0, 1);
    ask->organization_id = cm_row_uuid(rows[0], 0, 2);
    if (cm_row_bool(rows[0], 0, 3))
        note_use(ask, ask->gateway->pipes[cm_http_loop_index(ask->rq)]);
    cm_http_of_client(ask->rq);
    ask->answer(ask, rows + ask->ours);
}

void ask_send(struct ask *ask)
{
    struct cm_pipe *pipe = ask->gateway->pipes[cm_http_loop_index(ask->rq)];
    struct cm_err err = { .rc = CM_RETRY };
    cm_rc rc = CM_RETRY;

    if (pipe)
        rc = cm_pipe_submit(pipe, ask->steps, ask->count, answered, ask, &err);
    if (rc)
        reply_failure(ask->rq, ask->steps[ask->count - 1].stmt->name, rc, &err);
}

void ask_by_id(struct cm_http_request *rq, struct gateway *gateway, const struct cm_stmt *stmt,
               ask_answer *answer, void *own)
{
    struct cm_args *args = cm_args_new(cm_http_arena(rq));
    struct ask *ask = ask_new(rq, gateway, answer);
    struct cm_uuid id;

    if (!ask || !ask_path_id(rq, &id))
        return;

    ask->own = own;
    cm_arg_uuid(args, id);
    ask_step(ask, stmt, args);
    ask_send(ask);
}
