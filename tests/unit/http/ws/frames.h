/* frames.h - raw clients of the host: what they send and hear is frames, byte by byte. */
#pragma once
#include "host.h"

/** A raw client whose handshake for `path` is done. */
struct peer peer_upgraded(const struct host *host, const char *path);
/** Sends one frame as a client does, masked. `first`: FIN and opcode, such as 0x81. */
void peer_frame(struct peer *peer, unsigned first, const void *payload, size_t len);
void peer_text(struct peer *peer, const char *text);

struct frame {
    unsigned first; /* FIN, reserved bits, opcode; 0: none came */
    bool masked;
    struct cm_buf payload; /* unmasked */
};
struct frame peer_hear_frame(struct peer *peer);
/** Hears one frame and compares it. */
void assert_frame(struct peer *peer, unsigned first, const char *payload);
/** Hears a close frame of that code, and the end. */
void assert_closed(struct peer *peer, unsigned code);
