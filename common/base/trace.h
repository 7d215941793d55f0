/* trace.h - which trace the work at hand belongs to (W3C trace context,
 * https://www.w3.org/TR/trace-context/).
 *
 * One call is one trace, and the trace's id is the call's: whoever hears of a call first (any of
 * Twilio's callbacks, the stream, an import) begins it without asking anybody, and who has a call
 * finds its trace without a search. What has no other parent hangs on the call's root span, whose
 * id is made of the call's as well.
 *
 * A thread's work stands in one trace at a time; the log and requests to other services tell it.
 * Thread: any, but for what is said to be the thread's own.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"

struct cm_trace { /* all zero: none */
    uint8_t trace_id[16], span_id[8];
    bool sampled; /* its spans are wanted */
};

struct cm_traceparent {
    char at[56]; /* NUL-terminated; empty: none */
};

bool cm_trace_is_some(const struct cm_trace *trace);
/** false, and none: the text is not what the standard allows. */
bool cm_trace_read(struct cm_str traceparent, struct cm_trace *out);
struct cm_traceparent cm_trace_text(const struct cm_trace *trace);

/** The call's root span. */
struct cm_trace cm_trace_of_call(struct cm_uuid call_id);
/** A span of the call's trace that is made of an id (UUIDv7) of what it is about, so that whoever
 * has the id finds the span too. */
struct cm_trace cm_trace_in_call(struct cm_uuid call_id, struct cm_uuid id);
/** The same trace with a new span. */
struct cm_trace cm_trace_child(const struct cm_trace *parent);

/** Once, at the start: the share of the calls whose spans are wanted, from 0 to 1. It goes by the
 * call's id, so that all services choose the same ones. */
void cm_trace_sample(double share);

/** The thread's work belongs to `trace` from here on (NULL: to none). Gives what it was before, for
 * the way back. */
struct cm_trace cm_trace_enter(const struct cm_trace *trace);
/** The thread's; may be none. */
const struct cm_trace *cm_trace_current(void);

/** For a block: `CM_OWN_TRACE struct cm_trace before = cm_trace_enter(&trace);` At the block's end
 * the thread is back in the trace that it came from. */
static inline void cm_trace_leave(const struct cm_trace *before)
{
    cm_trace_enter(before);
}
#define CM_OWN_TRACE __attribute__((cleanup(cm_trace_leave), unused))
