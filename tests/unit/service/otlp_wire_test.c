/* What is sent, read back with another JSON reader; and what answers to it mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "service/otlp_wire.h"

#define AT_US INT64_C(1700000000123456)

static const struct cm_pair process[] = {
    { { "service.name", 12 }, { "transcriber", 11 } },
    { { "service.version", 15 }, { "1", 1 } },
    { { "service.name", 12 }, { "one \"of\" mine", 13 } },
};

static struct cm_span a_span(void)
{
    struct cm_span span = { .at = { .trace_id = { 0x0a, 0xf7 }, .span_id = { 1 }, .sampled = true },
                            .parent_id = { 0xb7, 0xad },
                            .kind = CM_SPAN_CONSUMER,
                            .start_us = AT_US,
                            .end_us = AT_US + 1,
                            .name = "process call.recorded" };

    cm_span_text(&span, "messaging.system", CM_STR("kafka"));
    cm_span_number(&span, "messaging.kafka.offset", INT64_C(9007199254740993));
    return span;
}

/* The caller's to free. */
static json_t *written(const struct cm_span *spans, size_t count)
{
    CM_OWN_BUF struct cm_buf out = { 0 };
    json_error_t why;
    json_t *request;

    otlp_write(&out, process, sizeof process / sizeof *process, spans, count);
    request = json_loadb(out.at, out.len, JSON_REJECT_DUPLICATES, &why);
    if (!request)
        fail_msg("%s: %s", why.text, out.at);
    return request;
}

static json_t *of_process(const json_t *request)
{
    const json_t *all = json_object_get(request, "resourceSpans");

    assert_int_equal(json_array_size(all), 1);
    return json_array_get(all, 0);
}

static json_t *span_of(const json_t *request, size_t i)
{
    const json_t *scopes = json_object_get(of_process(request), "scopeSpans");

    assert_int_equal(json_array_size(scopes), 1);
    return json_array_get(json_object_get(json_array_get(scopes, 0), "spans"), i);
}

static void assert_text(const json_t *object, const char *name, const char *text)
{
    assert_non_null(json_string_value(json_object_get(object, name)));
    assert_string_equal(json_string_value(json_object_get(object, name)), text);
}

static const json_t *value_of(const json_t *object, const char *name)
{
    const json_t *attributes = json_object_get(object, "attributes"), *value = NULL;
    size_t i;
    const json_t *one;

    json_array_foreach(attributes, i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "key")), name) == 0) {
            assert_null(value); /* it stands there once */
            value = json_object_get(one, "value");
        }
    }
    assert_non_null(value);
    return value;
}

static void a_span_is_written_as_the_protocol_has_it(void **state)
{
    struct cm_span span = a_span();
    json_t *request = written(&span, 1);
    const json_t *seen = span_of(request, 0);

    (void)state;
    assert_text(seen, "traceId", "0af70000000000000000000000000000");
    assert_text(seen, "spanId", "0100000000000000");
    assert_text(seen, "parentSpanId", "b7ad000000000000");
    assert_int_equal(json_integer_value(json_object_get(seen, "flags")), 1);
    assert_text(seen, "name", "process call.recorded");
    assert_int_equal(json_integer_value(json_object_get(seen, "kind")), 5);
    assert_text(seen, "startTimeUnixNano", "1700000000123456000");
    assert_text(seen, "endTimeUnixNano", "1700000000123457000");
    assert_text(value_of(seen, "messaging.system"), "stringValue", "kafka");
    assert_text(value_of(seen, "messaging.kafka.offset"), "intValue", "9007199254740993");
    assert_null(json_object_get(seen, "status"));
    assert_null(json_object_get(seen, "links"));
    json_decref(request);
}

static void a_root_has_no_parent_and_may_have_a_link(void **state)
{
    struct cm_span span = a_span();
    const json_t *seen, *links;
    json_t *request;

    (void)state;
    memset(span.parent_id, 0, sizeof span.parent_id);
    span.link = (struct cm_trace){ .trace_id = { 2 }, .span_id = { 3 } };
    request = written(&span, 1);
    seen = span_of(request, 0);
    links = json_object_get(seen, "links");
    assert_null(json_object_get(seen, "parentSpanId"));
    assert_int_equal(json_array_size(links), 1);
    assert_text(json_array_get(links, 0), "traceId", "02000000000000000000000000000000");
    assert_text(json_array_get(links, 0), "spanId", "0300000000000000");
    json_decref(request);
}

