#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "http/ws/inside.h"

/* A descriptor tells again as long as there is something, but not of what TLS has deciphered
 * already: of that everything is read, so much at a time. */
enum { TLS_READS = 8 };

static ssize_t outcome(ssize_t done)
{
    if (done >= 0)
        return done;
    return errno == EAGAIN || errno == EINTR ? WS_IO_AGAIN : WS_IO_BROKEN;
}

static ssize_t take(struct cm_ws *ws, void *at, size_t len)
{
    return ws->wire ? ws->wire->recv(ws->wire_ctx, at, len)
                    : outcome(recv(ws->fd, at, len, MSG_DONTWAIT));
}

static ssize_t give(struct cm_ws *ws, const void *at, size_t len)
{
    return ws->wire ? ws->wire->send(ws->wire_ctx, at, len)
                    : outcome(send(ws->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT));
}

/* The other side has shut, or the connection broke. */
static void over(struct cm_ws *ws, bool broke)
{
    if (ws->state == WS_LEAVING && !broke && cm_ws_queued(ws) > 0) {
        cm_watch_set(ws->watch, EPOLLOUT); /* it may still listen */
        ws->shut = true;
    } else if (ws->state == WS_LEAVING) {
        ws_drop(ws, false);
    } else {
        ws_lose(ws, broke ? "the connection broke" : "the peer left without a close frame");
    }
}

static void understand(struct cm_ws *ws, uint8_t *at, size_t len)
{
    size_t before = ws->in.len;

    ws->heard = true;
    if (ws->state == WS_OPEN || ws->state == WS_CLOSING) {
        ws_receive(ws, at, len);
    } else if (ws->state == WS_SHAKING) {
        cm_buf_put(&ws->in, at, len);
        ws->keeper->shake(ws, before);
    }
}

void ws_read(struct cm_ws *ws)
{
    int reads = ws->wire ? TLS_READS : 1;

    while (reads-- > 0 && ws->state != WS_GONE) {
        ssize_t got = take(ws, ws->hub->in, sizeof ws->hub->in);

        if (got == WS_IO_AGAIN)
            return;
        if (got <= 0) {
            over(ws, got == WS_IO_BROKEN);
            return;
        }
        understand(ws, ws->hub->in, (size_t)got);
    }
    if (ws->wire && ws->state != WS_GONE) {
        ws->read_on = true;
        ws_todo(ws);
    }
}

static void set_blocked(struct cm_ws *ws, bool blocked)
{
    if (ws->blocked == blocked)
        return;

    ws->blocked = blocked;
    cm_watch_set(ws->watch, (ws->shut ? 0 : EPOLLIN) | (blocked ? EPOLLOUT : 0));
}

/* Everything is out. */
static void drained(struct cm_ws *ws)
{
    set_blocked(ws, false);
    if (ws->refused || ws->waited) {
        ws->refused = ws->waited = false;
        ws->drained = true;
        ws_todo(ws);
    }
    if (ws->state != WS_LEAVING)
        return;
    if (ws->shut)
        ws_drop(ws, false);
    else
        shutdown(ws->fd, SHUT_WR);
}

void ws_flush(struct cm_ws *ws)
{
    while (ws->state != WS_CONNECTING && ws->state != WS_GONE) {
        ssize_t put;

        if (ws->sent == ws->sending.len) {
            ws_give_spare(ws->hub, &ws->sending);
            ws->sent = 0;
            if (!ws->out.len) {
                drained(ws);
                return;
            }
            ws->sending = ws->out;
            ws->out = (struct cm_buf){ 0 };
        }
        put = give(ws, ws->sending.at + ws->sent, ws->sending.len - ws->sent);
        if (put == WS_IO_BROKEN) {
            over(ws, true);
            return;
        }
        if (put < 0) {
            ws->waited = true;
            set_blocked(ws, true);
            return;
        }
        ws->sent += (size_t)put;
    }
}

void ws_on_ready(void *ctx, uint32_t events)
{
    struct cm_ws *ws = ctx;

    if (events & EPOLLOUT)
        ws_flush(ws);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && ws->state != WS_GONE)
        ws_read(ws);
}
