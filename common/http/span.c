/* A request's span. It is there once somebody has said what the request belongs to, and is recorded
 * when the answer is through, so that its length is the client's.
 */
#include <stdio.h>
#include <string.h>

#include "http/inside.h"
#include "http/span.h"

static void begin(struct cm_http_request *rq, const struct cm_trace *parent)
{
    const char *route = rq->match.route ? rq->match.route->path : NULL;
    char name[CM_SPAN_TEXT];

    snprintf(name, sizeof name, "%s%s%s", rq->method, route ? " " : "", route ? route : "");
    rq->span = CM_NEW(rq->arena, struct cm_span);
    cm_span_begin(rq->span, parent, CM_SPAN_SERVER, name);
    rq->span->start_us = rq->began_us;
    cm_span_text(rq->span, "http.request.method", cm_str_of(rq->method));
    if (route)
        cm_span_text(rq->span, "http.route", cm_str_of(route));
}

void cm_http_of_client(struct cm_http_request *rq)
{
    struct cm_trace theirs;

    /* Two lines are joined by a comma, and then are no trace. */
    if (!rq->span && cm_trace_read(cm_str_trim(cm_http_header_list(rq, "traceparent")), &theirs))
        begin(rq, &theirs);
    if (rq->span)
        cm_trace_enter(&rq->span->at);
}

void cm_http_of_call(struct cm_http_request *rq, struct cm_uuid call_id)
{
    struct cm_trace call = cm_trace_of_call(call_id);

    if (!rq->span)
        begin(rq, &call);
    else if (memcmp(rq->span->at.trace_id, call.trace_id, sizeof call.trace_id) != 0)
        rq->span->link = call;
    cm_trace_enter(&rq->span->at);
}

struct cm_trace http_span_enter(const struct cm_http_request *rq)
{
    return cm_trace_enter(rq->span ? &rq->span->at : NULL);
}

void http_span_status(struct cm_span *span, unsigned status, unsigned failed_from)
{
    char text[12];

    cm_span_number(span, "http.response.status_code", status);
    if (status < failed_from)
        return;
    snprintf(text, sizeof text, "%u", status);
    cm_span_text(span, "error.type", cm_str_of(text));
    cm_span_fail(span, "");
}

void http_span_end(struct cm_http_request *rq)
{
    if (!rq->span)
        return;
    if (rq->status) /* else the client left before there was an answer */
        http_span_status(rq->span, rq->status, 500);
    cm_span_end(rq->span);
}

void http_handle(struct cm_http_request *rq, cm_http_handler *handler)
{
    CM_OWN_TRACE struct cm_trace before = http_span_enter(rq);

    handler(rq, rq->at->server->options.ctx);
}
