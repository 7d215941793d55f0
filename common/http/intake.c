/* A request's way in: its first line (http_on_target), its headers (admit), its body
 * (body.c), its end (http_dispatch), and its completion.
 */
#include <string.h>

#include "base/clock.h"
#include "http/inside.h"

static void count_in_flight(struct cm_http_server *server, int by)
{
    pthread_mutex_lock(&server->lock);
    server->in_flight += (size_t)by;
    if (server->in_flight == 0)
        pthread_cond_signal(&server->drained);
    pthread_mutex_unlock(&server->lock);
}

static struct http_conn *conn_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

/* Path and query of an origin-form or absolute-form target (RFC 9112 §3.2). */
static void split_target(struct cm_http_request *rq)
{
    struct cm_str rest = rq->target, path;
    size_t at;

    if (rest.len && rest.at[0] != '/' && cm_str_find(rest, "://", &at)) {
        const char *slash = memchr(rest.at + at + 3, '/', rest.len - at - 3);

        rest = slash ? (struct cm_str){ slash, rest.len - (size_t)(slash - rest.at) } : CM_STR("/");
    }
    if (!cm_str_split(&rest, '?', &path))
        path = CM_STR("");
    rq->path = path;
    rq->query = rest;
}

void *http_on_target(void *loop, const char *target, struct MHD_Connection *mhd)
{
    struct http_loop *at = loop;
    struct cm_arena *arena = cm_arena_new();
    struct cm_http_request *rq = CM_NEW(arena, struct cm_http_request);

    rq->at = at;
    rq->mhd = mhd;
    rq->arena = arena;
    rq->conn = conn_of(mhd);
    rq->last_field = &rq->fields;
    rq->body_fd = -1;
    rq->target = cm_arena_str(arena, cm_str_of(target));
    rq->match.index = at->server->route_count;
    rq->method = "";
    rq->began_us = cm_now_us();
    split_target(rq);
    rq->conn->rq = rq;
    if (rq->conn->phase == CONN_IDLE)
        http_conn_enter(rq->conn, CONN_READING);
    count_in_flight(at->server, 1);
    return rq;
}

void http_on_completed(void *loop, struct MHD_Connection *mhd, void **request,
                       enum MHD_RequestTerminationCode how)
{
    struct cm_http_request *rq = *request;
    struct http_loop *at = loop;
    struct cm_trace before;

    (void)mhd;
    (void)how;
    if (!rq)
        return;

    *request = NULL;
    if (rq->stream)
        http_stream_gone(rq->stream);
    if (!rq->admitted && !rq->conn->shut)
        cm_metric_add(at->server->refused[REFUSED_MALFORMED], 1);
    before = http_span_enter(rq);
    http_stats_count(rq);
    cm_trace_enter(&before);
    http_span_end(rq);
    rq->conn->rq = NULL;
    http_conn_enter(rq->conn, CONN_IDLE);
    if (atomic_load(&at->server->draining))
        http_conn_shut(rq->conn);
    if (rq->response && rq->stage != STAGE_QUEUED)
        MHD_destroy_response(rq->response);
    http_body_finish(rq);
    cm_arena_free(rq->arena);
    count_in_flight(at->server, -1);
}

/* Answers before the body was read: libmicrohttpd reads no more and closes the connection. */
static enum MHD_Result answer_now(struct cm_http_request *rq)
{
    rq->must_close = true;
    return http_dispatch(rq);
}

/* Says now what the length promises to break; the chunked ones are found out by counting. */
static enum MHD_Result look_at_length(struct cm_http_request *rq, struct cm_str length)
{
    uint64_t max = http_body_max(rq);
    struct cm_str expect;
    int64_t announced = 0;

    rq->waits = cm_http_header(rq, "Expect", &expect) && cm_str_ieq(expect, "100-continue");
    cm_str_i64(length, 0, INT64_MAX, &announced);
    if ((uint64_t)announced > max && !rq->refuse)
        http_refuse(rq, REFUSED_BODY, 413, "The body is larger than this path takes.");
    if (rq->refuse && (rq->waits || (uint64_t)announced > max + DRAIN_MAX_BYTES))
        return answer_now(rq);
    if (rq->refuse)
        return MHD_YES;
    if (http_body_is_long(rq))
        return http_body_ask(rq);
    if (announced)
        cm_buf_reserve(&rq->body, (size_t)announced);
    return MHD_YES;
}

static enum MHD_Result admit(struct cm_http_request *rq, const char *method, const char *version)
{
    const struct cm_http_route *routes = rq->at->server->options.routes;
    struct cm_str length = { 0 };
    const char *why;

    rq->admitted = true;
    rq->method = cm_arena_text(rq->arena, cm_str_of(method));
    why = http_head_verdict(rq, version, &length);
    if (why) {
        http_refuse(rq, REFUSED_FRAMING, 400, why);
        return answer_now(rq);
    }

    http_route_find(routes, rq->method, rq->path, &rq->match);
    if (!rq->match.route && rq->match.path_known) {
        rq->refuse = 405;
        rq->refuse_why = "The path does not have this method.";
        cm_http_set(rq, "Allow",
                    cm_arena_text(rq->arena, http_route_allow(routes, rq->path, rq->arena)));
    } else if (!rq->match.route) {
        rq->refuse = 404;
        rq->refuse_why = "There is nothing at this path.";
    }
    return look_at_length(rq, length);
}

enum MHD_Result http_on_request(void *loop, struct MHD_Connection *mhd, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_len, void **request)
{
    struct cm_http_request *rq = *request;
    size_t len = *upload_len;

    (void)loop;
    (void)mhd;
    (void)url;
    if (!rq->admitted)
        return admit(rq, method, version);
    if (len) {
        *upload_len = 0;
        return http_body_take(rq, (struct cm_str){ upload, len });
    }
    if (rq->head_again)
        return http_body_asked(rq);
    if (rq->stage == STAGE_READING)
        return http_dispatch(rq);
    if (rq->answered)
        return http_queue_response(rq);
    return MHD_YES;
}
