/* What a request belongs to, and the span that tells it. */
#include "web.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "span_witness.h"

#define TRACE  "0af7651916cd43dd8448eb211c80319c"
#define CLIENT "00-" TRACE "-b7ad6b7169203331-01"

static const struct cm_uuid a_call = { { 0x01, 0x93, 0x6a, 0x2b, 0x11, 0x22, 0x7a, 0xbc, 0x8d, 0xef,
                                         1, 2, 3, 4, 5, 6 } };

struct fixture {
    struct cm_http_server *server;
    unsigned port;
};

static bool asked_for(struct cm_http_request *rq, const char *name)
{
    struct cm_str value;

    return cm_http_query(rq, name, &value);
}

/* The answer is the trace that the thread works in. */
static void reply_trace(struct cm_http_request *rq)
{
    struct cm_traceparent here = cm_trace_text(cm_trace_current());

    cm_http_reply(rq, asked_for(rq, "fail") ? 503 : 200, "text/plain", cm_str_of(here.at));
}

static void work(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    if (asked_for(rq, "client"))
        cm_http_of_client(rq);
    if (asked_for(rq, "call"))
        cm_http_of_call(rq, a_call);
    reply_trace(rq);
}

static void go_on(void *ctx)
{
    struct cm_trace before = *cm_trace_current();

    work(ctx, NULL);
    cm_trace_enter(&before);
}

static void work_later(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_loop_post(cm_http_loop(rq), go_on, rq);
}

static void admit(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_http_of_client(rq);
    cm_http_take_body(rq);
}

static void take_long_body(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    reply_trace(rq);
}

static const struct cm_http_route routes[] = {
    { "GET", "/here/{id}", work, CM_HTTP_INLINE, 0 },
    { "POST", "/away/{id}", work, CM_HTTP_WORKER, 1000 },
    { "GET", "/later/{id}", work_later, CM_HTTP_INLINE, 0 },
    { "POST", "/long", take_long_body, CM_HTTP_WORKER, CM_HTTP_LONG_BODY },
    { 0 },
};

static int start(void **state)
{
    static struct fixture fx;

    witness_open();
    fx.server = serve((struct cm_http_options){
        .routes = routes,
        .workers = 1,
        .long_bodies = { .folder = "/tmp", .max_bytes = 1000, .at_a_time = 1, .admit = admit } });
    fx.port = cm_http_server_port(fx.server);
    *state = &fx;
    return 0;
}

static int stop(void **state)
{
    struct fixture *fx = *state;

    cm_http_server_free(fx->server);
    witness_close();
    return 0;
}

/* Asks, and gives the trace that the handler worked in. */
static struct cm_trace ask_for(const struct fixture *fx, const char *line, const char *headers)
{
    char request[600];
    struct cm_trace seen;
    struct answer answer;

    snprintf(request, sizeof request, "%s HTTP/1.1\r\nHost: x\r\n%s\r\n", line, headers);
    answer = ask(fx->port, request);
    assert_true(answer.status == 200 || answer.status == 503);
    cm_trace_read(cm_buf_view(&answer.body), &seen);
    answer_finish(&answer);
    return seen;
}

/* Requests of one worker or loop end in their order: what is recorded first came first. */
static void assert_nothing_before(const struct fixture *fx)
{
    struct cm_span span;

    ask_for(fx, "POST /away/last?call", "Content-Length: 0\r\n");
    span = witness_next();
    assert_string_equal(span.name, "POST /away/{id}");
}

static void what_belongs_to_nothing_is_not_recorded(void **state)
{
    struct fixture *fx = *state;
    static const char *const lines[] = { "GET /here/1", "GET /later/1" };

    for (size_t i = 0; i < 2; i++) {
        struct cm_trace seen = ask_for(fx, lines[i], "traceparent: " CLIENT "\r\n");

        assert_false(cm_trace_is_some(&seen));
    }
    assert_nothing_before(fx);
}

static void a_known_client_s_trace_is_the_parent(void **state)
{
    struct fixture *fx = *state;
    static const char *const lines[] = { "GET /here/1?client", "GET /later/1?client" };
    struct cm_trace client;

    assert_true(cm_trace_read(CM_STR(CLIENT), &client));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct cm_trace seen = ask_for(fx, lines[i], "TraceParent:  " CLIENT " \r\n");
        struct cm_span span = witness_next();

        witness_same(&seen, &span.at);
        witness_within(&span, &client);
        assert_int_equal(span.kind, CM_SPAN_SERVER);
        assert_false(cm_trace_is_some(&span.link));
    }
}

static void a_client_without_a_usable_header_has_no_trace(void **state)
{
    static const char *const headers[] = {
        "",
        "traceparent: \r\n",
        "traceparent: 00-" TRACE "-0000000000000000-01\r\n",
        "traceparent: 00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01\r\n",
        "traceparent: " CLIENT "\r\ntraceparent: " CLIENT "\r\n",
        "traceparent: " CLIENT "\r\nTraceparent: nonsense\r\n",
        "traceparent: " CLIENT "," CLIENT "\r\n",
        "X-B3-TraceId: " TRACE "\r\nX-B3-SpanId: b7ad6b7169203331\r\n",
    };
    struct fixture *fx = *state;

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct cm_trace seen = ask_for(fx, "GET /here/1?client", headers[i]);

        assert_false(cm_trace_is_some(&seen));
    }
    assert_nothing_before(fx);
}

