/* Routes, replies and what a handler sees of its request. */
#include "web.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"

struct fixture {
    struct cm_http_server *server;
    struct cm_metrics *metrics;
    unsigned port;
};

static void say_what_came(struct cm_http_request *rq, void *ctx)
{
    struct cm_buf body = { 0 };
    struct cm_json j = cm_json(&body);
    struct cm_str value;

    (void)ctx;
    cm_json_object(&j, NULL);
    cm_json_text(&j, "method", cm_http_method(rq));
    cm_json_str(&j, "target", cm_http_target(rq));
    cm_json_str(&j, "path", cm_http_path(rq));
    cm_json_str(&j, "id", cm_http_segment(rq, "id"));
    cm_json_str(&j, "raw", cm_http_query_raw(rq));
    if (cm_http_query(rq, "q", &value))
        cm_json_str(&j, "q", value);
    if (cm_http_cookie(rq, "session", &value))
        cm_json_str(&j, "session", value);
    if (cm_http_header(rq, "x-two", &value))
        cm_json_str(&j, "two", value);
    if (cm_http_header_list(rq, "x-list").len)
        cm_json_str(&j, "list", cm_http_header_list(rq, "x-list"));
    cm_json_str(&j, "body", cm_http_body(rq));
    cm_json_str(&j, "peer", cm_http_peer(rq));
    cm_json_end(&j);
    cm_http_set(rq, "X-Was", "here");
    cm_http_reply_buf(rq, 200, "application/json", &body);
}

static void reply_hello(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_http_reply(rq, 200, "text/plain", CM_STR("hello"));
}

static void reply_empty(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_http_reply_empty(rq, 204);
}

static void reply_problem(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_http_problem(rq, 409, "No transcription", "The call has \"none\" yet.");
}

static void forget_to_reply(struct cm_http_request *rq, void *ctx)
{
    (void)rq;
    (void)ctx;
}

static void reply_twice(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_http_reply(rq, 200, "text/plain", CM_STR("first"));
    cm_http_reply(rq, 500, "text/plain", CM_STR("second"));
}

static void reply_forged_header(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_http_set(rq, "X-Name", "a\r\nSet-Cookie: forged=1");
    cm_http_reply(rq, 200, "text/plain", CM_STR("hello"));
}

static void answer_later(void *ctx)
{
    cm_http_reply(ctx, 200, "text/plain", CM_STR("later"));
}

static void reply_later(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_loop_post(cm_http_loop(rq), answer_later, rq);
}

static const struct cm_http_route routes[] = {
    { "GET", "/", reply_hello, CM_HTTP_INLINE, 0 },
    { "GET", "/calls/{id}", say_what_came, CM_HTTP_INLINE, 0 },
    { "POST", "/calls/{id}", say_what_came, CM_HTTP_INLINE, 1000 },
    { "POST", "/jobs/{id}", say_what_came, CM_HTTP_WORKER, 1000 },
    { "DELETE", "/calls/{id}", reply_empty, CM_HTTP_WORKER, 0 },
    { "GET", "/problem", reply_problem, CM_HTTP_INLINE, 0 },
    { "GET", "/forgets", forget_to_reply, CM_HTTP_WORKER, 0 },
    { "GET", "/twice", reply_twice, CM_HTTP_WORKER, 0 },
    { "GET", "/forged", reply_forged_header, CM_HTTP_INLINE, 0 },
    { "GET", "/later", reply_later, CM_HTTP_INLINE, 0 },
    { 0 },
};

static int start(void **state)
{
    static struct fixture fx;

    fx = (struct fixture){ .metrics = cm_metrics_new() };
    fx.server = serve((struct cm_http_options){
        .routes = routes, .ctx = &fx, .workers = 1, .metrics = fx.metrics });
    fx.port = cm_http_server_port(fx.server);
    *state = &fx;
    return 0;
}

static int stop(void **state)
{
    struct fixture *fx = *state;

    cm_http_server_free(fx->server);
    cm_metrics_free(fx->metrics);
    return 0;
}

static unsigned port_of(void **state)
{
    const struct fixture *fx = *state;

    return fx->port;
}

static void an_inline_handler_sees_the_request_as_it_was_sent(void **state)
{
    assert_answer(
        port_of(state),
        "GET /calls/a%2Fb?q=caf%C3%A9+au%20lait&q=2 HTTP/1.1\r\nHost: x\r\n"
        "Cookie: a=b; session=\"s1\"; session=s2\r\nX-Two:  2 \r\n\r\n",
        200,
        "{\"method\":\"GET\",\"target\":\"/calls/a%2Fb?q=caf%C3%A9+au%20lait&q=2\","
        "\"path\":\"/calls/a%2Fb\",\"id\":\"a%2Fb\",\"raw\":\"q=caf%C3%A9+au%20lait&q=2\","
        "\"q\":\"caf\xC3\xA9 au lait\",\"session\":\"s1\",\"two\":\"2\",\"body\":\"\","
        "\"peer\":\"127.0.0.1\"}");
}

