/* Handlers: who runs them, and how what they answered gets back to libmicrohttpd.
 *
 * An inline handler runs in the loop's thread. When it has not answered on return, the connection
 * is suspended until somebody in the same thread answers. A worker posts the request back to the
 * loop when its handler returned, so that only the loop's thread ever suspends or resumes.
 */
#include <string.h>

#include "base/clock.h"
#include "http/inside.h"

enum { QUERY_FIELDS_MAX = 100 };

enum MHD_Result http_queue_response(struct cm_http_request *rq)
{
    enum MHD_Result result;

    if (rq->stage == STAGE_QUEUED)
        return MHD_YES;

    rq->stage = STAGE_QUEUED;
    http_conn_enter(rq->conn, rq->stream ? CONN_STREAMING : CONN_SENDING);
    result = MHD_queue_response(rq->mhd, rq->status, rq->response);
    if (result != MHD_YES && rq->stream) {
        http_stream_gone(rq->stream);
        rq->stream = NULL; /* it goes with the response */
    }
    MHD_destroy_response(rq->response); /* libmicrohttpd holds it now */
    rq->response = NULL;
    return result;
}

void http_resume(struct cm_http_request *rq)
{
    /* Takes effect when the daemon runs next, and polled from outside it wakes nobody itself. */
    MHD_resume_connection(rq->mhd);
    rq->at->resumed = true;
    cm_timer_arm(rq->at->run_timer, 0);
}

static bool stands_before(const struct cm_form_field fields[], size_t i)
{
    for (size_t before = 0; before < i; before++)
        if (cm_str_eq(fields[before].name, fields[i].name))
            return true;
    return false;
}

/* NULL, or what is wrong with it. */
static const char *decode_query(struct cm_http_request *rq)
{
    bool once = rq->at->server->options.query_fields_once;
    struct cm_form_field *fields;

    if (cm_form_parse(rq->query, rq->arena, QUERY_FIELDS_MAX, &fields, &rq->query_count, NULL))
        return "The query has a broken escape, a NUL or too many fields.";
    for (size_t i = 0; i < rq->query_count; i++) {
        if (!cm_str_utf8(fields[i].name) || !cm_str_utf8(fields[i].value))
            return "The query is no UTF-8.";
        if (once && stands_before(fields, i))
            return "A field of the query stands there twice.";
    }

    rq->query_fields = fields;
    return NULL;
}

static void refuse(struct cm_http_request *rq, unsigned status, const char *why)
{
    cm_http_problem(rq, status, NULL, why);
}

static enum MHD_Result run_inline(struct cm_http_request *rq)
{
    rq->stage = STAGE_HANDLER;
    http_handle(rq, rq->match.route->handler);
    if (rq->answered)
        return http_queue_response(rq);

    rq->stage = STAGE_WAITING;
    MHD_suspend_connection(rq->mhd);
    return MHD_YES;
}

static enum MHD_Result hand_to_worker(struct cm_http_request *rq)
{
    struct cm_http_server *server = rq->at->server;

    rq->stage = STAGE_WORKER;
    if (cm_queue_try_push(server->queue, rq)) {
        MHD_suspend_connection(rq->mhd); /* what the worker posts is run later, in this thread */
        return MHD_YES;
    }

    cm_metric_add(server->refused[REFUSED_QUEUE], 1);
    cm_http_set(rq, "Retry-After", "1");
    refuse(rq, 503, "The server has more to do than it can, try again soon.");
    return http_queue_response(rq);
}

static bool is_lost(const struct cm_http_request *rq)
{
    return rq->refuse == 404 && rq->at->server->options.lost && !rq->at->closed &&
           (strcmp(rq->method, "GET") == 0 || strcmp(rq->method, "HEAD") == 0);
}

enum MHD_Result http_dispatch(struct cm_http_request *rq)
{
    const char *why = rq->refuse || rq->at->closed ? NULL : decode_query(rq);

    http_conn_enter(rq->conn, CONN_WORKING);
    rq->stage = STAGE_HANDLER;
    if (!rq->answered && is_lost(rq))
        http_handle(rq, rq->at->server->options.lost);
    if (rq->answered) /* there, or before its body was read */
        return http_queue_response(rq);
    if (rq->refuse)
        refuse(rq, rq->refuse, rq->refuse_why);
    else if (rq->at->closed)
        refuse(rq, 503, "The server is stopping.");
    else if (why)
        refuse(rq, 400, why);
    else if (rq->match.route->where == CM_HTTP_WORKER)
        return hand_to_worker(rq);
    else
        return run_inline(rq);
    return http_queue_response(rq);
}

static void on_worked(void *ctx)
{
    http_resume(ctx);
}

static void work_on(struct cm_http_server *server, struct cm_http_request *rq)
{
    if (!atomic_load(&server->aborting))
        http_handle(rq, rq->match.route->handler);
    if (!rq->answered && atomic_load(&server->aborting))
        refuse(rq, 503, "The server is stopping.");
    else if (!rq->answered)
        refuse(rq, 500, "The request was not answered.");
    cm_loop_post(rq->at->loop, on_worked, rq);
}

void *http_worker_main(void *ctx)
{
    struct cm_http_server *server = ctx;
    void *rq;

    while (cm_queue_pop(server->queue, &rq, -1) == CM_QUEUE_OK)
        work_on(server, rq);
    return NULL;
}
