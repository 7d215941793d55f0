/* The address of a server: taken, or shared among its loops. */
#include "web.h"

#include <stdio.h>
#include <string.h>

static void answer_later(void *ctx)
{
    cm_http_reply(ctx, 200, "text/plain", CM_STR("later"));
}

static void reply_later(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_loop_post(cm_http_loop(rq), answer_later, rq);
}

static const struct cm_http_route routes[] = { { "GET", "/later", reply_later, CM_HTTP_INLINE, 0 },
                                               { 0 } };

static void address_of(const struct cm_http_server *server, char *out, size_t room)
{
    snprintf(out, room, "127.0.0.1:%u", cm_http_server_port(server));
}

static void an_address_in_use_is_named(void **state)
{
    struct cm_http_server *first = serve((struct cm_http_options){ .routes = routes, .loops = 1 });
    struct cm_http_server *second = NULL;
    struct cm_err err = { 0 };
    char addr[64];

    (void)state;
    address_of(first, addr, sizeof addr);
    for (int loops = 1; loops <= 2; loops++) {
        struct cm_http_options options = { .addr = addr, .routes = routes, .loops = loops };

        assert_int_equal(cm_http_server_start(&options, &second, &err), CM_FATAL);
        assert_non_null(strstr(err.msg, addr));
        assert_non_null(strstr(err.msg, "in use"));
        assert_null(second);
    }
    cm_http_server_free(first);
}

static void several_loops_share_one_address(void **state)
{
    struct cm_http_server *first = serve((struct cm_http_options){ .routes = routes, .loops = 3 });
    struct cm_http_server *second = NULL;
    struct cm_err err = { 0 };
    char addr[64];

    (void)state;
    address_of(first, addr, sizeof addr);
    for (int i = 0; i < 50; i++)
        assert_int_equal(
            ask_status(cm_http_server_port(first), "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    struct cm_http_options options = { .addr = addr, .routes = routes, .loops = 2 };
    assert_int_equal(cm_http_server_start(&options, &second, &err), CM_FATAL);
    cm_http_server_free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_in_use_is_named),
        cmocka_unit_test(several_loops_share_one_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
