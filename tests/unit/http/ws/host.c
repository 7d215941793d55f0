#include "host.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/cond.h"

enum { FLOOD_BYTES = 20000 };

/* The server's side. */

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

/* Raw clients. */

struct peer peer_upgraded(const struct host *host, const char *path)
{
    struct peer peer = peer_dial(host->port);
    struct answer answer;
    char request[300];

    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
             path);
    peer_say(&peer, request);
    answer = peer_hear_head(&peer);
    assert_int_equal(answer.status, 101);
    assert_string_equal(answer_header(&answer, "Sec-WebSocket-Accept"),
                        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    return peer;
}

void peer_frame(struct peer *peer, unsigned first, const void *payload, size_t len)
{
    static const unsigned char key[4] = { 0x37, 0xFA, 0x21, 0x3D };
    CM_OWN_BUF struct cm_buf frame = { 0 };

    cm_buf_char(&frame, (char)first);
    if (len < 126) {
        cm_buf_char(&frame, (char)(0x80 | len));
    } else {
        int bytes = len < 65536 ? 2 : 8;

        cm_buf_char(&frame, (char)(0x80 | (bytes == 2 ? 126 : 127)));
        while (bytes--)
            cm_buf_char(&frame, (char)((uint64_t)len >> 8 * bytes));
    }
    cm_buf_put(&frame, key, sizeof key);
    for (size_t i = 0; i < len; i++)
        cm_buf_char(&frame, (char)(((const unsigned char *)payload)[i] ^ key[i % 4]));
    peer_say_bytes(peer, frame.at, frame.len);
}

void peer_text(struct peer *peer, const char *text)
{
    peer_frame(peer, 0x81, text, strlen(text));
}

static bool need(struct peer *peer, size_t len)
{
    int64_t until_ms = cm_mono_ms() + WAIT_MS;

    while (peer->in.len < len) {
        struct pollfd at = { .fd = peer->fd, .events = POLLIN };
        int64_t left = until_ms - cm_mono_ms();
        ssize_t got;

        if (left <= 0 || poll(&at, 1, (int)left) <= 0)
            return false;
        got = recv(peer->fd, cm_buf_reserve(&peer->in, 4096), 4096, 0);
        if (got <= 0)
            return false;
        peer->in.len += (size_t)got;
    }
    return true;
}

struct frame peer_hear_frame(struct peer *peer)
{
    struct frame frame = { 0 };
    const unsigned char *at;
    size_t len, head, lengths;

    if (!need(peer, 2))
        return frame;
    at = (const unsigned char *)peer->in.at;
    lengths = (at[1] & 0x7F) == 126 ? 2 : (at[1] & 0x7F) == 127 ? 8 : 0;
    head = 2 + lengths + (at[1] & 0x80 ? 4 : 0);
    if (!need(peer, head))
        return frame;
    at = (const unsigned char *)peer->in.at;
    len = lengths ? 0 : at[1] & 0x7F;
    for (size_t i = 0; i < lengths; i++)
        len = len << 8 | at[2 + i];
    if (!need(peer, head + len))
        return frame;
    at = (const unsigned char *)peer->in.at;
    frame.first = at[0];
    frame.masked = at[1] & 0x80;
    cm_buf_put(&frame.payload, at + head, len);
    for (size_t i = 0; frame.masked && i < len; i++)
        frame.payload.at[i] = (char)(frame.payload.at[i] ^ at[head - 4 + i % 4]);
    peer->in.len -= head + len;
    memmove(peer->in.at, peer->in.at + head + len, peer->in.len);
    return frame;
}

void assert_frame(struct peer *peer, unsigned first, const char *payload)
{
    struct frame frame = peer_hear_frame(peer);

    assert_int_equal(frame.first, first);
    assert_string_equal(frame.payload.at, payload);
    cm_buf_finish(&frame.payload);
}

void assert_closed(struct peer *peer, unsigned code)
{
    struct frame frame = peer_hear_frame(peer);
    unsigned char number[2] = { 0 };

    assert_int_equal(frame.first, 0x88);
    if (frame.payload.len >= sizeof number)
        memcpy(number, frame.payload.at, sizeof number);
    assert_int_equal(number[0] << 8 | number[1], code);
    cm_buf_finish(&frame.payload);
    assert_true(peer_hear_end(peer, WAIT_MS));
}

/* Dialled clients. */

static void on_guest_opened(void *ctx, struct cm_ws *ws)
{
    struct guest *guest = ctx;

    assert_ptr_equal(ws, guest->ws);
    assert_ptr_equal(cm_ws_loop(ws), guest->loop);
    guest->opened++;
    if (guest->greeting)
        say(ws, cm_str_of(guest->greeting));
}

static void on_guest_message(void *ctx, struct cm_ws *ws, struct cm_str text)
{
    struct guest *guest = ctx;

    (void)ws;
    guest->messages++;
    cm_buf_clear(&guest->heard);
    cm_buf_str(&guest->heard, text);
}

static void on_guest_drained(void *ctx, struct cm_ws *ws)
{
    struct guest *guest = ctx;

    (void)ws;
    guest->drained++;
}

static void on_guest_closed(void *ctx, unsigned code, const char *why)
{
    struct guest *guest = ctx;

    guest->closed++;
    guest->code = code;
    guest->ws = NULL;
    snprintf(guest->why, sizeof guest->why, "%s", why);
}

const struct cm_ws_events guest_events = { .opened = on_guest_opened,
                                           .message = on_guest_message,
                                           .drained = on_guest_drained,
                                           .closed = on_guest_closed };

void guest_dial(struct guest *guest, struct cm_ws_dialer *dialer, const struct host *host,
                const char *path, struct cm_ws_dial dial)
{
    char url[300];
    struct cm_err err;

    if (*path == '!')
        snprintf(url, sizeof url, "%s", path + 1);
    else
        snprintf(url, sizeof url, "ws://127.0.0.1:%u%s", host->port, path);
    dial.url = url;
    if (cm_ws_dial(dialer, &dial, &guest_events, guest, &guest->ws, &err))
        fail_msg("%s", err.msg);
}

void guest_finish(struct guest *guest)
{
    cm_buf_finish(&guest->heard);
}

struct watcher {
    struct cm_loop *loop;
    const unsigned *what;
    unsigned count;
};

static void look(void *ctx)
{
    const struct watcher *watcher = ctx;

    if (*watcher->what >= watcher->count)
        cm_loop_stop(watcher->loop);
}

static void too_late(void *ctx)
{
    const struct watcher *watcher = ctx;

    fail_msg("waited for %u, there are %u", watcher->count, *watcher->what);
}

void loop_until(struct cm_loop *loop, const unsigned *what, unsigned count)
{
    struct watcher watcher = { loop, what, count };
    CM_OWN(cm_timer) deadline = cm_timer_new(loop, too_late, &watcher);

    cm_timer_arm(deadline, WAIT_MS);
    cm_loop_on_turn(loop, look, &watcher);
    cm_loop_again(loop); /* perhaps it is so already */
    cm_loop_run(loop);
    cm_loop_off_turn(loop, look, &watcher);
}
