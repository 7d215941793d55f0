#include "service/trace.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

/* 00-<32 hex: trace>-<16 hex: span>-<2 hex: flags> */
enum { TRACE_LEN = 55, TRACE_AT = 3, SPAN_AT = 36, FLAGS_AT = 53 };

static bool is_hex(struct cm_str text, size_t at, size_t len)
{
    for (size_t i = at; i < at + len; i++) {
        char c = text.at[i];

        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
    }
    return true;
}

static bool is_zero(struct cm_str text, size_t at, size_t len)
{
    for (size_t i = at; i < at + len; i++) {
        if (text.at[i] != '0')
            return false;
    }
    return true;
}

bool trace_is_valid(struct cm_str t)
{
    return t.len == TRACE_LEN && t.at[2] == '-' && t.at[SPAN_AT - 1] == '-' &&
           t.at[FLAGS_AT - 1] == '-' && t.at[0] == '0' && t.at[1] == '0' &&
           is_hex(t, TRACE_AT, 32) && is_hex(t, SPAN_AT, 16) && is_hex(t, FLAGS_AT, 2) &&
           !is_zero(t, TRACE_AT, 32) && !is_zero(t, SPAN_AT, 16);
}

struct trace_text trace_child(struct cm_str parent)
{
    struct trace_text text;
    uint8_t trace[16], span[8];

    arc4random_buf(span, sizeof span);
    if (trace_is_valid(parent)) {
        snprintf(text.at, sizeof text.at, "00-%.32s-%.16s-%.2s", parent.at + TRACE_AT,
                 cm_hex(span, sizeof span).at, parent.at + FLAGS_AT);
        return text;
    }
    arc4random_buf(trace, sizeof trace);
    snprintf(text.at, sizeof text.at, "00-%.32s-%.16s-01", cm_hex(trace, sizeof trace).at,
             cm_hex(span, sizeof span).at);
    return text;
}
