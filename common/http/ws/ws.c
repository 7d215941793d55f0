#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "http/ws/inside.h"

enum {
    MESSAGE_MAX = 64 * 1024,
    QUEUE_MAX = 256 * 1024,
    IDLE_MS = 30 * 1000,
    CLOSING_MS = 5 * 1000,
    REASON_SHOWN = 160,
};

struct cm_ws *ws_new(struct ws_hub *hub, enum ws_state state, const struct cm_ws_limits *limits)
{
    struct cm_ws *ws = cm_must(calloc(1, sizeof *ws));

    ws->hub = hub;
    ws->fd = -1;
    ws->state = (uint8_t)state;
    ws->limits = (struct cm_ws_limits){
        .message_max = limits->message_max ? limits->message_max : MESSAGE_MAX,
        .queue_max = limits->queue_max ? limits->queue_max : QUEUE_MAX,
        .idle_ms = limits->idle_ms ? limits->idle_ms : IDLE_MS,
        .closing_ms = limits->closing_ms ? limits->closing_ms : CLOSING_MS,
    };
    ws->heard = true; /* so that quiet_ms is set by the first sweep */
    ws->next = hub->first;
    if (hub->first)
        hub->first->prev = ws;
    else
        cm_timer_arm(hub->sweep, WS_SWEEP_MS);
    hub->first = ws;
    return ws;
}

bool ws_attach(struct cm_ws *ws, int fd)
{
    ws->fd = fd;
    if (cm_watch_new(ws->hub->loop, fd, EPOLLIN, ws_on_ready, ws, &ws->watch, NULL) == CM_OK)
        return true;
    ws_drop(ws, true);
    return false;
}

void ws_free(struct cm_ws *ws)
{
    if (ws->keeper && ws->keeper->gone)
        ws->keeper->gone(ws);
    if (ws->prev)
        ws->prev->next = ws->next;
    else
        ws->hub->first = ws->next;
    if (ws->next)
        ws->next->prev = ws->prev;
    free(ws->why);
    free(ws);
}

void ws_end(struct cm_ws *ws, unsigned code, const char *why)
{
    if (ws->ended)
        return;

    ws->ended = true;
    ws->code = code;
    if (why) {
        char *copy = cm_must(strndup(why, REASON_SHOWN));

        free(ws->why);
        ws->why = copy;
    }
    ws_todo(ws);
}

static void forget_input(struct cm_ws *ws)
{
    cm_buf_finish(&ws->in);
    cm_buf_finish(&ws->message);
}

void ws_leave(struct cm_ws *ws)
{
    if (ws->state >= WS_LEAVING)
        return;

    ws->state = WS_LEAVING;
    ws->deadline_ms = cm_mono_ms() + ws->limits.closing_ms;
    forget_input(ws);
    ws_mark_dirty(ws);
}

