/* The reaper knows every connection of its loop and, a few times a second, ends those that take too
 * long. libmicrohttpd's own timeout counts only silence, so a byte now and then would hold a
 * connection for ever. All is done in the loop's thread, where the descriptor can't have been
 * closed and used again meanwhile: libmicrohttpd tells (http_on_connection) before it closes one.
 */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "http/inside.h"

enum {
    REAP_MS_MIN = 20,
    REAP_MS_MAX = 1000,
    SLOWEST_BYTES_A_SECOND = 1024,
    LONG_BODY_BYTES_A_SECOND = 64 * 1024,
    CLOSE_WAIT = 8, /* TCP_CLOSE_WAIT of the kernel's tcp_states.h: the other side sent FIN */
};

static struct tcp_info tcp_state(int fd)
{
    struct tcp_info info = { 0 };
    socklen_t len = sizeof info;

    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
    return info;
}

void http_conn_enter(struct http_conn *conn, enum http_phase phase)
{
    conn->phase = phase;
    conn->since_ms = cm_mono_ms();
    conn->measured = false;
}

/* How much went over the wire so far; true when it was looked at before in this phase. Most phases
 * are over before the first look, so that they cost no system call. */
static bool measure(struct http_conn *conn, uint64_t bytes, uint64_t *progress)
{
    bool again = conn->measured;

    *progress = bytes - conn->taken_bytes;
    conn->taken_bytes = bytes;
    conn->measured = true;
    return again;
}

void http_conn_shut(struct http_conn *conn)
{
    if (conn->shut)
        return;

    conn->shut = true;
    shutdown(conn->fd, SHUT_RDWR);
}

void http_conn_cut(struct http_conn *conn, unsigned status)
{
    char body[160], text[400];
    const char *title = MHD_get_reason_phrase_for(status);
    ssize_t ignored;
    int len;

    if (conn->shut)
        return;

    snprintf(body, sizeof body, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%u}", title,
             status);
    len = snprintf(text, sizeof text,
                   "HTTP/1.1 %u %s\r\nContent-Type: application/problem+json\r\n"
                   "Content-Length: %zu\r\nConnection: close\r\n%s\r\n%s",
                   status, title, strlen(body), status == 503 ? "Retry-After: 1\r\n" : "", body);
    ignored = send(conn->fd, text, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)ignored; /* a client that does not read it does not hear it */
    http_conn_shut(conn);
}

static void open_conn(struct http_loop *at, struct MHD_Connection *mhd, void **context)
{
    struct cm_http_server *server = at->server;
    struct http_conn *conn = cm_must(calloc(1, sizeof *conn));
    int others = atomic_fetch_add(&server->connections, 1);

    conn->loop = at;
    conn->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    conn->next = at->conns;
    if (conn->next)
        conn->next->prev = conn;
    at->conns = conn;
    *context = conn;
    http_conn_enter(conn, CONN_IDLE);
    cm_metric_add(server->open_connections, 1);
    if ((unsigned)others >= server->options.connections_max) {
        cm_metric_add(server->refused[REFUSED_CONNECTIONS], 1);
        http_conn_cut(conn, 503);
    }
}

static void close_conn(struct http_loop *at, struct http_conn *conn)
{
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        at->conns = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    free(conn);
    atomic_fetch_sub(&at->server->connections, 1);
    cm_metric_add(at->server->open_connections, -1);
}

void http_on_connection(void *loop, struct MHD_Connection *mhd, void **conn,
                        enum MHD_ConnectionNotificationCode how)
{
    if (how == MHD_CONNECTION_NOTIFY_STARTED)
        open_conn(loop, mhd, conn);
    else if (*conn)
        close_conn(loop, *conn);
}

/* Did the client hang up its side? An end that comes together with other bytes is overlooked by
 * libmicrohttpd 0.9.75, since no further event tells of it. */
static bool was_hung_up(const struct tcp_info *state, bool again, uint64_t progress)
{
    return state->tcpi_state == CLOSE_WAIT && again && progress == 0;
}

static void look_at_idle(struct http_conn *conn, int64_t now_ms)
{
    struct tcp_info state = tcp_state(conn->fd);
    uint64_t progress;
    bool again = measure(conn, state.tcpi_bytes_received, &progress);

    if (again && progress)
        http_conn_enter(conn, CONN_READING); /* a request has begun */
    else if (was_hung_up(&state, again, progress) ||
             now_ms - conn->since_ms >= conn->loop->server->options.idle_ms)
        http_conn_shut(conn);
}

/* Who sends a long body steadily has the time for it. */
static int64_t deadline_ms(const struct http_conn *conn)
{
    const struct cm_http_request *rq = conn->rq;
    int64_t base_ms = conn->loop->server->options.request_deadline_ms;

    if (!rq || !http_body_is_long(rq))
        return base_ms;
    return base_ms + (int64_t)((rq->received + rq->discarded) * 1000 / LONG_BODY_BYTES_A_SECOND);
}

static void look_at_reading(struct http_conn *conn, int64_t now_ms)
{
    struct cm_http_server *server = conn->loop->server;
    struct tcp_info state = tcp_state(conn->fd);
    uint64_t progress;
    bool again = measure(conn, state.tcpi_bytes_received, &progress);

    if (was_hung_up(&state, again, progress))
        http_conn_shut(conn);
    if (conn->shut || now_ms - conn->since_ms < deadline_ms(conn))
        return;

    cm_metric_add(server->refused[REFUSED_DEADLINE], 1);
    if (conn->rq)
        conn->rq->status = 408;
    http_conn_cut(conn, 408);
}

/* A client that takes less than a kilobyte a second takes the memory of others. */
static void look_at_sending(struct http_conn *conn, int64_t now_ms)
{
    struct cm_http_server *server = conn->loop->server;
    int64_t elapsed_ms = now_ms - conn->since_ms;
    uint64_t progress;

    if (conn->measured && elapsed_ms < server->options.idle_ms)
        return;

    conn->since_ms = now_ms;
    if (!measure(conn, tcp_state(conn->fd).tcpi_bytes_acked, &progress) ||
        progress >= (uint64_t)elapsed_ms * SLOWEST_BYTES_A_SECOND / 1000)
        return;
    cm_metric_add(server->refused[REFUSED_SLOW_READER], 1);
    http_conn_shut(conn);
}

static int64_t period_ms(const struct cm_http_options *options)
{
    int shortest = options->request_deadline_ms < options->idle_ms ? options->request_deadline_ms
                                                                   : options->idle_ms;
    int64_t period = shortest / 8;

    return period < REAP_MS_MIN ? REAP_MS_MIN : period > REAP_MS_MAX ? REAP_MS_MAX : period;
}

void http_reap(void *loop)
{
    struct http_loop *at = loop;
    int64_t now_ms = cm_mono_ms();

    for (struct http_conn *conn = at->conns; conn; conn = conn->next) {
        if (conn->shut)
            continue;
        switch (conn->phase) {
        case CONN_IDLE:
            look_at_idle(conn, now_ms);
            break;
        case CONN_READING:
            look_at_reading(conn, now_ms);
            break;
        case CONN_SENDING:
            look_at_sending(conn, now_ms);
            break;
        case CONN_WORKING:
        case CONN_STREAMING:
            break;
        }
    }
    cm_timer_arm(at->reap_timer, period_ms(&at->server->options));
}
