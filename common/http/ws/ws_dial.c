#include "http/ws/ws_dial.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "http/ws/dial.h"

enum { CONNECT_MS = 5 * 1000 };

static void open_share(struct cm_ws_dialer *dialer)
{
    dialer->share = curl_share_init();
    if (!dialer->share)
        cm_out_of_memory();

    curl_share_setopt(dialer->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(dialer->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

static cm_rc read_roots(struct cm_ws_dialer *dialer, struct cm_err *err)
{
    dialer->roots = X509_STORE_new();
    if (!dialer->roots)
        cm_out_of_memory();

    if (X509_STORE_set_default_paths(dialer->roots) != 1)
        return cm_fail(err, CM_FATAL, "WebSocket dialer: the system's certificates can't be read");
    return CM_OK;
}

cm_rc cm_ws_dialer_new(struct cm_loop *loop, bool tls, struct cm_ws_dialer **out,
                       struct cm_err *err)
{
    CM_OWN(cm_ws_dialer) dialer = NULL;
    cm_rc rc = http_curl_start(err);

    if (rc)
        return rc;

    dialer = cm_must(calloc(1, sizeof *dialer));
    dialer->loop = loop;
    open_share(dialer);
    if (tls)
        rc = read_roots(dialer, err);
    if (rc)
        return rc;

    dialer->hub = ws_hub_new(loop, NULL);
    *out = CM_STEAL(dialer);
    return CM_OK;
}

void cm_ws_dialer_free(struct cm_ws_dialer *dialer)
{
    if (!dialer)
        return;

    ws_hub_free(dialer->hub);
    curl_share_cleanup(dialer->share);
    X509_STORE_free(dialer->roots);
    free(dialer);
}

static void free_dial(struct ws_dial *dial)
{
    ws_connect_end(dial);
    cm_buf_finish(&dial->head);
    free(dial->url);
    free(dial->ca_file);
    free(dial);
}

static void gone(struct cm_ws *ws)
{
    free_dial(ws->keeper_ctx);
}

static void late(struct cm_ws *ws)
{
    ws_lose(ws, "the server did not answer the handshake in time");
}

/* The handshake is done: nothing more is needed of the dial, unless libcurl enciphers. */
static void let_go(struct cm_ws *ws, struct ws_dial *dial)
{
    if (dial->tls)
        return;

    free_dial(dial);
    ws->keeper = NULL;
    ws->keeper_ctx = NULL;
}

static void shake(struct cm_ws *ws, size_t before)
{
    struct ws_dial *dial = ws->keeper_ctx;
    struct cm_buf head = ws->in;
    char said[120];
    const char *why;
    unsigned status;
    size_t used;

    if (!cm_ws_head_may_end(cm_buf_view(&head), before))
        return;

    ws->in = (struct cm_buf){ 0 };
    switch (
        cm_ws_read_response(cm_buf_view(&head), cm_str_of(dial->key.at), &used, &status, &why)) {
    case CM_WS_HEAD_MORE:
        ws->in = head;
        return;
    case CM_WS_HEAD_BAD:
        snprintf(said, sizeof said, status ? "%s: it answered %u" : "%s", why, status);
        ws_lose(ws, said);
        break;
    case CM_WS_HEAD_WHOLE:
        ws->state = WS_OPEN;
        let_go(ws, dial);
        if (ws->events->opened)
            ws->events->opened(ws->ctx, ws);
        ws_receive(ws, (uint8_t *)head.at + used, head.len - used);
        break;
    }
    cm_buf_finish(&head);
}

static const struct ws_keeper dialing = { .shake = shake, .late = late, .gone = gone };

/* Takes the connection over from libcurl, wholly where there is no TLS. -1: it can't. */
static int take_descriptor(struct ws_dial *dial)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    const int on = 1;

    curl_easy_getinfo(dial->easy, CURLINFO_ACTIVESOCKET, &fd);
    if (fd == CURL_SOCKET_BAD)
        return -1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (int i = 0; i < WS_DIAL_SOCKETS; i++)
        cm_watch_free(CM_STEAL(dial->sockets[i].watch));
    cm_timer_disarm(dial->timer);
    if (dial->tls)
        return fd;
    fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    ws_connect_end(dial);
    return fd;
}

void ws_dial_connected(struct ws_dial *dial)
{
    struct cm_ws *ws = dial->ws;
    int fd = take_descriptor(dial);

    if (dial->tls) {
        ws->wire = &ws_tls;
        ws->wire_ctx = dial;
    }
    ws->state = WS_SHAKING;
    ws->deadline_ms = dial->deadline_ms;
    if (fd < 0 || !ws_attach(ws, fd)) {
        ws_lose(ws, "no descriptor for the connection");
        return;
    }
    ws_give_spare(ws->hub, &ws->out);
    ws->out = dial->head;
    dial->head = (struct cm_buf){ 0 };
    ws_mark_dirty(ws);
}

cm_rc cm_ws_dial(struct cm_ws_dialer *dialer, const struct cm_ws_dial *options,
                 const struct cm_ws_events *events, void *ctx, struct cm_ws **out,
                 struct cm_err *err)
{
    int connect_ms = options->connect_ms ? options->connect_ms : CONNECT_MS;
    struct ws_dial *dial = cm_must(calloc(1, sizeof *dial));
    cm_rc rc;

    dial->dialer = dialer;
    dial->deadline_ms = cm_mono_ms() + connect_ms;
    rc = ws_dial_read(options, dial, err);
    if (!rc && dial->tls && !dialer->roots)
        rc = cm_fail(err, CM_REJECT, "wss:// is dialled without the system's certificates");
    if (!rc)
        rc = ws_connect(dial, connect_ms, err);
    if (rc) {
        free_dial(dial);
        return rc;
    }

    dial->ws = ws_new(dialer->hub, WS_CONNECTING, &options->limits);
    dial->ws->client = true;
    dial->ws->keeper = &dialing;
    dial->ws->keeper_ctx = dial;
    cm_ws_own(dial->ws, events, ctx);
    *out = dial->ws;
    return CM_OK;
}
