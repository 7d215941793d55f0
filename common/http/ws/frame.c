#include "http/ws/frame.h"

#include <string.h>

enum { FIN = 0x80, RESERVED = 0x70, OPCODE = 0x0F, MASK = 0x80, LENGTH = 0x7F };
enum { LENGTH_16 = 126, LENGTH_64 = 127, CONTROL = 0x8 };

static bool is_opcode(unsigned opcode)
{
    return opcode <= WS_BINARY || (opcode >= WS_CLOSE && opcode <= WS_PONG);
}

static uint64_t big_endian(const uint8_t *at, size_t count)
{
    uint64_t value = 0;

    for (size_t i = 0; i < count; i++)
        value = value << 8 | at[i];
    return value;
}

static enum ws_frame_answer bad(const char **why, const char *because)
{
    *why = because;
    return WS_FRAME_BAD;
}

enum ws_frame_answer ws_frame_read(const uint8_t *at, size_t len, struct ws_frame *out,
                                   size_t *need, const char **why)
{
    size_t extra;

    *need = WS_HEAD_MIN;
    if (len < WS_HEAD_MIN)
        return WS_FRAME_MORE;

    if (at[0] & RESERVED)
        return bad(why, "a reserved bit is set");
    if (!is_opcode(at[0] & OPCODE))
        return bad(why, "a reserved opcode");
    if (at[0] & CONTROL && (!(at[0] & FIN) || (at[1] & LENGTH) > WS_CONTROL_MAX))
        return bad(why, "a control frame that is fragmented or longer than 125 bytes");

    *out = (struct ws_frame){ .opcode = (enum ws_opcode)(at[0] & OPCODE),
                              .fin = at[0] & FIN,
                              .masked = at[1] & MASK,
                              .len = at[1] & LENGTH };
    extra = out->len == LENGTH_16 ? 2 : out->len == LENGTH_64 ? 8 : 0;
    out->head = WS_HEAD_MIN + extra + (out->masked ? WS_KEY : 0);
    *need = out->head;
    if (len < out->head)
        return WS_FRAME_MORE;

    if (extra)
        out->len = big_endian(at + WS_HEAD_MIN, extra);
    if (extra && out->len < (extra == 2 ? LENGTH_16 : UINT64_C(0x10000)))
        return bad(why, "a length that is not in its shortest form");
    if (out->len >> 63)
        return bad(why, "a length beyond 63 bits");
    if (out->masked)
        memcpy(out->key, at + out->head - WS_KEY, WS_KEY);
    return WS_FRAME_READ;
}

size_t ws_frame_write(uint8_t out[WS_HEAD_MAX], enum ws_opcode opcode, uint64_t len,
                      const uint8_t *key)
{
    const uint8_t mask = key ? MASK : 0;
    size_t extra = len < LENGTH_16 ? 0 : len < 0x10000 ? 2 : 8, at = WS_HEAD_MIN;

    out[0] = (uint8_t)(FIN | opcode);
    out[1] = (uint8_t)(mask | (extra == 0 ? len : extra == 2 ? LENGTH_16 : LENGTH_64));
    while (extra--)
        out[at++] = (uint8_t)(len >> 8 * extra);
    if (key) {
        memcpy(out + at, key, WS_KEY);
        at += WS_KEY;
    }
    return at;
}

void ws_frame_mask(uint8_t *at, size_t len, const uint8_t key[WS_KEY])
{
    uint64_t wide, bytes;
    size_t i = 0;

    memcpy(&wide, key, WS_KEY);
    memcpy((uint8_t *)&wide + WS_KEY, key, WS_KEY);
    for (; i + sizeof wide <= len; i += sizeof wide) {
        memcpy(&bytes, at + i, sizeof bytes);
        bytes ^= wide;
        memcpy(at + i, &bytes, sizeof bytes);
    }
    for (; i < len; i++)
        at[i] ^= key[i % WS_KEY];
}

/* Bytes at the front that are ASCII, which is nearly all that comes: eight at a time. */
static size_t ascii(struct cm_str text)
{
    uint64_t bytes;
    size_t i = 0;

    for (; i + sizeof bytes <= text.len; i += sizeof bytes) {
        memcpy(&bytes, text.at + i, sizeof bytes);
        if (bytes & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < text.len && !(text.at[i] & 0x80))
        i++;
    return i;
}

bool ws_text_is_utf8(struct cm_str text)
{
    while (text.len) {
        size_t step = ascii(text);

        if (!step)
            step = cm_utf8_step(text);
        if (!step)
            return false;
        text.at += step;
        text.len -= step;
    }
    return true;
}

bool ws_code_is_sendable(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}
