/* otlp_wire.h - OTLP/HTTP as JSON: what is sent, and what an answer to it means
 * (https://opentelemetry.io/docs/specs/otlp/). Only for common/service. Thread: any.
 */
#pragma once
#include "base/buf.h"
#include "base/percent.h"
#include "base/span.h"
#include "http/client.h"

/** Appends a request with `count` spans of the process that `attributes` describe; of two with one
 * name the later counts. */
void otlp_write(struct cm_buf *out, const struct cm_pair *attributes, size_t attribute_count,
                const struct cm_span *spans, size_t count);

enum otlp_answer {
    OTLP_TAKEN,
    OTLP_AGAIN,   /* it cannot take them now */
    OTLP_REFUSED, /* it will never take them */
};

struct otlp_verdict {
    enum otlp_answer answer;
    size_t refused;   /* of a taken request's spans */
    int64_t pause_ms; /* with OTLP_AGAIN: it asked for; 0: it did not */
    char why[160];    /* for the log */
};

struct otlp_verdict otlp_judge(const struct cm_http_answer *answer, size_t count, int64_t now_us);
