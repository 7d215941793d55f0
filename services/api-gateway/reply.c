#include "reply.h"

#include <stdio.h>

#include "base/log.h"

const char *const reply_headers[] = {
    "Cache-Control",
    "no-store",
    "X-Content-Type-Options",
    "nosniff",
    "Content-Security-Policy",
    "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy",
    "same-origin",
    "Referrer-Policy",
    "no-referrer",
    NULL,
};

void reply_json(struct cm_http_request *rq, unsigned status, struct cm_buf *body)
{
    cm_http_reply_buf(rq, status, "application/json", body);
}

void reply_rows(struct cm_http_request *rq, const struct cm_rows *rows, int count, reply_put *put)
{
    struct cm_buf body = { 0 };
    struct cm_json json = cm_json(&body);

    cm_json_array(&json, NULL);
    for (int row = 0; row < count; row++)
        put(&json, rows, row);
    cm_json_end(&json);
    reply_json(rq, 200, &body);
}

static void reply_first(struct cm_http_request *rq, unsigned status, const struct cm_rows *rows,
                        reply_put *put)
{
    struct cm_buf body = { 0 };
    struct cm_json json = cm_json(&body);

    if (cm_rows_count(rows) == 0) {
        reply_not_found(rq);
        return;
    }
    put(&json, rows, 0);
    reply_json(rq, status, &body);
}

void reply_row(struct cm_http_request *rq, const struct cm_rows *rows, reply_put *put)
{
    reply_first(rq, 200, rows, put);
}

void reply_row_accepted(struct cm_http_request *rq, const struct cm_rows *rows, reply_put *put)
{
    reply_first(rq, 202, rows, put);
}

void reply_row_created(struct cm_http_request *rq, const char *path, struct cm_uuid id,
                       const struct cm_rows *rows, reply_put *put)
{
    if (cm_rows_count(rows) == 0) {
        cm_http_problem(rq, 422, "Unprocessable Content",
                        "What was made under this Idempotency-Key is no more; take a new one.");
        return;
    }
    cm_http_set(rq, "Location",
                cm_arena_printf(cm_http_arena(rq), "%s/%s", path, cm_uuid_text(id).at).at);
    reply_first(rq, 201, rows, put);
}

void reply_nothing(struct cm_http_request *rq)
{
    cm_http_reply_empty(rq, 204);
}

void reply_bad_request(struct cm_http_request *rq, const char *detail)
{
    cm_http_problem(rq, 400, "Bad Request", detail);
}

void reply_unauthorized(struct cm_http_request *rq, const char *detail)
{
    cm_http_set(rq, "WWW-Authenticate", "Bearer realm=\"callmill\"");
    cm_http_problem(rq, 401, "Unauthorized", detail);
}

void reply_no_session(struct cm_http_request *rq)
{
    reply_unauthorized(rq, "The session or token is unknown, over or withdrawn. Log in again.");
}

void reply_not_found(struct cm_http_request *rq)
{
    cm_http_problem(rq, 404, "Not Found", "There is nothing here.");
}

static void retry_after(struct cm_http_request *rq, int64_t wait_s)
{
    char seconds[24];

    snprintf(seconds, sizeof seconds, "%lld", (long long)(wait_s > 0 ? wait_s : 1));
    cm_http_set(rq, "Retry-After", seconds);
}

void reply_too_many(struct cm_http_request *rq, int64_t wait_s, const char *detail)
{
    retry_after(rq, wait_s);
    cm_http_problem(rq, 429, "Too Many Requests", detail);
}

void reply_away(struct cm_http_request *rq, int64_t wait_s, const char *detail)
{
    retry_after(rq, wait_s);
    cm_http_problem(rq, 503, "Service Unavailable", detail);
}

void reply_failure(struct cm_http_request *rq, const char *doing, cm_rc rc,
                   const struct cm_err *err)
{
    /* That the database is away is logged once, by who watches it. */
    enum cm_log_level level = rc != CM_RETRY ? CM_LOG_ERROR
                              : err->away    ? CM_LOG_DEBUG
                                             : CM_LOG_WARN;

    cm_log(level, "request failed", "doing=%s class=%s reason=%s", doing, cm_rc_name(rc), err->msg);
    if (rc == CM_RETRY) {
        reply_away(rq, 1, "The database does not answer right now. Try again.");
        return;
    }
    cm_http_problem(rq, 500, "Internal Server Error",
                    "This should not have happened; the log tells more.");
}
