/* ws.h - WebSocket connections (RFC 6455) on our own event loops, as server and as client.
 *
 * Vocabulary: a connection carries text messages; it is *open* from its handshake until its owner's
 * `closed` was called, which happens exactly once and is the last that is heard of it. What is put
 * in during one turn of the loop goes out in one send at the turn's end. Memory a connection holds
 * between two messages: its struct; a message that came in part, and what the other side has not
 * taken yet, are held until they are whole or gone.
 *
 * Bounds: a message longer than `message_max` ends the connection with 1009, a binary one with
 * 1003, text that is no UTF-8 with 1007, an unmasked frame of a client (or a masked one of a
 * server) and every other breach of the protocol with 1002. Output beyond `queue_max` is not taken.
 * A peer that answers no ping is ended with 1006.
 *
 * Framing is frame.h's, which wslay judges in the tests; the handshake is handshake.h's. Thread:
 * the loop's.
 */
#pragma once
#include "base/loop.h"
#include "base/metrics.h"
#include "base/str.h"

struct cm_ws; /* one connection; its own memory, freed after `closed` */

enum cm_ws_close {
    CM_WS_NORMAL = 1000,
    CM_WS_GOING_AWAY = 1001,
    CM_WS_PROTOCOL = 1002,
    CM_WS_NOT_TEXT = 1003,
    CM_WS_NO_STATUS = 1005, /* a close frame without a code; never sent */
    CM_WS_BROKEN = 1006,    /* no close frame came; never sent */
    CM_WS_NOT_UTF8 = 1007,
    CM_WS_POLICY = 1008,
    CM_WS_TOO_BIG = 1009,
    CM_WS_INTERNAL = 1011,
    CM_WS_TRY_LATER = 1013,
};

struct cm_ws_events { /* each is called from the loop, never from inside a call into ws.h */
    /** A client's connection: the handshake is done. May be NULL on a server. */
    void (*opened)(void *ctx, struct cm_ws *ws);
    /** One whole text message, lent until it returns. */
    void (*message)(void *ctx, struct cm_ws *ws, struct cm_str text);
    /** What was queued has gone out, after cm_ws_send found no room or cm_ws_queued was above zero
     *  at the end of a turn. May be NULL. */
    void (*drained)(void *ctx, struct cm_ws *ws);
    /** Once, last: `ws` is gone. `code` is the peer's, or ours where we ended it; `why` is for a
     * log line and lent. A dial that failed ends here too, without `opened` and with 1006. */
    void (*closed)(void *ctx, unsigned code, const char *why);
};

struct cm_ws_limits {   /* 0: the default in brackets */
    size_t message_max; /* bytes of one message that comes [64 KiB] */
    size_t queue_max;   /* bytes of output that wait for the peer [256 KiB] */
    int idle_ms;        /* nothing came for so long: ping; again so long: ended [30 s] */
    int closing_ms;     /* how long the peer may take to answer our close [5 s] */
};

/** Whose connection this is, from `opened` on; to be called in the server's `opened`, may be called
 *  again to hand the connection on. `events` is borrowed. */
void cm_ws_own(struct cm_ws *ws, const struct cm_ws_events *events, void *ctx);

/** Queues one text message made of `parts`, copied. false: it does not fit into the queue, or the
 *  connection is closing; nothing of it was queued. */
bool cm_ws_send(struct cm_ws *ws, const struct cm_str parts[], size_t count);
/** Bytes that the peer has not taken yet. */
size_t cm_ws_queued(const struct cm_ws *ws);

/** Says goodbye: what is queued goes out, then a close frame, then the peer's is waited for (up to
 *  closing_ms), then `closed` is called. Nothing that comes meanwhile is heard. `why` is at most
 * 123 bytes of UTF-8; it goes to the peer. A second call changes nothing. */
void cm_ws_close(struct cm_ws *ws, enum cm_ws_close code, const char *why);
/** Resets the connection without a word; `closed` is called with CM_WS_BROKEN. */
void cm_ws_abort(struct cm_ws *ws);

struct cm_loop *cm_ws_loop(const struct cm_ws *ws);
