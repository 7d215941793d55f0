/* The request gate by itself, and 38 ways to smuggle a second request past the real server.
 *
 * Each case ends in bytes that a lenient reader takes for "GET /smuggled". A case is passed when
 * that request is never executed and the connection does not hang.
 */
#include "web.h"

#include <stdatomic.h>
#include <string.h>

#include "http/gate.h"

struct line {
    const char *name, *value;
};

static const char *verdict(const struct line *lines, const char *version)
{
    struct cm_gate gate = { 0 };

    for (; lines->name; lines++)
        cm_gate_header(&gate, cm_str_of(lines->name), cm_str_of(lines->value));
    return cm_gate_verdict(&gate, cm_str_of(version));
}

#define LINES(...)                                                                                 \
    (const struct line[])                                                                          \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            NULL, NULL                                                                             \
        }                                                                                          \
    }

static void ordinary_requests_pass(void **state)
{
    (void)state;
    assert_null(verdict(LINES({ "Host", "x" }), "HTTP/1.1"));
    assert_null(verdict(LINES({ "Host", "x" }, { "Content-Length", "0" }), "HTTP/1.0"));
    assert_null(verdict(LINES({ "host", "x" }, { "transfer-encoding", "Chunked" }), "HTTP/1.1"));
    assert_null(verdict(LINES({ "X-!#$%&'*+-.^_`|~9", "any \t\xC3\xA9" }), "HTTP/1.1"));
}

static void ambiguous_framings_do_not(void **state)
{
    (void)state;
    assert_non_null(
        verdict(LINES({ "Content-Length", "1" }, { "Transfer-Encoding", "chunked" }), "HTTP/1.1"));
    assert_non_null(
        verdict(LINES({ "Content-Length", "1" }, { "content-length", "2" }), "HTTP/1.1"));
    assert_non_null(
        verdict(LINES({ "Content-Length", "1" }, { "Content-Length", "1" }), "HTTP/1.1"));
    assert_non_null(verdict(LINES({ "Content-Length", "1, 1" }), "HTTP/1.1"));
    assert_non_null(verdict(LINES({ "Content-Length", "+1" }), "HTTP/1.1"));
    assert_non_null(verdict(LINES({ "Content-Length", "" }), "HTTP/1.1"));
    assert_non_null(verdict(LINES({ "Content-Length", "0x1" }), "HTTP/1.1"));
    assert_non_null(verdict(LINES({ "Content-Length", "99999999999999999999" }), "HTTP/1.1"));
    assert_non_null(verdict(LINES({ "Transfer-Encoding", "xchunked" }), "HTTP/1.1"));
    assert_non_null(verdict(LINES({ "Transfer-Encoding", "gzip, chunked" }), "HTTP/1.1"));
    assert_non_null(verdict(LINES({ "Transfer-Encoding", "identity" }), "HTTP/1.1"));
    assert_non_null(verdict(LINES({ "Transfer-Encoding", "" }), "HTTP/1.1"));
    assert_non_null(verdict(
        LINES({ "Transfer-Encoding", "chunked" }, { "Transfer-Encoding", "chunked" }), "HTTP/1.1"));
    assert_non_null(verdict(LINES({ "Transfer-Encoding", "chunked" }), "HTTP/1.0"));
    assert_non_null(verdict(LINES({ "Host", "a" }, { "Host", "b" }), "HTTP/1.1"));
    assert_non_null(verdict(LINES({ "Content-Length ", "1" }), "HTTP/1.1"));
    assert_non_null(verdict(LINES({ "", "1" }), "HTTP/1.1"));
    assert_non_null(verdict(LINES({ "a(b)", "1" }), "HTTP/1.1"));
    assert_non_null(verdict(LINES({ "a", "1\rb: 2" }), "HTTP/1.1"));
    assert_non_null(verdict(LINES({ "a", "1\nb: 2" }), "HTTP/1.1"));
}

