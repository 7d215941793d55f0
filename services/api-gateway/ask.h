/* ask.h - an authenticated request: who asks and what they ask for, in one round trip.
 *
 * The first statement of the job finds the session and sets the organization for the job's
 * transaction; the endpoint's statements follow in the same pipeline. Row-level security shows them
 * that organization's rows and nothing else, so no endpoint names the organization: without a
 * session there are no rows. An empty answer and a bad token are told apart by the first
 * statement's row.
 *
 *     struct ask *ask = ask_new(rq, ctx, answer_list);
 *     if (!ask) return;                         answered already: 401 or 403
 *     ask_step(ask, &sql_list, args);
 *     ask_send(ask);
 *
 * An ask lives in the request's arena. Thread: the request's loop.
 */
#pragma once
#include "auth.h"
#include "gateway.h"

struct ask;

/** `rows[i]` answers the i-th step; lent for the call unless stolen. Has to answer the request. */
typedef void ask_answer(struct ask *ask, struct cm_rows *rows[]);

struct ask {
    struct gateway *gateway;
    struct cm_http_request *rq;
    struct credential credential;
    struct cm_uuid user_id, organization_id; /* known in the answer */
    void *own;                               /* the endpoint's */
    ask_answer *answer;
    struct cm_pipe_step steps[CM_PIPE_STEPS_MAX];
    size_t count, ours; /* steps; those of ask.c itself, which come first */
};

/** NULL: the request carries no credential, or comes from a foreign page, and was answered so. */
struct ask *ask_new(struct cm_http_request *rq, struct gateway *gateway, ask_answer *answer);
/** Before the first step: each that follows is planned for the values it has, whatever plans there
 * are, for statements whose index depends on what is asked for. Costs about 1 ms of planning. */
void ask_plan_anew(struct ask *ask);
/** `args` live in the request's arena. */
void ask_step(struct ask *ask, const struct cm_stmt *stmt, const struct cm_args *args);
/** `answer` is called when the session is good; otherwise the request is answered with 401 or 503.
 */
void ask_send(struct ask *ask);

/** All of an endpoint that looks one thing up by the path's id, the statement's only parameter;
 * `own` becomes the ask's. */
void ask_by_id(struct cm_http_request *rq, struct gateway *gateway, const struct cm_stmt *stmt,
               ask_answer *answer, void *own);

/** The first statement by itself, for who looks at a session again. Its row has user and
 * organization in columns 1 and 2; no row: no session. The parameters live in `arena`. */
struct cm_pipe_step ask_session_step(const struct gateway *gateway,
                                     const struct credential *credential, struct cm_arena *arena);
/** The credential; false: there is none, or the page is foreign, and the request was answered so.
 */
bool ask_credential(struct cm_http_request *rq, const struct gateway *gateway,
                    struct credential *out);
/** Does the request come from one of our pages, or from no browser? false: it was answered. */
bool ask_same_origin(struct cm_http_request *rq, const struct gateway *gateway);
/** {id} of the path. false: it is none, and the request was answered as if nothing were there. */
bool ask_path_id(struct cm_http_request *rq, struct cm_uuid *out);
