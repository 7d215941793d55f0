/* frame.h - WebSocket frames as bytes (RFC 6455, 5.2): heads are read and written, payloads masked.
 *
 * Pure; fuzzed against wslay's reader, which is what says that it is right. It is not wslay that
 * runs: its frames come through a buffer of 4 KiB a connection and are masked byte by byte, which
 * costs a forwarded frame of Twilio's size 0.8 us, as much as a third of a system call; and what is
 * cut at any byte needs the head's length beforehand anyway. Thread: any.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum ws_opcode {
    WS_CONTINUATION = 0x0,
    WS_TEXT = 0x1,
    WS_BINARY = 0x2,
    WS_CLOSE = 0x8,
    WS_PING = 0x9,
    WS_PONG = 0xA,
};

enum { WS_HEAD_MIN = 2, WS_HEAD_MAX = 14, WS_CONTROL_MAX = 125, WS_REASON_MAX = 123, WS_KEY = 4 };

struct ws_frame {
    enum ws_opcode opcode;
    bool fin, masked;
    uint8_t key[WS_KEY]; /* when masked */
    size_t head;         /* bytes before the payload */
    uint64_t len;        /* of the payload, up to 2^63 - 1 */
};

enum ws_frame_answer { WS_FRAME_MORE, WS_FRAME_READ, WS_FRAME_BAD };

/** Reads the head that `len` bytes begin with. MORE: it takes `*need` bytes to say more. BAD: a
 *  reserved bit or opcode, a control frame in parts or above 125 bytes, a length that could be
 *  written shorter; `*why` is for people. What the one or the other side may not send is the
 *  caller's to judge. */
enum ws_frame_answer ws_frame_read(const uint8_t *at, size_t len, struct ws_frame *out,
                                   size_t *need, const char **why);

/** Writes the head of a whole (unfragmented) message; `key` NULL: not masked. Returns its length.
 */
size_t ws_frame_write(uint8_t out[WS_HEAD_MAX], enum ws_opcode opcode, uint64_t len,
                      const uint8_t *key);

/** Masks or unmasks a payload in place. */
void ws_frame_mask(uint8_t *at, size_t len, const uint8_t key[WS_KEY]);

/** Is it well-formed UTF-8? NUL is a character like others. */
bool ws_text_is_utf8(struct cm_str text);

/** May this code stand in a close frame? (RFC 6455, 7.4, and the registry) */
bool ws_code_is_sendable(unsigned code);
