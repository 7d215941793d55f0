/* span.h - what the spans of requests have in common, those that come in and those that go out.
 * Only for common/http. Thread: the span's. */
#pragma once
#include "base/span.h"

/** The answer's status; from `failed_from` on the request has failed. */
void http_span_status(struct cm_span *span, unsigned status, unsigned failed_from);
