/* A client from its first byte to its handshake, and what the server counts of it. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/ws/serve.h"

enum {
    BATCH = 64,        /* of connections a turn */
    PAUSE_MS = 100,    /* without descriptors */
    TOLD_OF_CAP = 256, /* so many above the cap are told; more are closed without a word */
};

static struct cm_ws_server *server_of(const struct cm_ws *ws)
{
    const struct ws_acceptor *acceptor = ws->keeper_ctx;

    return acceptor->server;
}

static void refuse(struct cm_ws *ws, unsigned status, enum ws_refusal reason)
{
    cm_metric_add(server_of(ws)->refused[reason], 1);
    cm_ws_write_refusal(status, &ws->out);
    ws_leave(ws);
}

static void peer_text(int fd, char text[INET6_ADDRSTRLEN])
{
    struct sockaddr_storage from = { 0 };
    socklen_t len = sizeof from;
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&from;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&from;

    text[0] = '\0';
    if (getpeername(fd, (struct sockaddr *)&from, &len) != 0)
        return;
    if (from.ss_family == AF_INET)
        inet_ntop(AF_INET, &v4->sin_addr, text, INET6_ADDRSTRLEN);
    else if (from.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], text, INET6_ADDRSTRLEN);
    else if (from.ss_family == AF_INET6)
        inet_ntop(AF_INET6, &v6->sin6_addr, text, INET6_ADDRSTRLEN);
}

static void open_it(struct cm_ws *ws, const struct cm_ws_request *rq)
{
    struct cm_ws_server *server = server_of(ws);

    cm_ws_write_accept(rq->key, &ws->out);
    ws_mark_dirty(ws);
    ws->state = WS_OPEN;
    ws->opened = true;
    atomic_fetch_add(&server->open, 1);
    cm_metric_add(server->connections, 1);
    server->options.opened(server->options.ctx, ws, rq);
    if (!ws->events && !ws->ended) { /* nobody would hear it */
        ws_put_close(ws, CM_WS_INTERNAL, NULL);
        ws_end(ws, CM_WS_INTERNAL, "nobody took the connection");
        ws_leave(ws);
    }
}

static void judge(struct cm_ws *ws, struct cm_ws_request *rq)
{
    struct cm_ws_server *server = server_of(ws);
    char peer[INET6_ADDRSTRLEN];
    unsigned status;

    peer_text(ws->fd, peer);
    rq->peer = cm_str_of(peer);
    if (atomic_load(&server->refusing)) {
        refuse(ws, 503, WS_REFUSED_STOPPING);
        return;
    }
    status = server->options.admit(server->options.ctx, rq);
    if (status == 101)
        open_it(ws, rq);
    else
        refuse(ws, status, WS_REFUSED_ADMIT);
}

static void shake(struct cm_ws *ws, size_t before)
{
    struct cm_buf head = ws->in;
    struct cm_ws_request rq;
    const char *why;
    unsigned status;
    size_t used;

    if (!cm_ws_head_may_end(cm_buf_view(&head), before))
        return;

    ws->in = (struct cm_buf){ 0 }; /* what is behind the head are frames, that may be kept there */
    switch (cm_ws_read_request(cm_buf_view(&head), &rq, &used, &status, &why)) {
    case CM_WS_HEAD_MORE:
        ws->in = head;
        return;
    case CM_WS_HEAD_BAD:
        refuse(ws, status, WS_REFUSED_HANDSHAKE);
        break;
    case CM_WS_HEAD_WHOLE:
        judge(ws, &rq);
        ws_receive(ws, (uint8_t *)head.at + used, head.len - used);
        break;
    }
    cm_buf_finish(&head);
}

static void late(struct cm_ws *ws)
{
    refuse(ws, 408, WS_REFUSED_DEADLINE);
}

static void told(struct cm_ws *ws)
{
    struct cm_ws_server *server = server_of(ws);

    if (!ws->opened)
        return;

    cm_metric_add(server->connections, -1);
    ws_stats_closed(server, ws->code);
    if (atomic_fetch_sub(&server->open, 1) != 1)
        return;
    pthread_mutex_lock(&server->lock);
    pthread_cond_broadcast(&server->none_open);
    pthread_mutex_unlock(&server->lock);
}

static void gone(struct cm_ws *ws)
{
    atomic_fetch_sub(&server_of(ws)->held, 1);
}

const struct ws_keeper ws_serving = { .shake = shake, .late = late, .told = told, .gone = gone };

static void welcome(struct ws_acceptor *acceptor, int fd)
{
    struct cm_ws_server *server = acceptor->server;
    unsigned before = atomic_fetch_add(&server->held, 1);
    const int on = 1;
    struct cm_ws *ws;

    if (before >= server->options.connections_max + TOLD_OF_CAP) {
        cm_metric_add(server->refused[WS_REFUSED_CONNECTIONS], 1);
        atomic_fetch_sub(&server->held, 1);
        close(fd);
        return;
    }

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ws = ws_new(acceptor->hub, WS_SHAKING, &server->options.limits);
    ws->keeper = &ws_serving;
    ws->keeper_ctx = acceptor;
    ws->deadline_ms = cm_mono_ms() + server->options.handshake_ms;
    if (ws_attach(ws, fd) && before >= server->options.connections_max)
        refuse(ws, 503, WS_REFUSED_CONNECTIONS);
}

void ws_accept(void *ctx, uint32_t events)
{
    struct ws_acceptor *acceptor = ctx;

    (void)events;
    for (int i = 0; i < BATCH; i++) {
        int fd = accept4(acceptor->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            welcome(acceptor, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            cm_watch_set(acceptor->watch, 0); /* it would be told again and again */
            cm_timer_arm(acceptor->pause, PAUSE_MS);
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}