static void a_client_that_does_not_sample_is_not_recorded(void **state)
{
    struct fixture *fx = *state;
    struct cm_trace seen =
        ask_for(fx, "GET /here/1?client", "traceparent: 00-" TRACE "-b7ad6b7169203331-00\r\n");

    assert_true(cm_trace_is_some(&seen));
    assert_false(seen.sampled);
    assert_nothing_before(fx);
}

static void a_request_about_a_call_is_part_of_the_call(void **state)
{
    static const char *const lines[] = { "GET /here/1?call", "POST /away/1?call",
                                         "GET /later/1?call" };
    static const char *const names[] = { "GET /here/{id}", "POST /away/{id}", "GET /later/{id}" };
    struct fixture *fx = *state;
    struct cm_trace call = cm_trace_of_call(a_call);

    for (size_t i = 0; i < 3; i++) {
        int64_t before_us = cm_now_us();
        struct cm_trace seen =
            ask_for(fx, lines[i], "Content-Length: 0\r\ntraceparent: " CLIENT "\r\n");
        struct cm_span span = witness_next();

        witness_same(&seen, &span.at);
        witness_within(&span, &call);
        assert_string_equal(span.name, names[i]);
        assert_string_equal(witness_text(&span, "http.route"), strchr(names[i], '/'));
        assert_memory_equal(witness_text(&span, "http.request.method"), names[i], 3);
        assert_int_equal(witness_number(&span, "http.response.status_code"), 200);
        assert_true(span.start_us >= before_us && span.end_us >= span.start_us);
        assert_false(span.failed);
    }
}

static void a_client_s_trace_gets_a_link_to_the_call(void **state)
{
    struct fixture *fx = *state;
    struct cm_trace call = cm_trace_of_call(a_call);
    struct cm_trace seen =
        ask_for(fx, "POST /away/1?client&call", "Content-Length: 0\r\ntraceparent: " CLIENT "\r\n");
    struct cm_span span = witness_next();

    witness_same(&seen, &span.at);
    witness_same(&span.link, &call);
    assert_string_equal(cm_hex(span.at.trace_id, 16).at, TRACE);
}

static void a_client_within_the_call_s_trace_needs_no_link(void **state)
{
    struct fixture *fx = *state;
    struct cm_trace call = cm_trace_of_call(a_call), child = cm_trace_child(&call);
    char header[100];
    struct cm_span span;

    snprintf(header, sizeof header, "traceparent: %s\r\n", cm_trace_text(&child).at);
    ask_for(fx, "GET /here/1?client&call", header);
    span = witness_next();
    assert_memory_equal(span.parent_id, child.span_id, 8);
    assert_false(cm_trace_is_some(&span.link));
}

static void an_answer_of_the_server_s_fault_is_a_failure(void **state)
{
    struct fixture *fx = *state;
    struct cm_span span;

    ask_for(fx, "GET /here/1?call&fail", "");
    span = witness_next();
    assert_true(span.failed);
    assert_int_equal(witness_number(&span, "http.response.status_code"), 503);
    assert_string_equal(witness_text(&span, "error.type"), "503");
}

static void a_thread_leaves_the_trace_with_the_request(void **state)
{
    struct fixture *fx = *state;

    for (int i = 0; i < 3; i++) {
        struct cm_trace seen = ask_for(fx, "POST /away/1?call", "Content-Length: 0\r\n");

        assert_true(cm_trace_is_some(&seen));
        witness_next();
        seen = ask_for(fx, "POST /away/1", "Content-Length: 0\r\n");
        assert_false(cm_trace_is_some(&seen));
    }
}

static void who_was_recognized_before_the_body_is_known_behind_it(void **state)
{
    struct fixture *fx = *state;
    struct cm_trace seen =
        ask_for(fx, "POST /long",
                "Content-Length: 0\r\nContent-Type: audio/mpeg\r\ntraceparent: " CLIENT "\r\n");
    struct cm_span span = witness_next();

    witness_same(&seen, &span.at);
    assert_string_equal(cm_hex(span.at.trace_id, 16).at, TRACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_belongs_to_nothing_is_not_recorded),
        cmocka_unit_test(a_known_client_s_trace_is_the_parent),
        cmocka_unit_test(a_client_without_a_usable_header_has_no_trace),
        cmocka_unit_test(a_client_that_does_not_sample_is_not_recorded),
        cmocka_unit_test(a_request_about_a_call_is_part_of_the_call),
        cmocka_unit_test(a_client_s_trace_gets_a_link_to_the_call),
        cmocka_unit_test(a_client_within_the_call_s_trace_needs_no_link),
        cmocka_unit_test(an_answer_of_the_server_s_fault_is_a_failure),
        cmocka_unit_test(a_thread_leaves_the_trace_with_the_request),
        cmocka_unit_test(who_was_recognized_before_the_body_is_known_behind_it),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
