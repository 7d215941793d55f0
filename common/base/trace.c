#include "base/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

/* 00-<32 hex: trace>-<16 hex: span>-<2 hex: flags> */
enum { TRACE_LEN = 55, TRACE_AT = 3, SPAN_AT = 36, FLAGS_AT = 53, SAMPLED = 1 };

static _Thread_local struct cm_trace current;
static uint64_t sampled_below = UINT64_MAX;

static bool is_zero(const uint8_t *bytes, size_t len)
{
    static const uint8_t zero[16];

    return memcmp(bytes, zero, len) == 0;
}

/* Lower case only, as the standard has it. */
static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(const char *text, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

bool cm_trace_is_some(const struct cm_trace *trace)
{
    return !is_zero(trace->span_id, sizeof trace->span_id);
}

bool cm_trace_read(struct cm_str t, struct cm_trace *out)
{
    struct cm_trace read = { 0 };
    uint8_t flags;

    *out = read;
    if (t.len != TRACE_LEN || !cm_str_starts(t, "00-") || t.at[SPAN_AT - 1] != '-' ||
        t.at[FLAGS_AT - 1] != '-' ||
        !read_hex(t.at + TRACE_AT, read.trace_id, sizeof read.trace_id) ||
        !read_hex(t.at + SPAN_AT, read.span_id, sizeof read.span_id) ||
        !read_hex(t.at + FLAGS_AT, &flags, 1) || is_zero(read.trace_id, sizeof read.trace_id) ||
        is_zero(read.span_id, sizeof read.span_id))
        return false;

    read.sampled = flags & SAMPLED;
    *out = read;
    return true;
}

struct cm_traceparent cm_trace_text(const struct cm_trace *trace)
{
    struct cm_traceparent text = { "" };

    if (cm_trace_is_some(trace))
        snprintf(text.at, sizeof text.at, "00-%.32s-%.16s-%02x",
                 cm_hex(trace->trace_id, sizeof trace->trace_id).at,
                 cm_hex(trace->span_id, sizeof trace->span_id).at, trace->sampled);
    return text;
}

/* A UUID of version 7 is random in its last 62 bits, which is what the standard asks of a trace's
 * id, and what OpenTelemetry's ratio sampler goes by too. */
struct cm_trace cm_trace_in_call(struct cm_uuid call_id, struct cm_uuid id)
{
    struct cm_trace trace = { 0 };
    uint64_t chance = 0;

    memcpy(trace.trace_id, call_id.at, sizeof trace.trace_id);
    memcpy(trace.span_id, id.at + 8, sizeof trace.span_id);
    for (size_t i = 8; i < sizeof call_id.at; i++)
        chance = chance << 8 | call_id.at[i];
    trace.sampled = sampled_below == UINT64_MAX || chance << 2 < sampled_below;
    return trace;
}

struct cm_trace cm_trace_of_call(struct cm_uuid call_id)
{
    return cm_trace_in_call(call_id, call_id);
}

struct cm_trace cm_trace_child(const struct cm_trace *parent)
{
    struct cm_trace child = *parent;

    if (cm_trace_is_some(parent))
        do
            arc4random_buf(child.span_id, sizeof child.span_id);
        while (is_zero(child.span_id, sizeof child.span_id));
    return child;
}

void cm_trace_sample(double share)
{
    sampled_below = share >= 1 ? UINT64_MAX : share <= 0 ? 0 : (uint64_t)(share * 0x1p64);
}

struct cm_trace cm_trace_enter(const struct cm_trace *trace)
{
    struct cm_trace before = current;

    current = trace ? *trace : (struct cm_trace){ 0 };
    return before;
}

const struct cm_trace *cm_trace_current(void)
{
    return &current;
}