static void a_nul_in_a_value_does_not_pass(void **state)
{
    struct cm_gate gate = { 0 };

    (void)state;
    cm_gate_header(&gate, CM_STR("a"), (struct cm_str){ "1\0002", 3 });
    assert_non_null(cm_gate_verdict(&gate, CM_STR("HTTP/1.1")));
}

/* The battery. */

#define SMUGGLED "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
#define POST     "POST /first HTTP/1.1\r\nHost: x\r\n"

struct attempt {
    const char *name;
    const char *bytes;
    size_t len;
    bool invisible; /* an application on libmicrohttpd 0.9.75 can't see it: needs close_always */
};

#define ATTEMPT(name, bytes)                                                                       \
    {                                                                                              \
        name, bytes, sizeof(bytes) - 1, false                                                      \
    }
#define INVISIBLE_ATTEMPT(name, bytes)                                                             \
    {                                                                                              \
        name, bytes, sizeof(bytes) - 1, true                                                       \
    }

static const struct attempt battery[] = {
    ATTEMPT("CL then TE",
            POST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED),
    ATTEMPT("TE then CL",
            POST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" SMUGGLED),
    ATTEMPT("CL over all, then TE",
            POST "Content-Length: 43\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED),
    ATTEMPT("CL.CL, the first is shorter",
            POST "Content-Length: 0\r\nContent-Length: 38\r\n\r\n" SMUGGLED),
    ATTEMPT("CL.CL, the first is longer",
            POST "Content-Length: 38\r\nContent-Length: 0\r\n\r\n" SMUGGLED),
    ATTEMPT("CL twice the same", POST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n" SMUGGLED),
    ATTEMPT("CL as a list", POST "Content-Length: 0, 0\r\n\r\n" SMUGGLED),
    ATTEMPT("CL with a plus", POST "Content-Length: +0\r\n\r\n" SMUGGLED),
    ATTEMPT("CL with a minus", POST "Content-Length: -0\r\n\r\n" SMUGGLED),
    ATTEMPT("CL in hex", POST "Content-Length: 0x0\r\n\r\n" SMUGGLED),
    ATTEMPT("CL with a blank inside", POST "Content-Length: 0 0\r\n\r\n" SMUGGLED),
    ATTEMPT("CL empty", POST "Content-Length: \r\n\r\n" SMUGGLED),
    ATTEMPT("CL overflowing", POST "Content-Length: 18446744073709551616\r\n\r\n" SMUGGLED),
    ATTEMPT("a blank before the colon of CL", POST "Content-Length : 38\r\n\r\n" SMUGGLED),
    ATTEMPT("a tab before the colon of CL", POST "Content-Length\t: 38\r\n\r\n" SMUGGLED),
    ATTEMPT("a blank before the colon of TE",
            POST "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" SMUGGLED),
    ATTEMPT("TE xchunked", POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" SMUGGLED),
    ATTEMPT("TE gzip, chunked", POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" SMUGGLED),
    ATTEMPT("TE chunked, identity",
            POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" SMUGGLED),
    ATTEMPT("TE identity", POST "Transfer-Encoding: identity\r\n\r\n" SMUGGLED),
    ATTEMPT("TE in quotes", POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" SMUGGLED),
    ATTEMPT("TE twice",
            POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n" SMUGGLED),
    ATTEMPT("TE with a vertical tab",
            POST "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n" SMUGGLED),
    ATTEMPT("TE on a folded line",
            POST "Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" SMUGGLED),
    ATTEMPT("CL and TE on HTTP/1.0",
            "POST /first HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 5\r\n"
            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED),
    ATTEMPT("TE on HTTP/1.0", "POST /first HTTP/1.0\r\nConnection: keep-alive\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED),
    ATTEMPT("two Hosts", POST "Host: y\r\nContent-Length: 0\r\n\r\n" SMUGGLED),
    ATTEMPT("no Host", "POST /first HTTP/1.1\r\nContent-Length: 0\r\n\r\n" SMUGGLED),
    ATTEMPT("a chunk size that is no number",
            POST "Transfer-Encoding: chunked\r\n\r\nzz\r\n0\r\n\r\n" SMUGGLED),
    ATTEMPT("a chunk size that overflows",
            POST "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n0\r\n\r\n" SMUGGLED),
    ATTEMPT("a folded line", POST "Content-Length: 0\r\nX: a\r\n\tb\r\n\r\n" SMUGGLED),
    ATTEMPT("a folded Content-Length", POST "Content-Length:\r\n 38\r\n\r\n" SMUGGLED),
    ATTEMPT("lines ended by LF", "POST /first HTTP/1.1\nHost: x\nContent-Length: 0\n\n" SMUGGLED),
    ATTEMPT("the request line ended by LF",
            "POST /first HTTP/1.1\nHost: x\r\nContent-Length: 0\r\n\r\n" SMUGGLED),
    ATTEMPT("the empty line ended by LF", POST "Content-Length: 0\r\n\n" SMUGGLED),
    ATTEMPT("a bare CR makes a header", POST "X: a\rContent-Length: 0\r\n\r\n" SMUGGLED),
    ATTEMPT("NUL in a value", POST "X: a\0b\r\nContent-Length: 0\r\n\r\n" SMUGGLED),
    INVISIBLE_ATTEMPT("a chunk size ended by LF",
                      POST "Transfer-Encoding: chunked\r\n\r\n0\n\r\n" SMUGGLED),
};
enum { BATTERY = sizeof battery / sizeof battery[0] };

static atomic_int smuggled;

static void on_first(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_http_reply(rq, 200, "text/plain", CM_STR("first"));
}

static void on_smuggled(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&smuggled, 1);
    cm_http_reply(rq, 200, "text/plain", CM_STR("second"));
}

static const struct cm_http_route routes[] = {
    { "POST", "/first", on_first, CM_HTTP_INLINE, 1000 },
    { "GET", "/smuggled", on_smuggled, CM_HTTP_INLINE, 0 },
    { 0 },
};

/* true: the connection was ended by the server, and the second request was not executed. */
static bool withstands(const struct cm_http_server *server, const struct attempt *attempt)
{
    struct peer peer = peer_dial(cm_http_server_port(server));
    int before = atomic_load(&smuggled);
    bool ended;

    peer_say_bytes(&peer, attempt->bytes, attempt->len);
    ended = peer_hear_end(&peer, WAIT_MS);
    peer_close(&peer);
    if (!ended)
        print_message("hangs: %s\n", attempt->name);
    if (atomic_load(&smuggled) != before)
        print_message("second request executed: %s\n", attempt->name);
    return ended && atomic_load(&smuggled) == before;
}

static void no_second_request_that_a_proxy_did_not_see_is_executed(void **state)
{
    struct cm_http_server *server =
        serve((struct cm_http_options){ .routes = routes, .close_always = true });
    int failed = 0;

    (void)state;
    assert_int_equal(BATTERY, 38);
    for (size_t i = 0; i < BATTERY; i++)
        failed += !withstands(server, &battery[i]);
    assert_int_equal(failed, 0);
    cm_http_server_free(server);
}

static void without_close_always_only_the_invisible_one_remains(void **state)
{
    struct cm_http_server *server = serve(
        (struct cm_http_options){ .routes = routes, .request_deadline_ms = 500, .idle_ms = 500 });
    int failed = 0;

    (void)state;
    for (size_t i = 0; i < BATTERY; i++)
        failed += !battery[i].invisible && !withstands(server, &battery[i]);
    assert_int_equal(failed, 0);
    cm_http_server_free(server);
}

static void two_proper_requests_are_both_executed(void **state)
{
    struct cm_http_server *server = serve((struct cm_http_options){ .routes = routes });
    struct peer peer = peer_dial(cm_http_server_port(server));

    (void)state;
    peer_say(&peer, POST "Content-Length: 3\r\n\r\nabc" SMUGGLED);
    assert_true(peer_hear_text(&peer, "first", WAIT_MS));
    assert_true(peer_hear_text(&peer, "second", WAIT_MS));
    peer_close(&peer);
    cm_http_server_free(server);
}

/* The head is read where libmicrohttpd put it, so it must not matter in which pieces it came. */
static void a_request_in_any_pieces_is_answered(void **state)
{
    struct cm_http_server *server =
        serve((struct cm_http_options){ .routes = routes, .request_deadline_ms = 2 * WAIT_MS });
    struct cm_buf request = { 0 };
    struct peer peer = peer_dial(cm_http_server_port(server));

    (void)state;
    cm_buf_text(&request, POST "Cookie:a=b; c=d\r\nEmpty:\r\nBlank: \r\nX:   spaces   \r\n");
    for (int i = 0; i < 60; i++)
        cm_buf_printf(&request, "X-%d: %0*d\r\n", i, i * 7, i);
    cm_buf_text(&request, "Content-Length: 3\r\n\r\nabc");
    for (size_t piece = 1; piece < request.len; piece = piece * 3 + 1) {
        for (size_t at = 0; at < request.len; at += piece)
            peer_say_bytes(&peer, request.at + at,
                           request.len - at < piece ? request.len - at : piece);
        assert_true(peer_hear_text(&peer, "first", WAIT_MS));
    }
    for (int i = 0; i < 20; i++)
        peer_say_bytes(&peer, request.at, request.len);
    for (int i = 0; i < 20; i++)
        assert_true(peer_hear_text(&peer, "first", WAIT_MS));
    cm_buf_finish(&request);
    peer_close(&peer);
    cm_http_server_free(server);
}

static void a_refused_framing_is_400_and_the_end(void **state)
{
    struct cm_metrics *metrics = cm_metrics_new();
    struct cm_http_server *server =
        serve((struct cm_http_options){ .routes = routes, .metrics = metrics });
    struct peer peer = peer_dial(cm_http_server_port(server));
    struct answer a;

    (void)state;
    peer_say_bytes(&peer, battery[0].bytes, battery[0].len);
    a = peer_hear(&peer);
    assert_int_equal(a.status, 400);
    assert_string_equal(answer_header(&a, "Connection"), "close");
    assert_non_null(strstr(a.body.at, "Both Content-Length and Transfer-Encoding."));
    assert_true(peer_hear_end(&peer, WAIT_MS));
    assert_int_equal(cm_metric_value(cm_counter(metrics, "callmill_http_refused_total", "",
                                                "reason=\"framing\"")),
                     1);
    answer_finish(&a);
    peer_close(&peer);
    cm_http_server_free(server);
    cm_metrics_free(metrics);
}

static void a_request_cut_at_any_byte_is_answered_never(void **state)
{
    static const char whole[] = POST "Cookie: a=b\r\nContent-Length: 3\r\n\r\nabc";
    struct cm_http_server *server = serve(
        (struct cm_http_options){ .routes = routes, .request_deadline_ms = 2000, .idle_ms = 200 });

    (void)state;
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        struct peer peer = peer_dial(cm_http_server_port(server));

        peer_say_bytes(&peer, whole, len);
        peer_say_end(&peer);
        assert_false(peer_hear_text(&peer, "first", WAIT_MS));
        peer_close(&peer);
    }
    assert_int_equal(ask_status(cm_http_server_port(server), whole), 200);
    cm_http_server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_requests_pass),
        cmocka_unit_test(ambiguous_framings_do_not),
        cmocka_unit_test(a_nul_in_a_value_does_not_pass),
        cmocka_unit_test(no_second_request_that_a_proxy_did_not_see_is_executed),
        cmocka_unit_test(without_close_always_only_the_invisible_one_remains),
        cmocka_unit_test(two_proper_requests_are_both_executed),
        cmocka_unit_test(a_request_in_any_pieces_is_answered),
        cmocka_unit_test(a_refused_framing_is_400_and_the_end),
        cmocka_unit_test(a_request_cut_at_any_byte_is_answered_never),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
