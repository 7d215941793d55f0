#include "service/otlp_wire.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/json.h"

enum { STATUS_ERROR = 2, FLAG_SAMPLED = 1 };

/* ---- what is sent ---- */

static void put_attribute(struct cm_json *json, struct cm_str name, struct cm_str text)
{
    cm_json_object(json, NULL);
    cm_json_str(json, "key", name);
    cm_json_object(json, "value");
    cm_json_str(json, "stringValue", text);
    cm_json_end(json);
    cm_json_end(json);
}

/* 64-bit numbers are text, as in all of protobuf's JSON. */
static void put_number(struct cm_json *json, const char *name, int64_t number)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)number);
    cm_json_object(json, NULL);
    cm_json_text(json, "key", name);
    cm_json_object(json, "value");
    cm_json_text(json, "intValue", text);
    cm_json_end(json);
    cm_json_end(json);
}

static void put_time(struct cm_json *json, const char *key, int64_t at_us)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)at_us * 1000);
    cm_json_text(json, key, text);
}

static void put_context(struct cm_json *json, const struct cm_trace *trace)
{
    cm_json_text(json, "traceId", cm_hex(trace->trace_id, sizeof trace->trace_id).at);
    cm_json_text(json, "spanId", cm_hex(trace->span_id, sizeof trace->span_id).at);
    cm_json_i64(json, "flags", trace->sampled ? FLAG_SAMPLED : 0);
}

static void put_parent(struct cm_json *json, const struct cm_span *span)
{
    static const uint8_t none[sizeof span->parent_id];

    if (memcmp(span->parent_id, none, sizeof none) != 0)
        cm_json_text(json, "parentSpanId", cm_hex(span->parent_id, sizeof span->parent_id).at);
}

static void put_fields(struct cm_json *json, const struct cm_span *span)
{
    cm_json_array(json, "attributes");
    for (size_t i = 0; i < span->field_count; i++) {
        const struct cm_span_field *field = &span->fields[i];

        if (*field->text)
            put_attribute(json, cm_str_of(field->name), cm_str_of(field->text));
        else
            put_number(json, field->name, field->number);
    }
    cm_json_end(json);
}

static void put_link(struct cm_json *json, const struct cm_trace *link)
{
    if (!cm_trace_is_some(link))
        return;

    cm_json_array(json, "links");
    cm_json_object(json, NULL);
    put_context(json, link);
    cm_json_end(json);
    cm_json_end(json);
}

static void put_failure(struct cm_json *json, const struct cm_span *span)
{
    if (!span->failed)
        return;

    cm_json_object(json, "status");
    cm_json_i64(json, "code", STATUS_ERROR);
    cm_json_text(json, "message", span->why);
    cm_json_end(json);
}

static void put_span(struct cm_json *json, const struct cm_span *span)
{
    cm_json_object(json, NULL);
    put_context(json, &span->at);
    put_parent(json, span);
    cm_json_text(json, "name", span->name);
    cm_json_i64(json, "kind", span->kind);
    put_time(json, "startTimeUnixNano", span->start_us);
    put_time(json, "endTimeUnixNano", span->end_us);
    put_fields(json, span);
    put_link(json, &span->link);
    put_failure(json, span);
    cm_json_end(json);
}

static bool comes_again(const struct cm_pair *attributes, size_t count, size_t i)
{
    for (size_t later = i + 1; later < count; later++)
        if (cm_str_eq(attributes[later].name, attributes[i].name))
            return true;
    return false;
}

static void put_resource(struct cm_json *json, const struct cm_pair *attributes, size_t count)
{
    cm_json_object(json, "resource");
    cm_json_array(json, "attributes");
    for (size_t i = 0; i < count; i++)
        if (!comes_again(attributes, count, i))
            put_attribute(json, attributes[i].name, attributes[i].value);
    cm_json_end(json);
    cm_json_end(json);
}

void otlp_write(struct cm_buf *out, const struct cm_pair *attributes, size_t attribute_count,
                const struct cm_span *spans, size_t count)
{
    struct cm_json json = cm_json(out);

    cm_json_object(&json, NULL);
    cm_json_array(&json, "resourceSpans");
    cm_json_object(&json, NULL);
    put_resource(&json, attributes, attribute_count);
    cm_json_array(&json, "scopeSpans");
    cm_json_object(&json, NULL);
    cm_json_object(&json, "scope");
    cm_json_text(&json, "name", "callmill");
    cm_json_text(&json, "version", CALLMILL_VERSION);
    cm_json_end(&json);
    cm_json_array(&json, "spans");
    for (size_t i = 0; i < count; i++)
        put_span(&json, &spans[i]);
    while (json.depth)
        cm_json_end(&json);
}

/* ---- what is answered ---- */

/* A success may leave spans out, and says how many: a number as text, or as a number. */
static struct otlp_verdict judge_success(const struct cm_http_answer *answer, size_t count)
{
    struct otlp_verdict verdict = { .answer = OTLP_TAKEN };
    json_t *body = json_loadb(answer->body.at ? answer->body.at : "", answer->body.len, 0, NULL);
    const json_t *partial = json_object_get(body, "partialSuccess");
    const json_t *rejected = json_object_get(partial, "rejectedSpans");
    int64_t refused = json_integer_value(rejected);

    if (json_is_string(rejected) &&
        !cm_str_i64(cm_str_of(json_string_value(rejected)), 0, INT32_MAX, &refused))
        refused = 0;
    if (refused > 0) {
        const char *why = json_string_value(json_object_get(partial, "errorMessage"));

        verdict.refused = (uint64_t)refused < count ? (size_t)refused : count;
        snprintf(verdict.why, sizeof verdict.why, "it refuses %zu of %zu spans: %s",
                 verdict.refused, count, why ? why : "");
    }
    json_decref(body);
    return verdict;
}

struct otlp_verdict otlp_judge(const struct cm_http_answer *answer, size_t count, int64_t now_us)
{
    unsigned status = answer->status;
    bool is_ill = status == 429 || status == 502 || status == 503 || status == 504;
    struct otlp_verdict verdict = { .answer = is_ill ? OTLP_AGAIN : OTLP_REFUSED };

    if (status >= 200 && status < 300)
        return judge_success(answer, count);

    if (is_ill)
        verdict.pause_ms = cm_retry_after_ms(answer->retry_after, now_us);
    snprintf(verdict.why, sizeof verdict.why, "it answers %u", status);
    return verdict;
}
