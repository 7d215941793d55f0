#include "call_span.h"

#include "base/span.h"

/* It starts when it was heard of first, for the callbacks from then on are within it. */
static int64_t start_us(const struct call_row *call, const struct call_state *end)
{
    struct cm_opt_i64 started_at_us = end->started_at_us;

    return started_at_us.set && started_at_us.value < call->created_at_us ? started_at_us.value
                                                                          : call->created_at_us;
}

void call_span_record(const struct call_row *call, const struct call_state *end)
{
    const struct cm_trace root = cm_trace_of_call(call->id);
    const char *status = call_status_text(end->status);
    struct cm_span span;

    cm_span_begin_as(&span, &root, NULL, CM_SPAN_INTERNAL, "call");
    span.start_us = start_us(call, end);
    span.end_us = end->ended_at_us.value;
    cm_span_text(&span, "callmill.call.direction",
                 call->outbound ? CM_STR("outbound") : CM_STR("inbound"));
    cm_span_text(&span, "callmill.call.status", cm_str_of(status));
    if (end->status == CALL_FAILED)
        cm_span_fail(&span, status);
    cm_span_end(&span);
}
