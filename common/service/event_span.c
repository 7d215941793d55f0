#include "service/event_span.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/span.h"

/* Whose doing the event is: what its header says, or else its call. */
static struct cm_trace parent_of(const struct cm_event *event)
{
    struct cm_trace parent;

    if (!cm_trace_read(event->traceparent, &parent))
        parent = cm_trace_of_call(event->head.call_id);
    return parent;
}

void event_span_admit(struct cm_item *item)
{
    struct cm_trace parent = parent_of(item->event);

    item->trace = cm_trace_child(&parent);
}

struct cm_trace event_span_enter(struct work *work)
{
    if (!work->began_us)
        work->began_us = cm_now_us();
    return cm_trace_enter(&work->item.trace);
}

/* https://opentelemetry.io/docs/specs/semconv/messaging/kafka/ */
static void describe(struct cm_span *span, const struct work *work, const char *group)
{
    char partition[16];

    snprintf(partition, sizeof partition, "%d", (int)work->message.partition);
    cm_span_text(span, "messaging.system", CM_STR("kafka"));
    cm_span_text(span, "messaging.operation.name", CM_STR("process"));
    cm_span_text(span, "messaging.operation.type", CM_STR("process"));
    cm_span_text(span, "messaging.destination.name", cm_str_of(work->topic->name));
    cm_span_text(span, "messaging.destination.partition.id", cm_str_of(partition));
    cm_span_text(span, "messaging.consumer.group.name", cm_str_of(group));
    cm_span_number(span, "messaging.kafka.offset", work->message.offset);
    cm_span_text(span, "messaging.message.id", cm_str_of(cm_uuid_text(work->event_id).at));
    cm_span_number(span, "callmill.attempts", work->item.attempt);
}

/* The reason itself may quote what another system said, and traces go to yet another one: it is in
 * the dead letter and in the log, which knows the trace. */
static void tell_death(struct cm_span *span, const struct work *work)
{
    const char *class = cm_rc_name(work->failure.rc);
    char why[CM_SPAN_TEXT];

    snprintf(why, sizeof why, "given up: %s in %s", class, work->stage);
    cm_span_text(span, "error.type", cm_str_of(class));
    cm_span_fail(span, why);
}

void event_span_record(const struct work *work, const char *group, bool is_dead)
{
    struct cm_trace parent;
    struct cm_span span;
    char name[CM_SPAN_TEXT];

    if (!cm_span_is_wanted(&work->item.trace))
        return;

    parent = parent_of(&work->event);
    snprintf(name, sizeof name, "process %s", cm_event_name(work->topic->route->consumes));
    cm_span_begin_as(&span, &work->item.trace, &parent, CM_SPAN_CONSUMER, name);
    span.start_us = work->began_us;
    describe(&span, work, group);
    if (is_dead)
        tell_death(&span, work);
    cm_span_end(&span);
}