static void a_failure_is_an_error_with_its_reason(void **state)
{
    struct cm_span spans[] = { a_span(), a_span() };
    json_t *request;

    (void)state;
    cm_span_fail(&spans[1], "given up: reject in prepare");
    request = written(spans, 2);
    assert_null(json_object_get(span_of(request, 0), "status"));
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(span_of(request, 1), "status"), "code")),
        2);
    assert_text(json_object_get(span_of(request, 1), "status"), "message",
                "given up: reject in prepare");
    assert_null(span_of(request, 2));
    json_decref(request);
}

static void of_two_attributes_with_one_name_the_later_counts(void **state)
{
    struct cm_span span = a_span();
    json_t *request = written(&span, 1);
    const json_t *resource = json_object_get(of_process(request), "resource");

    (void)state;
    assert_text(value_of(resource, "service.name"), "stringValue", "one \"of\" mine");
    assert_text(value_of(resource, "service.version"), "stringValue", "1");
    json_decref(request);
}

/* ---- answers ---- */

static struct otlp_verdict judged(unsigned status, const char *body, const char *retry_after)
{
    struct cm_http_answer answer = { .status = status,
                                     .body = cm_str_of(body),
                                     .retry_after = cm_str_of(retry_after) };

    return otlp_judge(&answer, 10, AT_US);
}

static void only_what_may_pass_is_tried_again(void **state)
{
    static const unsigned again[] = { 429, 502, 503, 504 }, taken[] = { 200, 202 };
    static const unsigned refused[] = { 100, 301, 400, 401, 403, 404, 408, 413, 415, 500, 501 };

    (void)state;
    for (size_t i = 0; i < sizeof again / sizeof *again; i++)
        assert_int_equal(judged(again[i], "", "").answer, OTLP_AGAIN);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        assert_int_equal(judged(taken[i], "", "").answer, OTLP_TAKEN);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_int_equal(judged(refused[i], "", "").answer, OTLP_REFUSED);
    assert_string_equal(judged(503, "", "").why, "it answers 503");
}

static void the_pause_is_as_it_asks_for(void **state)
{
    (void)state;
    assert_int_equal(judged(429, "", "7").pause_ms, 7000);
    assert_int_equal(judged(503, "", "soon").pause_ms, 0);
    assert_int_equal(judged(503, "", "").pause_ms, 0);
}

static void a_success_may_leave_spans_out(void **state)
{
    static const struct {
        const char *body;
        size_t refused;
    } cases[] = {
        { "{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":\"too old\"}}", 3 },
        { "{\"partialSuccess\":{\"rejectedSpans\":3}}", 3 },
        { "{\"partialSuccess\":{\"rejectedSpans\":\"11\"}}", 10 },
        { "{\"partialSuccess\":{\"rejectedSpans\":-1}}", 0 },
        { "{\"partialSuccess\":{\"rejectedSpans\":\"many\"}}", 0 },
        { "{\"partialSuccess\":{}}", 0 },
        { "{\"partialSuccess\":null}", 0 },
        { "{}", 0 },
        { "[1]", 0 },
        { "no JSON", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct otlp_verdict verdict = judged(200, cases[i].body, "");

        assert_int_equal(verdict.answer, OTLP_TAKEN);
        assert_int_equal(verdict.refused, cases[i].refused);
    }
    assert_string_equal(judged(200, cases[0].body, "").why, "it refuses 3 of 10 spans: too old");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_is_written_as_the_protocol_has_it),
        cmocka_unit_test(a_root_has_no_parent_and_may_have_a_link),
        cmocka_unit_test(a_failure_is_an_error_with_its_reason),
        cmocka_unit_test(of_two_attributes_with_one_name_the_later_counts),
        cmocka_unit_test(only_what_may_pass_is_tried_again),
        cmocka_unit_test(the_pause_is_as_it_asks_for),
        cmocka_unit_test(a_success_may_leave_spans_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
