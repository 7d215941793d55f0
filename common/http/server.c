#include "http/server.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cond.h"
#include "base/log.h"
#include "http/inside.h"
#include "http/listen.h"

enum {
    /* Of a connection: 32 KiB of headers and libmicrohttpd's lists of them fit. All of it is
     * written between two requests of a connection, so more would cost time and memory. */
    MEMORY_A_CONNECTION = 64 * 1024,
    OVER_CAP = 256, /* connections that are accepted only to be told 503 */
    LAST_WORDS_MS = 500,
    DESCRIPTORS_ASIDE = 256,
};

static void run_daemon(void *ctx)
{
    struct http_loop *at = ctx;
    MHD_UNSIGNED_LONG_LONG timeout_ms;

    at->resumed = false;
    MHD_run(at->daemon);
    if (at->resumed) /* meanwhile: MHD_get_timeout does not count those */
        cm_timer_arm(at->run_timer, 0);
    else if (MHD_get_timeout(at->daemon, &timeout_ms) == MHD_YES)
        cm_timer_arm(at->run_timer, (int64_t)timeout_ms);
    else
        cm_timer_disarm(at->run_timer);
}

static void on_daemon_ready(void *ctx, uint32_t events)
{
    (void)events;
    run_daemon(ctx);
}

__attribute__((format(printf, 2, 0))) static void on_daemon_log(void *ctx, const char *format,
                                                                va_list args)
{
    char text[512];

    (void)ctx;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    cm_log(CM_LOG_DEBUG, "libmicrohttpd", "says=%s", text);
}

/* The target is taken raw (http_on_target), so nothing needs to be unescaped. */
static size_t keep_escaped(void *ctx, struct MHD_Connection *mhd, char *text)
{
    (void)ctx;
    (void)mhd;
    return strlen(text);
}

