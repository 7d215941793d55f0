/* libcurl on our loop, from nothing to a connection, and TLS afterwards. */
#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/arena.h"
#include "http/ws/dial.h"

static void look(struct ws_dial *dial)
{
    CURLMsg *msg;
    int left;

    while (!dial->connected && dial->multi && (msg = curl_multi_info_read(dial->multi, &left))) {
        if (msg->msg != CURLMSG_DONE)
            continue;
        if (msg->data.result == CURLE_OK) {
            dial->connected = true;
            ws_dial_connected(dial);
        } else {
            ws_lose(dial->ws,
                    dial->error_text[0] ? dial->error_text : curl_easy_strerror(msg->data.result));
        }
        return;
    }
}

static void act(struct ws_dial *dial, curl_socket_t fd, int mask)
{
    int running;

    if (dial->connected || dial->ws->state != WS_CONNECTING)
        return;

    curl_multi_socket_action(dial->multi, fd, mask, &running);
    look(dial);
}

static void on_ready(void *ctx, uint32_t events)
{
    struct ws_dial_socket *at = ctx;
    int mask = (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
               (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
               (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

    act(at->dial, at->fd, mask);
}

static void on_timer(void *ctx)
{
    act(ctx, CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long timeout_ms, void *ctx)
{
    struct ws_dial *dial = ctx;

    (void)multi;
    if (timeout_ms < 0)
        cm_timer_disarm(dial->timer);
    else
        cm_timer_arm(dial->timer, timeout_ms);
    return 0;
}

static struct ws_dial_socket *place_of(struct ws_dial *dial, curl_socket_t fd)
{
    for (int i = 0; i < WS_DIAL_SOCKETS; i++)
        if (dial->sockets[i].watch && dial->sockets[i].fd == fd)
            return &dial->sockets[i];
    for (int i = 0; i < WS_DIAL_SOCKETS; i++)
        if (!dial->sockets[i].watch)
            return &dial->sockets[i];
    return NULL;
}

/* libcurl says what it waits for. */
static int set_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *unused)
{
    struct ws_dial *dial = ctx;
    struct ws_dial_socket *at = place_of(dial, fd);
    uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);

    (void)easy;
    (void)unused;
    if (dial->connected)
        return 0; /* the descriptor is no more its own to watch */
    if (!at)
        return -1;
    if (what == CURL_POLL_REMOVE) {
        cm_watch_free(CM_STEAL(at->watch));
    } else if (at->watch) {
        cm_watch_set(at->watch, events);
    } else {
        at->dial = dial;
        at->fd = fd;
        if (cm_watch_new(dial->dialer->loop, fd, events, on_ready, at, &at->watch, NULL))
            return -1;
    }
    return 0;
}

/* The certificates that were read once, instead of half a megabyte of text for every connection. */
static CURLcode set_roots(CURL *easy, void *ssl_ctx, void *ctx)
{
    struct ws_dial *dial = ctx;

    (void)easy;
    SSL_CTX_set1_cert_store(ssl_ctx, dial->dialer->roots);
    return CURLE_OK;
}

static void set_tls(struct ws_dial *dial)
{
    CURL *easy = dial->easy;

    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_CAINFO, dial->ca_file);
    if (!dial->ca_file) {
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, set_roots);
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, dial);
    }
}

cm_rc ws_connect(struct ws_dial *dial, int connect_ms, struct cm_err *err)
{
    dial->multi = curl_multi_init();
    dial->easy = curl_easy_init();
    if (!dial->multi || !dial->easy)
        return cm_fail(err, CM_RETRY, "libcurl: no memory for a connection");

    dial->timer = cm_timer_new(dial->dialer->loop, on_timer, dial);
    curl_multi_setopt(dial->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(dial->multi, CURLMOPT_SOCKETDATA, dial);
    curl_multi_setopt(dial->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(dial->multi, CURLMOPT_TIMERDATA, dial);

    http_curl_common(dial->easy, "http,https", connect_ms, connect_ms, dial->error_text);
    curl_easy_setopt(dial->easy, CURLOPT_URL, dial->url);
    curl_easy_setopt(dial->easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(dial->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(dial->easy, CURLOPT_SHARE, dial->dialer->share);
    curl_easy_setopt(dial->easy, CURLOPT_QUICK_EXIT, 1L); /* waits for no resolver's thread */
    set_tls(dial);
    if (curl_multi_add_handle(dial->multi, dial->easy) != CURLM_OK)
        return cm_fail(err, CM_RETRY, "libcurl: no memory for a connection");
    return CM_OK;
}

void ws_connect_end(struct ws_dial *dial)
{
    for (int i = 0; i < WS_DIAL_SOCKETS; i++)
        cm_watch_free(CM_STEAL(dial->sockets[i].watch));
    dial->connected = true; /* what libcurl says from now on is of no interest */
    if (dial->multi && dial->easy)
        curl_multi_remove_handle(dial->multi, dial->easy);
    curl_easy_cleanup(CM_STEAL(dial->easy));
    curl_multi_cleanup(CM_STEAL(dial->multi));
    cm_timer_free(CM_STEAL(dial->timer));
}

static ssize_t tls_recv(void *wire, void *at, size_t len)
{
    const struct ws_dial *dial = wire;
    size_t got = 0;
    CURLcode code = curl_easy_recv(dial->easy, at, len, &got);

    if (code == CURLE_AGAIN)
        return WS_IO_AGAIN;
    return code == CURLE_OK ? (ssize_t)got : WS_IO_BROKEN;
}

static ssize_t tls_send(void *wire, const void *at, size_t len)
{
    const struct ws_dial *dial = wire;
    size_t put = 0;
    CURLcode code = curl_easy_send(dial->easy, at, len, &put);

    if (code == CURLE_AGAIN)
        return WS_IO_AGAIN;
    return code == CURLE_OK ? (ssize_t)put : WS_IO_BROKEN;
}

static void tls_close(void *wire)
{
    ws_connect_end(wire);
}

const struct ws_wire ws_tls = { .recv = tls_recv, .send = tls_send, .close = tls_close };
