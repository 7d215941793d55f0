#include "http/ws/ws_server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/cond.h"
#include "http/listen.h"
#include "http/ws/serve.h"

enum { LOOPS_MAX = 256, CONNECTIONS_MAX = 4000, HANDSHAKE_MS = 10 * 1000, CLOSING_MS = 5 * 1000 };

static void resume(void *ctx)
{
    struct ws_acceptor *acceptor = ctx;

    if (acceptor->watch)
        cm_watch_set(acceptor->watch, EPOLLIN);
}

static void *run(void *ctx)
{
    struct ws_acceptor *acceptor = ctx;
    const struct cm_ws_server_options *o = &acceptor->server->options;

    if (o->loop_open)
        o->loop_open(o->ctx, acceptor->loop, acceptor->index);
    cm_loop_run(acceptor->loop);
    ws_hub_free(CM_STEAL(acceptor->hub));
    if (o->loop_close)
        o->loop_close(o->ctx, acceptor->loop, acceptor->index);
    return NULL;
}

/* Threads of the server take no signals: those are for main's loop. */
static int start_thread(struct ws_acceptor *acceptor)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&acceptor->thread, NULL, run, acceptor);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0)
        pthread_setname_np(acceptor->thread, "ws");
    return rc;
}

static cm_rc prepare(struct ws_acceptor *acceptor, struct cm_err *err)
{
    cm_rc rc = cm_loop_new(&acceptor->loop, err);

    if (rc)
        return rc;

    acceptor->hub = ws_hub_new(acceptor->loop, &acceptor->server->counts);
    acceptor->pause = cm_timer_new(acceptor->loop, resume, acceptor);
    return cm_watch_new(acceptor->loop, acceptor->fd, EPOLLIN, ws_accept, acceptor,
                        &acceptor->watch, err);
}

static cm_rc start_all(struct cm_ws_server *server, struct cm_err *err)
{
    for (unsigned i = 0; i < server->count; i++) {
        cm_rc rc = prepare(&server->acceptors[i], err);

        if (rc)
            return rc;
    }
    for (unsigned i = 0; i < server->count; i++) {
        int rc = start_thread(&server->acceptors[i]);

        if (rc)
            return cm_fail(err, CM_FATAL, "WebSocket server: start thread: %s", strerror(rc));
        server->acceptors[i].runs = true;
    }
    return CM_OK;
}

static struct cm_ws_server *new_server(const struct cm_ws_server_options *options)
{
    struct cm_ws_server *server = cm_must(calloc(1, sizeof *server));

    server->options = *options;
    server->count = options->loops > 0 ? (unsigned)options->loops : 1;
    if (!options->connections_max)
        server->options.connections_max = CONNECTIONS_MAX;
    if (!options->handshake_ms)
        server->options.handshake_ms = HANDSHAKE_MS;
    if (!options->limits.closing_ms)
        server->options.limits.closing_ms = CLOSING_MS;
    pthread_mutex_init(&server->lock, NULL);
    cm_cond_init(&server->none_open);
    ws_stats_open(server);
    server->acceptors = cm_must(calloc(server->count, sizeof *server->acceptors));
    for (unsigned i = 0; i < server->count; i++)
        server->acceptors[i] = (struct ws_acceptor){ .server = server, .index = i, .fd = -1 };
    return server;
}

cm_rc cm_ws_server_start(const struct cm_ws_server_options *options, struct cm_ws_server **out,
                         struct cm_err *err)
{
    CM_OWN(cm_ws_server) server = NULL;
    int fds[LOOPS_MAX];
    cm_rc rc;

    if (options->loops > LOOPS_MAX)
        return cm_fail(err, CM_FATAL, "WebSocket server: %d loops; at most %d", options->loops,
                       LOOPS_MAX);

    server = new_server(options);
    rc = http_listen(options->addr, server->count, fds, &server->port, err);
    if (rc)
        return rc;

    for (unsigned i = 0; i < server->count; i++)
        server->acceptors[i].fd = fds[i];
    rc = start_all(server, err);
    if (rc)
        return rc;

    *out = CM_STEAL(server);
    return CM_OK;
}

unsigned cm_ws_server_port(const struct cm_ws_server *server)
{
    return server->port;
}

unsigned cm_ws_server_open(const struct cm_ws_server *server)
{
    return atomic_load(&server->open);
}

static void stop_listening(void *ctx)
{
    struct ws_acceptor *acceptor = ctx;

    cm_watch_free(CM_STEAL(acceptor->watch));
    if (acceptor->fd >= 0)
        close(acceptor->fd);
    acceptor->fd = -1;
}

static void say_goodbye(void *ctx)
{
    struct ws_acceptor *acceptor = ctx;

    for (struct cm_ws *ws = acceptor->hub->first; ws; ws = ws->next)
        if (ws->state == WS_OPEN)
            cm_ws_close(ws, CM_WS_GOING_AWAY, "the server stops");
}

static void tell_all(struct cm_ws_server *server, void (*fn)(void *ctx))
{
    for (unsigned i = 0; i < server->count; i++)
        if (server->acceptors[i].runs)
            cm_loop_post(server->acceptors[i].loop, fn, &server->acceptors[i]);
}

void cm_ws_server_refuse(struct cm_ws_server *server)
{
    if (!atomic_exchange(&server->refusing, true))
        tell_all(server, stop_listening);
}

static void wait_for_none(struct cm_ws_server *server, int wait_ms)
{
    int64_t until_ms = cm_mono_ms() + wait_ms;

    pthread_mutex_lock(&server->lock);
    while (atomic_load(&server->open) > 0 &&
           cm_cond_wait(&server->none_open, &server->lock, until_ms))
        ;
    pthread_mutex_unlock(&server->lock);
}

void cm_ws_server_stop(struct cm_ws_server *server, int grace_ms)
{
    if (server->stopped)
        return;

    server->stopped = true;
    cm_ws_server_refuse(server);
    if (grace_ms > 0)
        wait_for_none(server, grace_ms);
    if (grace_ms >= 0) {
        tell_all(server, say_goodbye);
        wait_for_none(server, server->options.limits.closing_ms + 2 * WS_SWEEP_MS);
    }
    for (unsigned i = 0; i < server->count; i++) {
        struct ws_acceptor *acceptor = &server->acceptors[i];

        if (!acceptor->runs)
            continue;
        cm_loop_stop(acceptor->loop);
        pthread_join(acceptor->thread, NULL);
        acceptor->runs = false;
        stop_listening(acceptor); /* if its loop had no time for it */
    }
}

static void free_acceptor(struct ws_acceptor *acceptor)
{
    stop_listening(acceptor);
    ws_hub_free(acceptor->hub);
    cm_timer_free(acceptor->pause);
    cm_loop_free(acceptor->loop);
}

void cm_ws_server_free(struct cm_ws_server *server)
{
    if (!server)
        return;

    cm_ws_server_stop(server, -1);
    for (unsigned i = 0; i < server->count; i++)
        free_acceptor(&server->acceptors[i]);
    free(server->acceptors);
    pthread_cond_destroy(&server->none_open);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
