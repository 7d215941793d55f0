/* Who is asked about paths that no route has. */
#include "web.h"

#include <string.h>

static unsigned port;

static void reply_hello(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_http_reply(rq, 200, "text/plain", CM_STR("hello"));
}

/* Knows /lost and nothing else. */
static void reply_lost(struct cm_http_request *rq, void *ctx)
{
    if (cm_str_starts(cm_http_path(rq), "/lost"))
        cm_http_reply(rq, 404, "text/plain", cm_str_of(ctx));
}

static const struct cm_http_route routes[] = {
    { "GET", "/there", reply_hello, CM_HTTP_INLINE, 0 },
    { 0 },
};

static int start(void **state)
{
    static char text[] = "lost";
    struct cm_http_server *server =
        serve((struct cm_http_options){ .routes = routes, .lost = reply_lost, .ctx = text });

    port = cm_http_server_port(server);
    *state = server;
    return 0;
}

static int stop(void **state)
{
    cm_http_server_free(*state);
    return 0;
}

static void assert_problem(const char *request, unsigned status)
{
    struct answer answer = ask(port, request);

    assert_int_equal(answer.status, status);
    assert_string_equal(answer_header(&answer, "Content-Type"), "application/problem+json");
    answer_finish(&answer);
}

static void it_answers_what_no_route_has(void **state)
{
    (void)state;
    assert_answer(port, "GET /lost?q=%zz HTTP/1.1\r\nHost: x\r\n\r\n", 404, "lost");
    assert_answer(port, "GET /there HTTP/1.1\r\nHost: x\r\n\r\n", 200, "hello");
}

static void head_gets_its_headers_without_the_body(void **state)
{
    struct answer answer = ask(port, "HEAD /lost HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    (void)state;
    assert_int_equal(answer.status, 404);
    assert_string_equal(answer_header(&answer, "Content-Length"), "4");
    assert_int_equal(answer.body.len, 0);
    answer_finish(&answer);
}

static void what_it_leaves_is_404_as_ever(void **state)
{
    (void)state;
    assert_problem("GET /elsewhere HTTP/1.1\r\nHost: x\r\n\r\n", 404);
}

static void it_is_not_asked_about_other_methods_and_refusals(void **state)
{
    (void)state;
    assert_problem("POST /lost HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 404);
    assert_problem("DELETE /lost HTTP/1.1\r\nHost: x\r\n\r\n", 404);
    assert_problem("POST /there HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405);
}

static void a_connection_goes_on_behind_it(void **state)
{
    struct peer peer = peer_dial(port);
    struct answer answer;

    (void)state;
    for (int i = 0; i < 2; i++) {
        peer_say(&peer, i ? "GET /there HTTP/1.1\r\nHost: x\r\n\r\n"
                          : "GET /lost HTTP/1.1\r\nHost: x\r\n\r\n");
        answer = peer_hear(&peer);
        assert_int_equal(answer.status, i ? 200 : 404);
        answer_finish(&answer);
    }
    peer_close(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_answers_what_no_route_has),
        cmocka_unit_test(head_gets_its_headers_without_the_body),
        cmocka_unit_test(what_it_leaves_is_404_as_ever),
        cmocka_unit_test(it_is_not_asked_about_other_methods_and_refusals),
        cmocka_unit_test(a_connection_goes_on_behind_it),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
