#include "frames.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"

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
