#include "elsewhere.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void echo(struct cm_http_request *rq, void *ctx)
{
    static const char *const shown[] = { "Authorization", "Content-Type", "X-Custom", "User-Agent",
                                         "traceparent" };
    struct cm_buf body = { 0 };
    struct cm_str value;

    (void)ctx;
    cm_buf_printf(&body, "%s\n", cm_http_method(rq));
    for (int i = 0; i < 5; i++)
        if (cm_http_header(rq, shown[i], &value))
            cm_buf_printf(&body, "%s: %.*s\n", shown[i], CM_STR_FMT(value));
    cm_buf_char(&body, '\n');
    cm_buf_str(&body, cm_http_body(rq));
    cm_http_reply_buf(rq, 200, "text/plain; charset=utf-8", &body);
}

static void reply_status(struct cm_http_request *rq, void *ctx)
{
    char text[16];

    (void)ctx;
    snprintf(text, sizeof text, "%.*s", CM_STR_FMT(cm_http_segment(rq, "status")));
    cm_http_set(rq, "Retry-After", "7");
    cm_http_set(rq, "X-Should-Retry", "true");
    cm_http_reply(rq, (unsigned)strtoul(text, NULL, 10), "application/json", CM_STR("{}"));
}

static void redirect(struct cm_http_request *rq, void *ctx)
{
    struct cm_str to = { 0 };
    char text[16];

    (void)ctx;
    snprintf(text, sizeof text, "%.*s", CM_STR_FMT(cm_http_segment(rq, "status")));
    cm_http_query(rq, "to", &to);
    cm_http_set(rq, "Location", cm_arena_text(cm_http_arena(rq), to));
    cm_http_reply(rq, (unsigned)strtoul(text, NULL, 10), "text/plain", CM_STR("elsewhere"));
}

static void reply_much(struct cm_http_request *rq, void *ctx)
{
    struct cm_buf body = { 0 };

    (void)ctx;
    memset(cm_buf_reserve(&body, 1000000), 'm', 1000000);
    body.len = 1000000;
    cm_http_reply_buf(rq, 200, "audio/mpeg", &body);
}

static void ignore_end(void *ctx)
{
    (void)ctx;
}

/* Begins an answer and says no more. */
static void reply_never(struct cm_http_request *rq, void *ctx)
{
    struct cm_http_stream *stream;

    (void)ctx;
    stream = cm_http_reply_stream(rq, "text/plain", 100, ignore_end, NULL);
    cm_http_stream_put(stream, CM_STR("a"));
}

static const struct cm_http_route routes[] = {
    { "GET", "/echo", echo, CM_HTTP_INLINE, 0 },
    { "PUT", "/echo", echo, CM_HTTP_INLINE, 100000 },
    { "POST", "/echo", echo, CM_HTTP_INLINE, 100000 },
    { "GET", "/status/{status}", reply_status, CM_HTTP_INLINE, 0 },
    { "GET", "/redirect/{status}", redirect, CM_HTTP_INLINE, 0 },
    { "POST", "/redirect/{status}", redirect, CM_HTTP_INLINE, 1000 },
    { "GET", "/much", reply_much, CM_HTTP_INLINE, 0 },
    { "GET", "/never", reply_never, CM_HTTP_INLINE, 0 },
    { 0 },
};

int elsewhere_open(void **state)
{
    static struct elsewhere fx;

    fx = (struct elsewhere){ .metrics = cm_metrics_new(), .arena = cm_arena_new() };
    fx.server = serve((struct cm_http_options){ .routes = routes });
    assert_int_equal(cm_http_client_new(fx.metrics, &fx.client, &fx.err), CM_OK);
    *state = &fx;
    return 0;
}

int elsewhere_close(void **state)
{
    struct elsewhere *fx = *state;

    cm_http_client_free(fx->client);
    cm_http_server_free(fx->server);
    cm_arena_free(fx->arena);
    cm_metrics_free(fx->metrics);
    return 0;
}

const char *url_of(struct elsewhere *fx, const char *path)
{
    char *url = fx->url[fx->urls++ % 8];

    snprintf(url, sizeof fx->url[0], "http://127.0.0.1:%u%s", cm_http_server_port(fx->server),
             path);
    return url;
}

cm_rc fetch(struct elsewhere *fx, struct cm_http_ask ask)
{
    fx->err = (struct cm_err){ 0 };
    fx->answer = (struct cm_http_answer){ 0 };
    return cm_http_fetch(fx->client, &ask, fx->arena, &fx->answer, &fx->err);
}

void assert_body(const struct elsewhere *fx, const char *body)
{
    assert_string_equal(fx->answer.body.at, body);
}
