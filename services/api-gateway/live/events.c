/* events.c - GET /api/events. */
#include "endpoints.h"
#include "live/hub.h"
#include "reply.h"

static void answer(struct ask *ask, struct cm_rows *rows[])
{
    (void)rows;
    cm_http_set(ask->rq, "X-Accel-Buffering", "no"); /* nginx would hold the events back */
    switch (hub_join(ask->gateway->hub, ask)) {
    case HUB_JOINED:
        break;
    case HUB_USER_FULL:
        reply_too_many(ask->rq, 60, "This user has too many live pages open.");
        break;
    case HUB_FULL:
        cm_http_set(ask->rq, "Retry-After", "60");
        cm_http_problem(ask->rq, 503, "Service Unavailable", "Too many live pages are open.");
        break;
    }
}

void stream_events(struct cm_http_request *rq, void *ctx)
{
    struct ask *ask = ask_new(rq, ctx, answer);

    if (ask)
        ask_send(ask);
}
