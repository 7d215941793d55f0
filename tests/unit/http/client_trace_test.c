/* What a request tells of the trace that its thread stands in. */
#include "elsewhere.h"

#include <stdio.h>
#include <string.h>

#include "span_witness.h"

static const struct cm_trace ours = { .trace_id = { 1, 2 }, .span_id = { 3 }, .sampled = true };

static int open_traced(void **state)
{
    witness_open();
    cm_trace_enter(&ours);
    return elsewhere_open(state);
}

static int close_traced(void **state)
{
    int rc = elsewhere_close(state);

    cm_trace_enter(NULL);
    witness_close();
    return rc;
}

/* What the server was told; none: nothing. */
static struct cm_trace told(const struct elsewhere *fx)
{
    struct cm_trace trace = { 0 };
    struct cm_str rest = fx->answer.body, text;
    size_t at;

    if (cm_str_find(rest, "traceparent: ", &at)) {
        rest = (struct cm_str){ rest.at + at + 13, rest.len - at - 13 };
        cm_str_split(&rest, '\n', &text);
        assert_true(cm_trace_read(text, &trace));
    }
    return trace;
}

static struct cm_trace tell(struct elsewhere *fx, struct cm_http_ask ask)
{
    assert_int_equal(fetch(fx, ask), CM_OK);
    return told(fx);
}

static void a_request_is_a_span_of_the_threads_trace(void **state)
{
    struct elsewhere *fx = *state;
    struct cm_span span;

    tell(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo?account=AC1"), .body = CM_STR("x") });
    span = witness_next();
    witness_within(&span, &ours);
    assert_int_equal(span.kind, CM_SPAN_CLIENT);
    assert_string_equal(span.name, "POST");
    assert_string_equal(witness_text(&span, "http.request.method"), "POST");
    assert_string_equal(witness_text(&span, "server.address"), "127.0.0.1");
    assert_int_equal(witness_number(&span, "server.port"), cm_http_server_port(fx->server));
    assert_int_equal(witness_number(&span, "http.response.status_code"), 200);
    assert_false(span.failed);
    assert_int_equal(span.field_count, 4); /* and no path */
    witness_same(cm_trace_current(), &ours);
}

static void only_who_is_to_know_is_told_the_trace(void **state)
{
    struct elsewhere *fx = *state;
    struct cm_trace seen = tell(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo") });
    struct cm_span span;

    assert_false(cm_trace_is_some(&seen));
    witness_next();

    seen = tell(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo"), .tell_trace = true });
    span = witness_next();
    witness_same(&seen, &span.at);

    seen = tell(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo"),
                                          .tell_trace = true,
                                          .sign = "aws:amz:eu:s3",
                                          .user = "key",
                                          .password = "secret" });
    assert_false(cm_trace_is_some(&seen));
    witness_next();
}

static void a_redirect_takes_no_trace_along_and_has_a_span_of_its_own(void **state)
{
    struct elsewhere *fx = *state;
    struct cm_trace seen =
        tell(fx, (struct cm_http_ask){ .url = url_of(fx, "/redirect/302?to=/echo"),
                                       .tell_trace = true,
                                       .redirects_max = 1,
                                       .redirect_anywhere = true });
    struct cm_span span = witness_next();

    assert_false(cm_trace_is_some(&seen));
    witness_within(&span, &ours);
    assert_int_equal(witness_number(&span, "http.response.status_code"), 302);
    span = witness_next();
    witness_within(&span, &ours);
    assert_int_equal(witness_number(&span, "http.response.status_code"), 200);
}

static void without_a_trace_nothing_is_told(void **state)
{
    struct elsewhere *fx = *state;
    struct cm_trace before = cm_trace_enter(NULL);
    struct cm_trace seen =
        tell(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo"), .tell_trace = true });

    assert_false(cm_trace_is_some(&seen));
    witness_nothing();
    cm_trace_enter(&before);
}

static void what_is_not_sampled_is_told_so_and_not_recorded(void **state)
{
    struct elsewhere *fx = *state;
    struct cm_trace unwanted = ours, before, seen;

    unwanted.sampled = false;
    before = cm_trace_enter(&unwanted);
    seen = tell(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo"), .tell_trace = true });
    assert_memory_equal(seen.trace_id, ours.trace_id, sizeof ours.trace_id);
    assert_false(seen.sampled);
    witness_nothing();
    cm_trace_enter(&before);
}

static void a_failure_says_its_class_and_no_path(void **state)
{
    struct elsewhere *fx = *state;
    struct cm_span span;

    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/status/404") }), CM_OK);
    span = witness_next();
    assert_true(span.failed);
    assert_string_equal(witness_text(&span, "error.type"), "404");

    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/much"), .answer_max = 1 }),
                     CM_REJECT);
    span = witness_next();
    assert_true(span.failed);
    assert_string_equal(witness_text(&span, "error.type"), "reject");
    assert_int_equal(witness_number(&span, "http.response.status_code"), -1);

    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = "http://127.0.0.1:1/AC1" }), CM_RETRY);
    span = witness_next();
    assert_string_equal(witness_text(&span, "error.type"), "away");
    assert_string_equal(span.why, "");
    for (size_t i = 0; i < span.field_count; i++)
        assert_null(strstr(span.fields[i].text, "AC1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_a_span_of_the_threads_trace),
        cmocka_unit_test(only_who_is_to_know_is_told_the_trace),
        cmocka_unit_test(a_redirect_takes_no_trace_along_and_has_a_span_of_its_own),
        cmocka_unit_test(without_a_trace_nothing_is_told),
        cmocka_unit_test(what_is_not_sampled_is_told_so_and_not_recorded),
        cmocka_unit_test(a_failure_says_its_class_and_no_path),
    };

    return cmocka_run_group_tests(tests, open_traced, close_traced);
}