static void lines_of_one_name_are_joined_to_a_list(void **state)
{
    assert_answer(
        port_of(state),
        "GET /calls/7 HTTP/1.1\r\nHost: x\r\nX-List: a, b\r\nX-Two: t\r\nx-list: c\r\n\r\n", 200,
        "{\"method\":\"GET\",\"target\":\"/calls/7\",\"path\":\"/calls/7\",\"id\":\"7\","
        "\"raw\":\"\",\"two\":\"t\",\"list\":\"a, b,c\",\"body\":\"\","
        "\"peer\":\"127.0.0.1\"}");
}

static void a_worker_sees_body_and_headers(void **state)
{
    assert_answer(port_of(state),
                  "POST /jobs/7 HTTP/1.1\r\nHost: x\r\nX-Two: y\r\nContent-Length: 5\r\n\r\na=1&b",
                  200,
                  "{\"method\":\"POST\",\"target\":\"/jobs/7\",\"path\":\"/jobs/7\",\"id\":\"7\","
                  "\"raw\":\"\",\"two\":\"y\",\"body\":\"a=1&b\",\"peer\":\"127.0.0.1\"}");
}

static void a_chunked_body_is_put_together(void **state)
{
    assert_answer(port_of(state),
                  "POST /calls/7 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n",
                  200,
                  "{\"method\":\"POST\",\"target\":\"/calls/7\",\"path\":\"/calls/7\",\"id\":\"7\","
                  "\"raw\":\"\",\"body\":\"abcdefg\",\"peer\":\"127.0.0.1\"}");
}

static void a_target_in_absolute_form_is_read_as_its_path(void **state)
{
    assert_answer(port_of(state), "GET http://h:1/ HTTP/1.1\r\nHost: x\r\n\r\n", 200, "hello");
    assert_answer(port_of(state), "GET http://h HTTP/1.1\r\nHost: x\r\n\r\n", 200, "hello");
}

static void headers_set_by_the_handler_are_sent(void **state)
{
    struct fixture *fx = *state;
    struct answer a = ask(fx->port, "GET /calls/1 HTTP/1.1\r\nHost: x\r\n\r\n");

    assert_string_equal(answer_header(&a, "X-Was"), "here");
    assert_string_equal(answer_header(&a, "Content-Type"), "application/json");
    answer_finish(&a);
}

static void head_gets_the_headers_of_get_and_no_body(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);
    struct answer a;

    peer_say(&peer, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
    a = peer_hear_head(&peer);
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_header(&a, "Content-Length"), "5");
    a = peer_hear(&peer);
    assert_string_equal(a.body.at, "hello");
    answer_finish(&a);
    peer_close(&peer);
}

