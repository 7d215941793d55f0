/* span.h - a piece of work with a beginning and an end, for who looks at traces
 * (https://opentelemetry.io/docs/specs/otel/trace/api/).
 *
 *     cm_span_begin(&span, cm_trace_current(), CM_SPAN_CLIENT, "POST");
 *     ...
 *     cm_span_number(&span, "http.response.status_code", 200);
 *     cm_span_end(&span);
 *
 * Ended spans wait in a bounded queue of the process until an exporter takes them; when it is full
 * they are dropped and counted, for nothing waits for a trace. Without cm_spans_start, with no
 * parent, or where the parent is not sampled, all of this is free of work. No transcript, number or
 * secret in a span. Thread: a span is one thread's at a time; the queue is anybody's.
 */
#pragma once
#include <stddef.h>

#include "base/metrics.h"
#include "base/trace.h"

enum cm_span_kind { /* with OTLP's numbers */
                    CM_SPAN_INTERNAL = 1,
                    CM_SPAN_SERVER,
                    CM_SPAN_CLIENT,
                    CM_SPAN_PRODUCER,
                    CM_SPAN_CONSUMER,
};

enum { CM_SPAN_FIELDS = 12, CM_SPAN_TEXT = 64 };

struct cm_span_field {
    const char *name; /* a literal, of OpenTelemetry's semantic conventions where they have one */
    int64_t number;
    char text[CM_SPAN_TEXT]; /* empty: `number` is the value */
};

struct cm_span {
    struct cm_trace at;   /* its own; what is done within it has it as parent */
    uint8_t parent_id[8]; /* zero: none */
    struct cm_trace link; /* another trace that has to do with it; may be none */
    enum cm_span_kind kind;
    int64_t start_us, end_us; /* wall clock */
    bool failed;
    char name[CM_SPAN_TEXT];
    char why[2 * CM_SPAN_TEXT]; /* it failed */
    size_t field_count;
    struct cm_span_field fields[CM_SPAN_FIELDS];
};

/** A span within `parent`; none where there is no parent. It begins now. */
void cm_span_begin(struct cm_span *span, const struct cm_trace *parent, enum cm_span_kind kind,
                   const char *name);
/** The same for a span whose id is known before it (cm_trace_of_call, cm_trace_in_call), so that
 * others may hang on it already; `parent` NULL: it is the trace's root. */
void cm_span_begin_as(struct cm_span *span, const struct cm_trace *at,
                      const struct cm_trace *parent, enum cm_span_kind kind, const char *name);
/* More fields than there is room for are left out; what is too long is cut. */
void cm_span_text(struct cm_span *span, const char *name, struct cm_str text);
void cm_span_number(struct cm_span *span, const char *name, int64_t number);
void cm_span_fail(struct cm_span *span, const char *why);
/** False: all of this is for nobody, and need not be gathered. */
bool cm_span_is_wanted(const struct cm_trace *at);
/** It is over (now, if end_us is not set) and goes into the queue, if it is wanted. */
void cm_span_end(struct cm_span *span);

/** The root of a call's trace. It is recorded by who commits the call's end, once; what hangs on it
 * is there long before. */
struct cm_call_span {
    struct cm_uuid call_id;
    int64_t start_us, end_us;
    struct cm_str direction, status; /* as the call has them */
};
void cm_span_call(const struct cm_call_span *call);

/* The queue; for the exporter. */

/** From here on ended spans are kept, `room` of them at most. */
void cm_spans_start(size_t room, struct cm_metrics *metrics);
/** Waits until there are `max` spans, or `wait_ms` is over; takes the oldest. 0 after
 * cm_spans_close means: no more. */
size_t cm_spans_take(struct cm_span *out, size_t max, int64_t wait_ms);
/** No more spans are kept, and nobody waits any more; what is there can still be taken. */
void cm_spans_close(void);
void cm_spans_free(void);