static void close_descriptor(struct cm_ws *ws, bool reset)
{
    const struct linger at_once = { .l_onoff = 1 };

    if (reset && ws->fd >= 0)
        setsockopt(ws->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    cm_watch_free(ws->watch);
    ws->watch = NULL;
    if (ws->wire)
        ws->wire->close(ws->wire_ctx);
    else if (ws->fd >= 0)
        close(ws->fd);
    ws->fd = -1;
}

void ws_drop(struct cm_ws *ws, bool reset)
{
    if (ws->state == WS_GONE)
        return;

    ws->state = WS_GONE;
    close_descriptor(ws, reset);
    forget_input(ws);
    ws_give_spare(ws->hub, &ws->out);
    ws_give_spare(ws->hub, &ws->sending);
    ws->sent = 0;
    ws_todo(ws);
}

void ws_lose(struct cm_ws *ws, const char *why)
{
    bool closing = ws->state == WS_CLOSING;

    ws_drop(ws, true);
    ws_end(ws, closing ? ws->code : CM_WS_BROKEN, why);
}

void ws_fail(struct cm_ws *ws, enum cm_ws_close code, const char *why)
{
    if (ws->state == WS_OPEN)
        ws_put_close(ws, code, why);
    ws_end(ws, ws->state == WS_CLOSING ? ws->code : code, why);
    ws_leave(ws);
}

size_t cm_ws_queued(const struct cm_ws *ws)
{
    return ws->out.len + ws->sending.len - ws->sent;
}

/* Writes one frame behind what is queued. */
static void put_frame(struct cm_ws *ws, enum ws_opcode opcode, size_t len,
                      const struct cm_str parts[], size_t count)
{
    uint8_t key[WS_KEY];
    char *at;
    size_t head;

    if (!ws->out.at)
        ws->out = ws_take_spare(ws->hub);
    if (ws->client)
        ws_next_key(ws->hub, key);
    at = cm_buf_reserve(&ws->out, WS_HEAD_MAX + len);
    head = ws_frame_write((uint8_t *)at, opcode, len, ws->client ? key : NULL);
    at += head;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len)
            memcpy(at, parts[i].at, parts[i].len);
        at += parts[i].len;
    }
    if (ws->client)
        ws_frame_mask((uint8_t *)at - len, len, key);
    ws->out.len += head + len;
    ws_mark_dirty(ws);
}

bool cm_ws_send(struct cm_ws *ws, const struct cm_str parts[], size_t count)
{
    size_t len = 0;

    if (ws->state != WS_OPEN || ws->ended)
        return false;

    for (size_t i = 0; i < count; i++)
        if (__builtin_add_overflow(len, parts[i].len, &len))
            return false;
    if (len > ws->limits.queue_max || cm_ws_queued(ws) + WS_HEAD_MAX + len > ws->limits.queue_max) {
        ws->refused = true;
        return false;
    }

    put_frame(ws, WS_TEXT, len, parts, count);
    ws->hub->messages[WS_OUT]++;
    ws->hub->bytes[WS_OUT] += (int64_t)len;
    return true;
}

void ws_put_control(struct cm_ws *ws, enum ws_opcode opcode, struct cm_str payload)
{
    put_frame(ws, opcode, payload.len, &payload, 1);
}

void ws_put_close(struct cm_ws *ws, unsigned code, const char *why)
{
    const char number[2] = { (char)(code >> 8), (char)code };
    struct cm_str reason = cm_str_of(why);
    const struct cm_str parts[] = { { number, code == CM_WS_NO_STATUS ? 0 : sizeof number },
                                    reason };

    if (code == CM_WS_NO_STATUS || reason.len > WS_REASON_MAX || !ws_text_is_utf8(reason))
        reason.len = 0;
    put_frame(ws, WS_CLOSE, parts[0].len + reason.len, (const struct cm_str[]){ parts[0], reason },
              2);
}

void cm_ws_own(struct cm_ws *ws, const struct cm_ws_events *events, void *ctx)
{
    ws->events = events;
    ws->ctx = ctx;
}

void cm_ws_close(struct cm_ws *ws, enum cm_ws_close code, const char *why)
{
    if (ws->state < WS_OPEN) {
        ws_lose(ws, "closed before the handshake was done");
        return;
    }
    if (ws->state != WS_OPEN || ws->ended)
        return;

    ws_put_close(ws, code, why);
    ws->state = WS_CLOSING;
    ws->code = code;
    ws->why = cm_must(strdup(why ? why : ""));
    ws->deadline_ms = cm_mono_ms() + ws->limits.closing_ms;
    cm_buf_finish(&ws->message);
}

void cm_ws_abort(struct cm_ws *ws)
{
    if (ws->ended)
        return;

    ws_drop(ws, true);
    ws_end(ws, CM_WS_BROKEN, "aborted");
}

struct cm_loop *cm_ws_loop(const struct cm_ws *ws)
{
    return ws->hub->loop;
}
