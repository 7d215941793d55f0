/* session.c - GET and DELETE /api/session. */
#include "ask.h"
#include "endpoints.h"
#include "reply.h"
#include "account/session_reply.h"

static const struct cm_stmt sql_who = {
    "session_who",
    "SELECT u.id, o.id, u.email, u.name, u.role, o.name, s.expires_at"
    " FROM (SELECT user_id, expires_at FROM session WHERE token_hash = $1"
    "       UNION ALL SELECT user_id, expires_at FROM api_token WHERE token_hash = $1) s"
    " JOIN app_user u ON u.id = s.user_id JOIN organization o ON o.id = u.organization_id"
    " WHERE u.disabled_at IS NULL"
};

static const struct cm_stmt sql_end = { "session_log_out",
                                        "DELETE FROM session WHERE token_hash = $1" };

static struct cm_args *hash_arg(const struct ask *ask)
{
    struct cm_args *args = cm_args_new(cm_http_arena(ask->rq));

    cm_arg_sha256(args, &ask->credential.hash);
    return args;
}

static void answer_who(struct ask *ask, struct cm_rows *rows[])
{
    const struct cm_rows *found = rows[0];

    if (cm_rows_count(found) == 0) {
        reply_unauthorized(ask->rq, "The account is disabled.");
        return;
    }
    session_reply(ask->rq, ask->gateway,
                  &(struct session_view){
                      .user_id = cm_row_uuid(found, 0, 0),
                      .organization_id = cm_row_uuid(found, 0, 1),
                      .email = cm_row_str(found, 0, 2),
                      .name = cm_row_str(found, 0, 3),
                      .role = cm_row_str(found, 0, 4),
                      .organization_name = cm_row_str(found, 0, 5),
                      .expires_at = cm_row_opt_time(found, 0, 6),
                  });
}

void who_am_i(struct cm_http_request *rq, void *ctx)
{
    struct ask *ask = ask_new(rq, ctx, answer_who);

    if (!ask)
        return;

    ask_step(ask, &sql_who, hash_arg(ask));
    ask_send(ask);
}

static void answer_out(struct ask *ask, struct cm_rows *rows[])
{
    (void)rows;
    session_reply_gone(ask->rq, ask->gateway);
}

void log_out(struct cm_http_request *rq, void *ctx)
{
    struct ask *ask = ask_new(rq, ctx, answer_out);

    if (!ask)
        return;
    if (ask->credential.kind == AUTH_API_TOKEN) {
        cm_http_problem(rq, 403, "Forbidden",
                        "An API token is not a session; it is withdrawn in the settings.");
        return;
    }

    ask_step(ask, &sql_end, hash_arg(ask));
    ask_send(ask);
}
