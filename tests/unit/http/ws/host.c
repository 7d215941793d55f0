#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cond.h"

enum { FLOOD_BYTES = 20000 };

static void note(struct host *host, unsigned *what)
{
    pthread_mutex_lock(&host->lock);
    ++*what;
    pthread_cond_broadcast(&host->changed);
    pthread_mutex_unlock(&host->lock);
}

static void say(struct cm_ws *ws, struct cm_str text)
{
    assert_true(cm_ws_send(ws, &text, 1));
}

static void on_echo(void *ctx, struct cm_ws *ws, struct cm_str text)
{
    note(ctx, &((struct host *)ctx)->messages);
    say(ws, text);
}

static void on_silent(void *ctx, struct cm_ws *ws, struct cm_str text)
{
    (void)ws;
    (void)text;
    note(ctx, &((struct host *)ctx)->messages);
}

static void on_close(void *ctx, struct cm_ws *ws, struct cm_str text)
{
    (void)ctx;
    say(ws, text);
    cm_ws_close(ws, CM_WS_POLICY, "not you");
    cm_ws_close(ws, CM_WS_NORMAL, "a second call changes nothing");
    assert_false(cm_ws_send(ws, &text, 1));
}

static void on_abort(void *ctx, struct cm_ws *ws, struct cm_str text)
{
    (void)ctx;
    (void)text;
    cm_ws_abort(ws);
    cm_ws_abort(ws);
}

static void on_flood(void *ctx, struct cm_ws *ws, struct cm_str text)
{
    static char much[FLOOD_BYTES];
    const struct cm_str parts[] = { { much, sizeof much } };
    struct host *host = ctx;

    (void)text;
    memset(much, 'x', sizeof much);
    while (cm_ws_send(ws, parts, 1))
        note(host, &host->flooded);
    note(host, &host->messages);
}

static void on_drained(void *ctx, struct cm_ws *ws)
{
    note(ctx, &((struct host *)ctx)->drained);
    assert_int_equal(cm_ws_queued(ws), 0);
    say(ws, CM_STR("drained"));
}

static void on_closed(void *ctx, unsigned code, const char *why)
{
    struct host *host = ctx;

    pthread_mutex_lock(&host->lock);
    host->closed++;
    host->code = code;
    snprintf(host->why, sizeof host->why, "%s", why);
    pthread_cond_broadcast(&host->changed);
    pthread_mutex_unlock(&host->lock);
}

static const struct {
    const char *path;
    struct cm_ws_events events;
} rooms[] = {
    { "/echo", { .message = on_echo, .closed = on_closed } },
    { "/silent", { .message = on_silent, .closed = on_closed } },
    { "/close", { .message = on_close, .closed = on_closed } },
    { "/abort", { .message = on_abort, .closed = on_closed } },
    { "/flood", { .message = on_flood, .drained = on_drained, .closed = on_closed } },
};

static unsigned admit(void *ctx, const struct cm_ws_request *rq)
{
    (void)ctx;
    return cm_str_is(rq->path, "/no") ? 403 : 101;
}

static void on_opened(void *ctx, struct cm_ws *ws, const struct cm_ws_request *rq)
{
    struct host *host = ctx;

    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++)
        if (cm_str_is(rq->path, rooms[i].path))
            cm_ws_own(ws, &rooms[i].events, host);
    pthread_mutex_lock(&host->lock);
    snprintf(host->peer, sizeof host->peer, "%.*s", CM_STR_FMT(rq->peer));
    pthread_mutex_unlock(&host->lock);
    note(host, &host->opened);
}

static void on_loop_open(void *ctx, struct cm_loop *loop, unsigned index)
{
    (void)loop;
    (void)index;
    note(ctx, &((struct host *)ctx)->loops_open);
}

static void on_loop_close(void *ctx, struct cm_loop *loop, unsigned index)
{
    (void)loop;
    (void)index;
    note(ctx, &((struct host *)ctx)->loops_closed);
}

void host_start(struct host *host, struct cm_ws_server_options options)
{
    struct cm_err err;

    *host = (struct host){ .metrics = cm_metrics_new() };
    pthread_mutex_init(&host->lock, NULL);
    cm_cond_init(&host->changed);

    options.addr = options.addr ? options.addr : "127.0.0.1:0";
    options.ctx = host;
    options.admit = admit;
    options.opened = options.opened ? options.opened : on_opened;
    options.loop_open = options.loop_open ? options.loop_open : on_loop_open;
    options.loop_close = options.loop_close ? options.loop_close : on_loop_close;
    options.metrics = host->metrics;
    if (cm_ws_server_start(&options, &host->server, &err))
        fail_msg("%s", err.msg);
    host->port = cm_ws_server_port(host->server);
}

void host_stop(struct host *host)
{
    cm_ws_server_free(host->server);
    cm_metrics_free(host->metrics);
    pthread_cond_destroy(&host->changed);
    pthread_mutex_destroy(&host->lock);
}

unsigned host_count(struct host *host, const unsigned *what)
{
    unsigned count;

    pthread_mutex_lock(&host->lock);
    count = *what;
    pthread_mutex_unlock(&host->lock);
    return count;
}

void host_wait(struct host *host, const unsigned *what, unsigned count)
{
    int64_t until_ms = cm_mono_ms() + WAIT_MS;
    bool in_time = true;

    pthread_mutex_lock(&host->lock);
    while (*what < count && in_time)
        in_time = cm_cond_wait(&host->changed, &host->lock, until_ms);
    pthread_mutex_unlock(&host->lock);
    if (host_count(host, what) < count)
        fail_msg("waited for %u, there are %u", count, host_count(host, what));
}

long host_metric(struct host *host, const char *series)
{
    CM_OWN_BUF struct cm_buf text = { 0 };
    char line[120];
    size_t at;

    snprintf(line, sizeof line, "\n%s ", series);
    cm_metrics_render(host->metrics, &text);
    if (!cm_str_find(cm_buf_view(&text), line, &at))
        return 0;
    return strtol(text.at + at + strlen(line), NULL, 10);
}