static cm_rc start_daemon(struct http_loop *at, int fd, struct cm_err *err)
{
    struct MHD_OptionItem options[] = {
        { MHD_OPTION_LISTEN_SOCKET, fd, NULL },
        { MHD_OPTION_CONNECTION_LIMIT, at->server->options.connections_max + OVER_CAP, NULL },
        { MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_A_CONNECTION, NULL },
        { MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
        { MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL }, /* else it does without sendfile */
        { MHD_OPTION_END, 0, NULL },
    };
    const union MHD_DaemonInfo *info;

    at->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
                                  NULL, NULL, http_on_request, at, MHD_OPTION_EXTERNAL_LOGGER,
                                  on_daemon_log, NULL, MHD_OPTION_URI_LOG_CALLBACK, http_on_target,
                                  at, MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, at,
                                  MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, at,
                                  MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped, NULL,
                                  MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    if (!at->daemon)
        return cm_fail(err, CM_FATAL, "listen on %s: libmicrohttpd did not start",
                       at->server->options.addr);

    info = MHD_get_daemon_info(at->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return cm_watch_new(at->loop, info->epoll_fd, EPOLLIN, on_daemon_ready, at, &at->watch, err);
}

static cm_rc open_loop(struct http_loop *at, int fd, struct cm_err *err)
{
    cm_rc rc = cm_loop_new(&at->loop, err);

    if (rc) {
        close(fd);
        return rc;
    }

    at->run_timer = cm_timer_new(at->loop, run_daemon, at);
    at->reap_timer = cm_timer_new(at->loop, http_reap, at);
    at->stats = http_stats_new(at->server->route_count);
    return start_daemon(at, fd, err);
}

static void close_loop(struct http_loop *at)
{
    if (at->daemon)
        MHD_stop_daemon(at->daemon);
    cm_watch_free(at->watch);
    cm_timer_free(at->run_timer);
    cm_timer_free(at->reap_timer);
    cm_loop_free(at->loop);
    http_stats_free(at->stats, at->server->route_count);
}

/* The grace is over, or everything is done: whoever still waits hears 503. */
static void abandon(struct http_loop *at)
{
    for (struct http_conn *conn = at->conns; conn; conn = conn->next) {
        struct cm_http_request *rq = conn->rq;

        if (!rq ||
            (rq->stage != STAGE_WAITING && rq->stage != STAGE_WORKER && rq->stage != STAGE_ASKED))
            continue;
        if (!rq->answered)
            cm_http_problem(rq, 503, NULL, "The server is stopping.");
        if (rq->stage == STAGE_WORKER)
            http_resume(rq);
    }
}

static size_t in_flight(struct cm_http_server *server)
{
    size_t n;

    pthread_mutex_lock(&server->lock);
    n = server->in_flight;
    pthread_mutex_unlock(&server->lock);
    return n;
}

/* What was answered last still goes out, as far as it can without waiting for slow clients. */
static void say_last_words(struct http_loop *at)
{
    int64_t until_ms = cm_mono_ms() + LAST_WORDS_MS;
    struct pollfd poll_fd = {
        .fd = MHD_get_daemon_info(at->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
        .events = POLLIN,
    };

    do {
        MHD_run(at->daemon);
    } while (at->conns && in_flight(at->server) && poll(&poll_fd, 1, 10) >= 0 &&
             cm_mono_ms() < until_ms);
}

static void *loop_main(void *ctx)
{
    struct http_loop *at = ctx;
    const struct cm_http_options *options = &at->server->options;

    if (options->loop_open)
        options->loop_open(options->ctx, at->loop, at->index);
    cm_timer_arm(at->reap_timer, 0);
    cm_loop_run(at->loop);
    at->closed = true;

    for (struct http_conn *conn = at->conns; conn; conn = conn->next) {
        if (conn->rq && conn->rq->stream)
            http_stream_gone(conn->rq->stream);
        if (conn->rq && conn->rq->pipe)
            http_pipe_break(conn->rq->pipe);
    }
    if (options->loop_close)
        options->loop_close(options->ctx, at->loop, at->index);
    abandon(at);
    say_last_words(at);
    MHD_stop_daemon(at->daemon);
    at->daemon = NULL;
    return NULL;
}

/* Threads of the server take no signals: those are for main's loop. SIGPIPE least of all. */
static int start_thread(pthread_t *thread, const char *name, void *(*run)(void *), void *ctx)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(thread, NULL, run, ctx);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0)
        pthread_setname_np(*thread, name);
    return rc;
}

static cm_rc start_threads(struct cm_http_server *server, struct cm_err *err)
{
    const struct cm_http_options *o = &server->options;

    for (; server->workers_running < o->workers; server->workers_running++)
        if (start_thread(&server->workers[server->workers_running], "http-worker", http_worker_main,
                         server))
            return cm_fail(err, CM_FATAL, "listen on %s: no thread for a worker", o->addr);
    for (int i = 0; i < o->loops; i++) {
        if (start_thread(&server->loops[i].thread, "http-loop", loop_main, &server->loops[i]))
            return cm_fail(err, CM_FATAL, "listen on %s: no thread for a loop", o->addr);
        server->loops[i].running = true;
    }
    return CM_OK;
}

static void fill_in_defaults(struct cm_http_options *o)
{
    o->loops = o->loops ? o->loops : 1;
    o->queue_max = o->queue_max ? o->queue_max : 256;
    o->connections_max = o->connections_max ? o->connections_max : 4000;
    o->request_deadline_ms = o->request_deadline_ms ? o->request_deadline_ms : 10 * 1000;
    o->idle_ms = o->idle_ms ? o->idle_ms : 30 * 1000;
}

/* The soft limit of descriptors is often 1024; as many as connections may come, up to the hard
 * limit. */
static void raise_descriptor_limit(unsigned connections)
{
    rlim_t want = connections + OVER_CAP + DESCRIPTORS_ASIDE;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= want)
        return;
    limit.rlim_cur = want < limit.rlim_max ? want : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static struct cm_http_server *server_new(const struct cm_http_options *options)
{
    struct cm_http_server *server = calloc(1, sizeof *server);

    if (!server)
        cm_out_of_memory();

    server->options = *options;
    fill_in_defaults(&server->options);
    while (options->routes[server->route_count].method)
        server->route_count++;
    server->loops = calloc((size_t)server->options.loops, sizeof *server->loops);
    server->workers = calloc((size_t)server->options.workers + 1, sizeof *server->workers);
    if (!server->loops || !server->workers)
        cm_out_of_memory();
    for (int i = 0; i < server->options.loops; i++) {
        server->loops[i].server = server;
        server->loops[i].index = (unsigned)i;
    }
    server->queue = cm_queue_new(server->options.queue_max);
    pthread_mutex_init(&server->lock, NULL);
    cm_cond_init(&server->drained);
    http_refusals_open(server);
    return server;
}

static cm_rc open_loops(struct cm_http_server *server, struct cm_err *err)
{
    size_t count = (size_t)server->options.loops;
    CM_OWN_MEM int *fds = calloc(count, sizeof *fds);
    cm_rc rc;

    if (!fds)
        cm_out_of_memory();
    rc = http_listen(server->options.addr, count, fds, &server->port, err);
    if (rc)
        return rc;

    for (size_t i = 0; i < count; i++)
        if (rc)
            close(fds[i]);
        else
            rc = open_loop(&server->loops[i], fds[i], err);
    return rc;
}

cm_rc cm_http_server_start(const struct cm_http_options *options, struct cm_http_server **out,
                           struct cm_err *err)
{
    CM_OWN(cm_http_server) server = server_new(options);
    cm_rc rc;

    raise_descriptor_limit(server->options.connections_max);
    rc = open_loops(server, err);
    if (rc)
        return rc;
    rc = start_threads(server, err);
    if (rc)
        return rc;

    *out = CM_STEAL(server);
    return CM_OK;
}

static void begin_drain(void *ctx)
{
    struct http_loop *at = ctx;
    MHD_socket fd = MHD_quiesce_daemon(at->daemon);

    if (fd != MHD_INVALID_SOCKET)
        close(fd);
    for (struct http_conn *conn = at->conns; conn; conn = conn->next) {
        if (conn->phase == CONN_IDLE)
            http_conn_shut(conn);
        if (conn->rq && conn->rq->stream)
            cm_http_stream_end(conn->rq->stream);
    }
}

static void wait_drained(struct cm_http_server *server, int grace_ms)
{
    int64_t until_ms = cm_mono_ms() + grace_ms;

    pthread_mutex_lock(&server->lock);
    while (server->in_flight && cm_cond_wait(&server->drained, &server->lock, until_ms))
        ;
    pthread_mutex_unlock(&server->lock);
}

void cm_http_server_stop(struct cm_http_server *server, int grace_ms)
{
    if (server->stopped)
        return;

    server->stopped = true;
    atomic_store(&server->draining, true);
    atomic_store(&server->aborting, grace_ms <= 0); /* nothing is begun any more */
    for (int i = 0; i < server->options.loops; i++)
        if (server->loops[i].running)
            cm_loop_post(server->loops[i].loop, begin_drain, &server->loops[i]);
    if (grace_ms > 0)
        wait_drained(server, grace_ms);

    atomic_store(&server->aborting, true);
    cm_queue_close(server->queue);
    for (int i = 0; i < server->workers_running; i++)
        pthread_join(server->workers[i], NULL);
    for (int i = 0; i < server->options.loops; i++)
        if (server->loops[i].running)
            cm_loop_stop(server->loops[i].loop);
    for (int i = 0; i < server->options.loops; i++)
        if (server->loops[i].running)
            pthread_join(server->loops[i].thread, NULL);
}

void cm_http_server_free(struct cm_http_server *server)
{
    if (!server)
        return;

    cm_http_server_stop(server, 0);
    for (int i = 0; i < server->options.loops; i++)
        close_loop(&server->loops[i]);
    cm_queue_free(server->queue);
    pthread_cond_destroy(&server->drained);
    pthread_mutex_destroy(&server->lock);
    free(server->loops);
    free(server->workers);
    free(server);
}

unsigned cm_http_server_port(const struct cm_http_server *server)
{
    return server->port;
}
