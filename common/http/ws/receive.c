#include "http/ws/inside.h"

/* May the peer send this frame now? false: it was failed. */
static bool is_allowed(struct cm_ws *ws, const struct ws_frame *frame)
{
    const struct cm_buf *before = &ws->message;

    if (frame->masked == ws->client)
        ws_fail(ws, CM_WS_PROTOCOL,
                ws->client ? "a masked frame from a server" : "an unmasked frame from a client");
    else if (frame->opcode == WS_BINARY)
        ws_fail(ws, CM_WS_NOT_TEXT, "a binary message");
    else if (frame->opcode < WS_CLOSE && (frame->opcode == WS_CONTINUATION) != ws->in_message)
        ws_fail(ws, CM_WS_PROTOCOL,
                ws->in_message ? "a message within a fragmented one" : "a continuation of nothing");
    else if (frame->opcode < WS_CLOSE && frame->len > ws->limits.message_max - before->len)
        ws_fail(ws, CM_WS_TOO_BIG, "the message is too long");
    return ws->state < WS_LEAVING;
}

static void deliver(struct cm_ws *ws, struct cm_str text)
{
    if (!ws_text_is_utf8(text)) {
        ws_fail(ws, CM_WS_NOT_UTF8, "the text is no UTF-8");
        return;
    }

    ws->hub->messages[WS_IN]++;
    ws->hub->bytes[WS_IN] += (int64_t)text.len;
    ws->events->message(ws->ctx, ws, text);
}

/* After our close frame nothing is heard, but fragments are counted on. */
static void take_data(struct cm_ws *ws, const struct ws_frame *frame, struct cm_str payload)
{
    struct cm_buf whole;

    ws->in_message = !frame->fin;
    if (ws->state != WS_OPEN)
        return;
    if (frame->opcode == WS_TEXT && frame->fin) {
        deliver(ws, payload);
        return;
    }

    cm_buf_put(&ws->message, payload.at, payload.len);
    if (!frame->fin)
        return;
    whole = ws->message;
    ws->message = (struct cm_buf){ 0 };
    deliver(ws, cm_buf_view(&whole));
    cm_buf_finish(&whole);
}

static void take_close(struct cm_ws *ws, struct cm_str payload)
{
    unsigned code = CM_WS_NO_STATUS;
    char why[WS_REASON_MAX + 1];
    struct cm_str reason = { 0 };

    if (payload.len >= 2) {
        code = (unsigned)((uint8_t)payload.at[0] << 8 | (uint8_t)payload.at[1]);
        reason = (struct cm_str){ payload.at + 2, payload.len - 2 };
    }
    if (payload.len == 1 || (payload.len > 1 && !ws_code_is_sendable(code))) {
        ws_fail(ws, CM_WS_PROTOCOL, "a close frame with a code that must not be sent");
        return;
    }
    if (!ws_text_is_utf8(reason)) {
        ws_fail(ws, CM_WS_NOT_UTF8, "the close frame's reason is no UTF-8");
        return;
    }

    if (ws->state == WS_OPEN) {
        size_t len = 0;

        for (; len < reason.len && reason.at[len]; len++) /* for a log line: up to a NUL */
            why[len] = reason.at[len];
        why[len] = '\0';
        ws_put_close(ws, code, NULL);
        ws_end(ws, code, why);
    } else {
        ws_end(ws, ws->code, NULL);
    }
    ws_leave(ws);
}

static void take_ping(struct cm_ws *ws, struct cm_str payload)
{
    size_t size = WS_HEAD_MAX + payload.len;

    /* Who sends pings and reads nothing gets no answer to some (RFC 6455, 5.5.3). */
    if (ws->state == WS_OPEN && cm_ws_queued(ws) + size <= ws->limits.queue_max)
        ws_put_control(ws, WS_PONG, payload);
}

static void take_frame(struct cm_ws *ws, const struct ws_frame *frame, uint8_t *at)
{
    struct cm_str payload = { (const char *)at, (size_t)frame->len };

    if (frame->masked)
        ws_frame_mask(at, payload.len, frame->key);
    switch (frame->opcode) {
    case WS_CLOSE:
        take_close(ws, payload);
        break;
    case WS_PING:
        take_ping(ws, payload);
        break;
    case WS_PONG:
        break; /* that something came is noted already */
    case WS_BINARY:
    case WS_TEXT:
    case WS_CONTINUATION:
        take_data(ws, frame, payload);
        break;
    }
}

static size_t keep(struct cm_ws *ws, const uint8_t *at, size_t len, size_t need)
{
    ws->need = need;
    cm_buf_put(&ws->in, at, len);
    return len;
}

/* Takes one frame off the front, or keeps what there is of it; returns how much that was. */
static size_t take_one(struct cm_ws *ws, uint8_t *at, size_t len)
{
    struct ws_frame frame;
    const char *why;
    size_t need;

    switch (ws_frame_read(at, len, &frame, &need, &why)) {
    case WS_FRAME_MORE:
        return keep(ws, at, len, need);
    case WS_FRAME_BAD:
        ws_fail(ws, CM_WS_PROTOCOL, why);
        return len;
    case WS_FRAME_READ:
        break;
    }
    if (!is_allowed(ws, &frame))
        return len;
    if (frame.len > len - frame.head)
        return keep(ws, at, len, frame.head + (size_t)frame.len);

    take_frame(ws, &frame, at + frame.head);
    return frame.head + (size_t)frame.len;
}

/* Adds to the frame that came in part. */
static size_t take_more(struct cm_ws *ws, const uint8_t *at, size_t len)
{
    size_t missing = ws->need - ws->in.len, used = missing < len ? missing : len;
    struct cm_buf part;

    cm_buf_put(&ws->in, at, used);
    if (used < missing)
        return used;

    part = ws->in;
    ws->in = (struct cm_buf){ 0 };
    take_one(ws, (uint8_t *)part.at, part.len);
    cm_buf_finish(&part);
    return used;
}

void ws_receive(struct cm_ws *ws, uint8_t *at, size_t len)
{
    while (len > 0 && (ws->state == WS_OPEN || ws->state == WS_CLOSING)) {
        size_t used = ws->in.len ? take_more(ws, at, len) : take_one(ws, at, len);

        at += used;
        len -= used;
    }
}
