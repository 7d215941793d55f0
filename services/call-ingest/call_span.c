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
    cm_span_call(&(struct cm_call_span){
        .call_id = call->id,
        .start_us = start_us(call, end),
        .end_us = end->ended_at_us.value,
        .direction = call->outbound ? CM_STR("outbound") : CM_STR("inbound"),
        .status = cm_str_of(call_status_text(end->status)),
    });
}
