/* reply.h - answers as every endpoint gives them: with the security headers, errors as problem
 * details. */
#pragma once
#include "base/json.h"
#include "db/rows.h"
#include "http/server.h"

/** What every answer carries unless it says otherwise (cm_http_options.headers): a browser is to do
 * nothing with it but hand it to a script of ours, and nobody is to store it. */
extern const char *const reply_headers[];

/** `body` is taken. */
void reply_json(struct cm_http_request *rq, unsigned status, struct cm_buf *body);

/* What the database gave, each row as `put` writes it. */
typedef void reply_put(struct cm_json *json, const struct cm_rows *rows, int row);
void reply_rows(struct cm_http_request *rq, const struct cm_rows *rows, int count, reply_put *put);
/** The first row; 404 where there is none. */
void reply_row(struct cm_http_request *rq, const struct cm_rows *rows, reply_put *put);
/** 202: it is under way. */
void reply_row_accepted(struct cm_http_request *rq, const struct cm_rows *rows, reply_put *put);
/** 201, with Location `path`/`id`; 422 where it was made before, under the same Idempotency-Key,
 * and is no more. */
void reply_row_created(struct cm_http_request *rq, const char *path, struct cm_uuid id,
                       const struct cm_rows *rows, reply_put *put);

void reply_nothing(struct cm_http_request *rq); /* 204 */

void reply_bad_request(struct cm_http_request *rq, const char *detail);
void reply_unauthorized(struct cm_http_request *rq, const char *detail);
void reply_no_session(struct cm_http_request *rq); /* 401: the credential opens nothing */
/** One text for what is not there and what is not theirs. */
void reply_not_found(struct cm_http_request *rq);
/** 503: something that is needed does not answer, or has too much to do. */
void reply_away(struct cm_http_request *rq, int64_t wait_s, const char *detail);
void reply_too_many(struct cm_http_request *rq, int64_t wait_s, const char *detail);

/** What a failure means to the client: 503 for CM_RETRY, else 500; logged here, once, with `doing`.
 */
void reply_failure(struct cm_http_request *rq, const char *doing, cm_rc rc,
                   const struct cm_err *err);
