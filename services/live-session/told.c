#include "told.h"

#include "base/span.h"

/* ---- the trace ---- */

struct cm_trace told_trace(struct cm_uuid call_id, struct cm_uuid session_id)
{
    return cm_trace_in_call(call_id, session_id);
}

static struct cm_str traceparent(struct cm_arena *arena, struct cm_uuid call_id,
                                 struct cm_uuid session_id)
{
    struct cm_trace trace = told_trace(call_id, session_id);

    return cm_arena_str(arena, cm_str_of(cm_trace_text(&trace).at));
}

/* Ends that nobody wanted. */
static bool is_failure(struct cm_str reason)
{
    return cm_str_is(reason, "stream-error") || cm_str_is(reason, "model-lost") ||
           cm_str_is(reason, "lost");
}

static void record(const struct live_ended_row *end)
{
    struct cm_trace call = cm_trace_of_call(end->head.call_id);
    struct cm_trace session = told_trace(end->head.call_id, end->session_id);
    struct cm_span span;

    cm_span_begin_as(&span, &session, &call, CM_SPAN_INTERNAL, "live session");
    span.start_us = end->started_at_us;
    span.end_us = end->ended_at_us;
    cm_span_text(&span, "callmill.session.kind", end->kind);
    cm_span_text(&span, "callmill.session.end", end->reason);
    cm_span_number(&span, "callmill.session.turns", end->turn_count);
    if (is_failure(end->reason))
        cm_span_fail(&span, "");
    cm_span_end(&span);
}

void told_spans(const struct live_ended_row ends[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        record(&ends[i]);
}

/* ---- events ---- */

struct cm_event told_turn(struct cm_arena *arena, const struct live_turn_row *turn,
                          const struct cm_event_head *call)
{
    return (struct cm_event){
        .kind = EVENT_LIVE_TURN,
        .head = *call,
        .traceparent = traceparent(arena, call->call_id, turn->session_id),
        .live_turn = { .session_id = turn->session_id,
                       .turn_id = turn->id,
                       .position = turn->position,
                       .role = turn->by_caller ? CM_STR("caller") : CM_STR("agent"),
                       .start_ms = turn->start_ms,
                       .end_ms = turn->end_ms,
                       .text = turn->text,
                       .interrupted = turn->interrupted },
    };
}

struct cm_event told_end(struct cm_arena *arena, const struct live_ended_row *end)
{
    return (struct cm_event){
        .kind = EVENT_LIVE_ENDED,
        .head = end->head,
        .traceparent = traceparent(arena, end->head.call_id, end->session_id),
        .live_ended = { .session_id = end->session_id,
                        .reason = end->reason,
                        .kind = end->kind,
                        .engine = end->engine,
                        .model = end->model,
                        .started_at_us = end->started_at_us,
                        .ended_at_us = end->ended_at_us,
                        .turn_count = end->turn_count },
    };
}
