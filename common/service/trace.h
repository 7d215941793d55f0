/* trace.h - W3C trace context (https://www.w3.org/TR/trace-context/). Thread: any. */
#pragma once
#include <stdbool.h>

#include "base/str.h"

struct trace_text {
    char at[56]; /* NUL-terminated */
};

bool trace_is_valid(struct cm_str traceparent);

/** The same trace with a new span; without a valid parent a new trace, marked as sampled. */
struct trace_text trace_child(struct cm_str parent);
