/* event_span.h - an event's handling as a span (trace.h), which hangs on whatever emitted the
 * event. Only for common/service.
 *
 * An event that waits carries the context only; the span is made and recorded when it is over.
 */
#pragma once
#include "service/work.h"

/** Once, when the event is admitted: the context of what this service does about it. */
void event_span_admit(struct cm_item *item);
/** The thread works on this event from here on, until it gives back what it was at before
 * (cm_trace_enter). Notes when that was for the first time. */
struct cm_trace event_span_enter(struct work *work);
/** What was begun is committed: done, or given up (`is_dead`). Thread: the one that has the work.
 */
void event_span_record(const struct work *work, const char *group, bool is_dead);
