/* frames_fuzz - bytes as what a WebSocket peer sends once the handshake is done.
 *
 * Input: one byte that chooses the side and how the rest is cut, then the frames. However they are
 * cut, the same is heard and answered; and the messages are those that wslay hears in them, up to
 * the first that we don't take.
 */
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

#include "base/digest.h"
#include "http/ws/inside.h"

enum { MESSAGE_MAX = 3000, QUEUE_MAX = 100000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

struct heard {
    struct cm_buf messages; /* one after another, a length before each */
    struct cm_buf answers;  /* what was sent back, by a server */
    unsigned code;          /* 0: still open */
};

static void put_message(struct cm_buf *to, const void *at, size_t len)
{
    cm_buf_put(to, &len, sizeof len);
    cm_buf_put(to, at, len);
}

static void on_message(void *ctx, struct cm_ws *ws, struct cm_str text)
{
    struct heard *heard = ctx;

    check(!ws->ended && text.len <= MESSAGE_MAX && ws_text_is_utf8(text));
    put_message(&heard->messages, text.at, text.len);
}

static void on_closed(void *ctx, unsigned code, const char *why)
{
    struct heard *heard = ctx;

    (void)why;
    heard->code = code;
}

static const struct cm_ws_events events = { .message = on_message, .closed = on_closed };

/* Feeds a connection without a descriptor; `step` bytes at a time. */
static void hear(struct ws_hub *hub, const uint8_t *data, size_t size, bool client, size_t step,
                 struct heard *heard)
{
    struct cm_ws *ws = ws_new(
        hub, WS_OPEN, &(struct cm_ws_limits){ .message_max = MESSAGE_MAX, .queue_max = QUEUE_MAX });
    uint8_t *bytes = malloc(size);

    check(size == 0 || bytes);
    ws->client = client;
    cm_ws_own(ws, &events, heard);
    if (size)
        memcpy(bytes, data, size);
    for (size_t at = 0; at < size; at += step)
        ws_receive(ws, bytes + at, size - at < step ? size - at : step);
    check(ws->in.len <= MESSAGE_MAX + WS_HEAD_MAX && ws->message.len <= MESSAGE_MAX);
    check(cm_ws_queued(ws) <= QUEUE_MAX + 2 * WS_HEAD_MAX + 2 * WS_CONTROL_MAX);
    cm_buf_str(&heard->answers, cm_buf_view(&ws->out));
    if (!ws->ended)
        ws->events = NULL; /* it is still open */
    ws_drop(ws, true);
    ws_hub_turn(hub);
    check(!hub->first && !hub->dirty && !hub->todo);
    free(bytes);
}

struct wslay {
    const uint8_t *at;
    size_t left;
    struct cm_buf messages;
};

static ssize_t give(wslay_event_context_ptr ctx, uint8_t *to, size_t len, int flags, void *user)
{
    struct wslay *w = user;

    (void)flags;
    if (!w->left) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    len = len < w->left ? len : w->left;
    memcpy(to, w->at, len);
    w->at += len;
    w->left -= len;
    return (ssize_t)len;
}

static void on_wslay_message(wslay_event_context_ptr ctx,
                             const struct wslay_event_on_msg_recv_arg *arg, void *user)
{
    struct wslay *w = user;

    (void)ctx;
    if (arg->opcode == WSLAY_TEXT_FRAME)
        put_message(&w->messages, arg->msg, arg->msg_length);
}

static void hear_by_wslay(struct wslay *w, bool client)
{
    const struct wslay_event_callbacks callbacks = { .recv_callback = give,
                                                     .on_msg_recv_callback = on_wslay_message };
    wslay_event_context_ptr ctx;

    check((client ? wslay_event_context_client_init(&ctx, &callbacks, w)
                  : wslay_event_context_server_init(&ctx, &callbacks, w)) == 0);
    wslay_event_config_set_max_recv_msg_length(ctx, MESSAGE_MAX);
    wslay_event_recv(ctx);
    wslay_event_context_free(ctx);
}

static bool begins_with(const struct cm_buf *all, const struct cm_buf *front)
{
    return front->len <= all->len && (!front->len || memcmp(all->at, front->at, front->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cm_loop *loop;
    static struct ws_hub *hub;
    struct heard whole = { 0 }, cut = { 0 };
    struct wslay w = { 0 };
    bool client;

    if (size == 0)
        return 0;
    if (!hub) {
        check(cm_loop_new(&loop, NULL) == CM_OK);
        hub = ws_hub_new(loop, NULL);
    }

    client = data[0] & 1;
    hear(hub, data + 1, size - 1, client, size, &whole);
    hear(hub, data + 1, size - 1, client, 1 + (data[0] >> 1) % 16, &cut);
    check(whole.code == cut.code);
    check(whole.messages.len == cut.messages.len && begins_with(&whole.messages, &cut.messages));
    check(whole.answers.len == cut.answers.len);
    check(client || begins_with(&whole.answers, &cut.answers)); /* else keys differ */

    w = (struct wslay){ .at = data + 1, .left = size - 1 };
    hear_by_wslay(&w, client);
    check(begins_with(&w.messages, &whole.messages));
    if (whole.code == 0)
        check(w.messages.len == whole.messages.len);

    cm_buf_finish(&whole.messages);
    cm_buf_finish(&whole.answers);
    cm_buf_finish(&cut.messages);
    cm_buf_finish(&cut.answers);
    cm_buf_finish(&w.messages);
    return 0;
}
