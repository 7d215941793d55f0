/* A bridge as the live session is one: each client's connection has one of its own to another
 * server, both on the same loop; and two loops beside each other. */
#include "frames.h"
#include "http/ws/ws_dial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALLERS = 40, SAYINGS = 25 };

struct bridge { /* one loop's */
    struct cm_loop *loop;
    struct cm_ws_dialer *dialer;
};

static struct fixture {
    struct host far, near;
    struct bridge bridges[2];
} fx;

struct span { /* one call's */
    struct cm_ws *client, *server;
    bool server_is_open;
    struct cm_buf early; /* what the client said before */
};

static void end(struct span *span)
{
    if (span->client || span->server)
        return;
    cm_buf_finish(&span->early);
    free(span);
}

static void on_server_opened(void *ctx, struct cm_ws *ws)
{
    struct span *span = ctx;
    struct cm_str early = cm_buf_view(&span->early);

    span->server_is_open = true;
    if (early.len)
        assert_true(cm_ws_send(ws, &early, 1));
}

static void on_server_message(void *ctx, struct cm_ws *ws, struct cm_str text)
{
    struct span *span = ctx;

    (void)ws;
    if (span->client)
        assert_true(cm_ws_send(span->client, &text, 1));
}

static void on_server_closed(void *ctx, unsigned code, const char *why)
{
    struct span *span = ctx;

    (void)code;
    (void)why;
    span->server = NULL;
    if (span->client)
        cm_ws_close(span->client, CM_WS_NORMAL, "the other side has gone");
    end(span);
}

static const struct cm_ws_events server_events = { .opened = on_server_opened,
                                                   .message = on_server_message,
                                                   .closed = on_server_closed };

static void on_client_message(void *ctx, struct cm_ws *ws, struct cm_str text)
{
    struct span *span = ctx;

    (void)ws;
    if (span->server_is_open && span->server)
        assert_true(cm_ws_send(span->server, &text, 1));
    else
        cm_buf_str(&span->early, text);
}

static void on_client_closed(void *ctx, unsigned code, const char *why)
{
    struct span *span = ctx;

    (void)why;
    span->client = NULL;
    pthread_mutex_lock(&fx.near.lock);
    fx.near.closed++;
    fx.near.code = code;
    pthread_cond_broadcast(&fx.near.changed);
    pthread_mutex_unlock(&fx.near.lock);
    if (span->server)
        cm_ws_close(span->server, CM_WS_NORMAL, "the client has gone");
    end(span);
}

static const struct cm_ws_events client_events = { .message = on_client_message,
                                                   .closed = on_client_closed };

static void on_opened(void *ctx, struct cm_ws *ws, const struct cm_ws_request *rq)
{
    struct span *span = calloc(1, sizeof *span);
    char url[60];
    struct cm_ws_dial dial = { .url = url };
    struct cm_err err;

    (void)ctx;
    (void)rq;
    assert_non_null(span);
    span->client = ws;
    cm_ws_own(ws, &client_events, span);
    snprintf(url, sizeof url, "ws://127.0.0.1:%u/echo", fx.far.port);
    for (int i = 0; i < 2; i++)
        if (fx.bridges[i].loop == cm_ws_loop(ws))
            assert_int_equal(
                cm_ws_dial(fx.bridges[i].dialer, &dial, &server_events, span, &span->server, &err),
                CM_OK);
    assert_non_null(span->server);
}

static void on_loop_open(void *ctx, struct cm_loop *loop, unsigned index)
{
    struct cm_err err;

    (void)ctx;
    fx.bridges[index].loop = loop;
    assert_int_equal(cm_ws_dialer_new(loop, false, &fx.bridges[index].dialer, &err), CM_OK);
}

static void on_loop_close(void *ctx, struct cm_loop *loop, unsigned index)
{
    (void)ctx;
    (void)loop;
    cm_ws_dialer_free(fx.bridges[index].dialer);
}

static int start(void **state)
{
    (void)state;
    memset(&fx, 0, sizeof fx);
    host_start(&fx.far, (struct cm_ws_server_options){ 0 });
    host_start(&fx.near, (struct cm_ws_server_options){ .loops = 2,
                                                        .opened = on_opened,
                                                        .loop_open = on_loop_open,
                                                        .loop_close = on_loop_close });
    return 0;
}

static int stop(void **state)
{
    (void)state;
    host_stop(&fx.near);
    host_stop(&fx.far);
    return 0;
}

static void what_callers_say_comes_back_over_the_bridge(void **state)
{
    static struct peer callers[CALLERS];

    (void)state;
    for (int i = 0; i < CALLERS; i++)
        callers[i] = peer_upgraded(&fx.near, "/bridge");
    for (int n = 0; n < SAYINGS; n++) {
        for (int i = 0; i < CALLERS; i++)
            peer_text(&callers[i], n % 2 ? "odd" : "even");
        for (int i = 0; i < CALLERS; i++)
            assert_frame(&callers[i], 0x81, n % 2 ? "odd" : "even");
    }
    for (int i = 0; i < CALLERS; i += 2) {
        peer_frame(&callers[i], 0x88, "\x03\xE8", 2);
        assert_closed(&callers[i], 1000);
    }
    host_wait(&fx.far, &fx.far.closed, CALLERS / 2);
    cm_ws_server_stop(fx.far.server, 0); /* now the other side goes first */
    for (int i = 1; i < CALLERS; i += 2) {
        assert_frame(&callers[i], 0x88, "\x03\xE8the other side has gone");
        peer_frame(&callers[i], 0x88, "\x03\xE8", 2);
    }
    host_wait(&fx.near, &fx.near.closed, CALLERS);
    for (int i = 0; i < CALLERS; i++)
        peer_close(&callers[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_callers_say_comes_back_over_the_bridge, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