static void an_unknown_path_is_a_problem_document(void **state)
{
    struct fixture *fx = *state;
    struct answer a = ask(fx->port, "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");

    assert_int_equal(a.status, 404);
    assert_string_equal(answer_header(&a, "Content-Type"), "application/problem+json");
    assert_string_equal(a.body.at,
                        "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
                        "\"detail\":\"There is nothing at this path.\"}");
    answer_finish(&a);
    assert_int_equal(ask_status(fx->port, "GET /calls HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
    assert_int_equal(ask_status(fx->port, "GET /calls/ HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
    assert_int_equal(ask_status(fx->port, "GET /calls/1/ HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
    assert_int_equal(ask_status(fx->port, "GET /calls/1%00 HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
}

static void a_method_that_the_path_lacks_is_405_with_allow(void **state)
{
    struct fixture *fx = *state;
    struct answer a = ask(fx->port, "PUT /calls/1 HTTP/1.1\r\nHost: x\r\n\r\n");

    assert_int_equal(a.status, 405);
    assert_string_equal(answer_header(&a, "Allow"), "GET, HEAD, POST, DELETE");
    answer_finish(&a);
}

static void a_problem_carries_title_and_detail(void **state)
{
    assert_answer(port_of(state), "GET /problem HTTP/1.1\r\nHost: x\r\n\r\n", 409,
                  "{\"type\":\"about:blank\",\"title\":\"No transcription\",\"status\":409,"
                  "\"detail\":\"The call has \\\"none\\\" yet.\"}");
}

static void a_broken_query_is_refused(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(ask_status(fx->port, "GET /?a=%zz HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
    assert_int_equal(ask_status(fx->port, "GET /?a=%ff HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
    assert_int_equal(ask_status(fx->port, "GET /?a=%00 HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
}

static void a_field_that_stands_twice_is_refused_where_that_is_wanted(void **state)
{
    const char *twice = "GET /?a=1&b=2&%61=3 HTTP/1.1\r\nHost: x\r\n\r\n";
    const char *once = "GET /?a=1&b=1&A=1&aa HTTP/1.1\r\nHost: x\r\n\r\n";
    struct cm_http_server *strict =
        serve((struct cm_http_options){ .routes = routes, .query_fields_once = true });

    assert_int_equal(ask_status(port_of(state), twice), 200);
    assert_int_equal(ask_status(cm_http_server_port(strict), twice), 400);
    assert_int_equal(ask_status(cm_http_server_port(strict), once), 200);
    cm_http_server_free(strict);
}

static void a_worker_that_does_not_answer_is_500(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(ask_status(fx->port, "GET /forgets HTTP/1.1\r\nHost: x\r\n\r\n"), 500);
}

static void only_the_first_of_two_answers_counts(void **state)
{
    assert_answer(port_of(state), "GET /twice HTTP/1.1\r\nHost: x\r\n\r\n", 200, "first");
}

static void a_header_with_a_line_end_is_left_out(void **state)
{
    struct fixture *fx = *state;
    struct answer a = ask(fx->port, "GET /forged HTTP/1.1\r\nHost: x\r\n\r\n");

    assert_int_equal(a.status, 200);
    assert_null(strstr(a.head, "forged"));
    answer_finish(&a);
}

static void an_inline_handler_may_answer_later(void **state)
{
    assert_answer(port_of(state), "GET /later HTTP/1.1\r\nHost: x\r\n\r\n", 200, "later");
}

/* libmicrohttpd may miss the end that came together with the request: then the reaper finds it. */
static void a_client_that_hangs_up_its_side_is_closed_soon(void **state)
{
    static const char *const paths[] = { "/", "/later", "/twice" };
    struct cm_http_server *server =
        serve((struct cm_http_options){ .routes = routes, .workers = 1, .idle_ms = 200 });

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct peer peer = peer_dial(cm_http_server_port(server));
        char request[100];

        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", paths[i]);
        peer_say(&peer, request);
        peer_say_end(&peer);
        assert_true(peer_hear_end(&peer, WAIT_MS));
        peer_close(&peer);
    }
    cm_http_server_free(server);
}

static void requests_of_one_connection_are_answered_in_order(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);

    for (int round = 0; round < 50; round++) {
        static const char *const bodies[] = { "hello", "later", "first" };

        peer_say(&peer, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /later HTTP/1.1\r\nHost: x\r\n\r\n"
                        "GET /twice HTTP/1.1\r\nHost: x\r\n\r\n");
        for (int i = 0; i < 3; i++) {
            struct answer a = peer_hear(&peer);

            assert_string_equal(a.body.at, bodies[i]);
            answer_finish(&a);
        }
    }
    peer_close(&peer);
}

static void requests_are_counted_by_route_method_and_status(void **state)
{
    struct fixture *fx = *state;
    struct cm_buf text = { 0 };

    ask_status(fx->port, "GET /calls/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    ask_status(fx->port, "BREW /calls/2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    cm_http_server_stop(fx->server, 1000);
    cm_metrics_render(fx->metrics, &text);
    assert_non_null(strstr(text.at,
                           "callmill_http_requests_total{route=\"/calls/{id}\",method=\"GET\","
                           "status=\"200\"} "));
    assert_non_null(strstr(text.at, "callmill_http_requests_total{route=\"none\",method=\"other\","
                                    "status=\"405\"} 1\n"));
    assert_non_null(strstr(text.at, "callmill_http_request_seconds_count{route=\"/calls/{id}\"} "));
    assert_non_null(strstr(text.at, "callmill_http_connections 0\n"));
    cm_buf_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inline_handler_sees_the_request_as_it_was_sent),
        cmocka_unit_test(lines_of_one_name_are_joined_to_a_list),
        cmocka_unit_test(a_worker_sees_body_and_headers),
        cmocka_unit_test(a_chunked_body_is_put_together),
        cmocka_unit_test(a_target_in_absolute_form_is_read_as_its_path),
        cmocka_unit_test(headers_set_by_the_handler_are_sent),
        cmocka_unit_test(head_gets_the_headers_of_get_and_no_body),
        cmocka_unit_test(an_unknown_path_is_a_problem_document),
        cmocka_unit_test(a_method_that_the_path_lacks_is_405_with_allow),
        cmocka_unit_test(a_problem_carries_title_and_detail),
        cmocka_unit_test(a_broken_query_is_refused),
        cmocka_unit_test(a_field_that_stands_twice_is_refused_where_that_is_wanted),
        cmocka_unit_test(a_worker_that_does_not_answer_is_500),
        cmocka_unit_test(only_the_first_of_two_answers_counts),
        cmocka_unit_test(a_header_with_a_line_end_is_left_out),
        cmocka_unit_test(an_inline_handler_may_answer_later),
        cmocka_unit_test(a_client_that_hangs_up_its_side_is_closed_soon),
        cmocka_unit_test(requests_of_one_connection_are_answered_in_order),
        cmocka_unit_test(requests_are_counted_by_route_method_and_status),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
