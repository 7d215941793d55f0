/* inside.h - what the sources of http/ws share. Not for others.
 *
 * A connection's life:
 *
 *     CONNECTING -> SHAKING -> OPEN -> CLOSING -> LEAVING -> GONE
 *
 * CONNECTING is libcurl's (dial), SHAKING exchanges heads, CLOSING has sent our close frame and
 * waits for the peer's. LEAVING has nothing to do with its owner any more: what is queued goes out,
 * then our side of TCP is shut, then the peer's end is awaited, so that no reset overtakes the last
 * words; all of it up to a deadline. GONE has no descriptor, and is freed at the end of the turn.
 * Every step may be left out, none is taken back.
 *
 * The hub is what the connections of one loop and one server or dialer share: the buffer that is
 * read into, the list of those that have something to send, the list of those whose owners are to
 * be told something, one timer that sweeps over all. Nothing of it is touched from another thread.
 */
#pragma once
#include <sys/types.h>

#include "base/buf.h"
#include "http/ws/frame.h"
#include "http/ws/handshake.h"
#include "http/ws/ws.h"

enum {
    WS_READ_BYTES = 64 * 1024,
    WS_SWEEP_MS = 250,
    WS_SPARE_MAX = 64,          /* empty output buffers that a hub keeps: about a turn's */
    WS_SPARE_BYTES = 1024,      /* a larger one is not kept */
    WS_RANDOM_BYTES = 4 * 1024, /* masking keys made at a time */
};

enum ws_state { WS_CONNECTING, WS_SHAKING, WS_OPEN, WS_CLOSING, WS_LEAVING, WS_GONE };

/* How bytes come and go where it isn't by plain recv and send (TLS). Both as ws_recv and ws_send.
 */
struct ws_wire {
    ssize_t (*recv)(void *wire, void *at, size_t len);
    ssize_t (*send)(void *wire, const void *at, size_t len);
    void (*close)(void *wire);
};
enum { WS_IO_END = 0, WS_IO_AGAIN = -1, WS_IO_BROKEN = -2 };

/* What the server or the dialer does for a connection. */
struct ws_keeper {
    void (*shake)(struct cm_ws *ws, size_t before); /* more of the head is in `in` */
    void (*late)(struct cm_ws *ws);                 /* the handshake took too long */
    void (*told)(struct cm_ws *ws);                 /* `closed` was called; may be NULL */
    void (*gone)(struct cm_ws *ws);                 /* is about to be freed; may be NULL */
};

/* Series of one server; all NULL for others. */
enum { WS_IN, WS_OUT, WS_WAYS };
struct ws_counts {
    struct cm_metrics *metrics;
    struct cm_metric *messages[WS_WAYS], *bytes[WS_WAYS];
};

struct ws_hub {
    struct cm_loop *loop;
    struct ws_counts counts;
    struct cm_timer *sweep;
    struct cm_ws *first;                       /* all connections */
    struct cm_ws *dirty;                       /* have something to send */
    struct cm_ws *todo;                        /* are to be told something, read on, or freed */
    int64_t messages[WS_WAYS], bytes[WS_WAYS]; /* not yet counted in the metrics */
    struct cm_buf spare[WS_SPARE_MAX];
    size_t spares;
    size_t random_left;
    uint8_t random[WS_RANDOM_BYTES];
    uint8_t in[WS_READ_BYTES];
};

struct cm_ws {
    struct ws_hub *hub;
    struct cm_ws *prev, *next, *next_dirty, *next_todo;
    const struct cm_ws_events *events; /* NULL: nobody's */
    void *ctx;
    const struct ws_keeper *keeper; /* NULL: none */
    void *keeper_ctx;
    const struct ws_wire *wire; /* NULL: plain */
    void *wire_ctx;
    struct cm_watch *watch;
    int fd;
    uint8_t state;   /* enum ws_state */
    bool client : 1; /* masks what it sends */
    bool heard : 1;  /* something came since the last sweep */
    bool pinged : 1; /* and nothing came since */
    bool is_dirty : 1, is_todo : 1;
    bool blocked : 1;             /* the peer takes no more: EPOLLOUT */
    bool refused : 1, waited : 1; /* `drained` is owed when all is out */
    bool drained : 1;             /* ... and is to be called */
    bool read_on : 1;             /* more may be there than the descriptor tells (TLS) */
    bool shut : 1;                /* our side of TCP */
    bool ended : 1, told : 1;     /* `closed` is to be called, was called */
    bool in_message : 1;          /* a fragmented message has begun */
    bool opened : 1;              /* the server's owner has heard of it */
    unsigned code;                /* for `closed` */
    char *why;                    /* for `closed`; owned; may be NULL */
    size_t need;                  /* bytes of the frame in `in` */
    struct cm_buf in;             /* a frame that came in part, or the other's head */
    struct cm_buf message;        /* a message that came in part */
    struct cm_buf out, sending; /* the second is on its way and keeps its place (TLS wants that) */
    size_t sent;                /* of `sending` */
    int64_t quiet_ms;           /* since when nothing came */
    int64_t deadline_ms;        /* of SHAKING, CLOSING, LEAVING */
    struct cm_ws_limits limits; /* without zeros */
};

/* hub.c */
struct ws_hub *ws_hub_new(struct cm_loop *loop, const struct ws_counts *counts);
/** Ends every connection at once, calls each `closed`, frees all. */
void ws_hub_free(struct ws_hub *hub);
CM_DEFINE_OWN(ws_hub, ws_hub_free);
/** The end of a turn: sends, tells, frees. The loop calls it. */
void ws_hub_turn(struct ws_hub *hub);
/** Has the hub's end of turn look at the connection. */
void ws_todo(struct cm_ws *ws);
void ws_mark_dirty(struct cm_ws *ws);
void ws_next_key(struct ws_hub *hub, uint8_t key[WS_KEY]);
struct cm_buf ws_take_spare(struct ws_hub *hub);
void ws_give_spare(struct ws_hub *hub, struct cm_buf *buf);

/* ws.c: a connection in `state`, of nobody and without a descriptor. */
struct cm_ws *ws_new(struct ws_hub *hub, enum ws_state state, const struct cm_ws_limits *limits);
/** Watches `fd`, which becomes the connection's. false: it can't be watched and was closed. */
bool ws_attach(struct cm_ws *ws, int fd);
void ws_free(struct cm_ws *ws); /* hub.c only */
/** `closed` is to be called; the first reason counts. */
void ws_end(struct cm_ws *ws, unsigned code, const char *why);
/** Leaves: says the last words in `out` and goes. */
void ws_leave(struct cm_ws *ws);
/** Closes the descriptor now. `reset`: the peer gets RST, not FIN. */
void ws_drop(struct cm_ws *ws, bool reset);
/** The connection is lost: ends it with 1006. */
void ws_lose(struct cm_ws *ws, const char *why);
/** The peer broke a rule: tells it, ends it with `code`, leaves. */
void ws_fail(struct cm_ws *ws, enum cm_ws_close code, const char *why);
void ws_put_control(struct cm_ws *ws, enum ws_opcode opcode, struct cm_str payload);
void ws_put_close(struct cm_ws *ws, unsigned code, const char *why);

/* flow.c: bytes between the descriptor and the buffers. */
void ws_on_ready(void *ctx, uint32_t events);
void ws_read(struct cm_ws *ws);
void ws_flush(struct cm_ws *ws);

/* receive.c: takes bytes of the peer's frames; changes them. Events are called. */
void ws_receive(struct cm_ws *ws, uint8_t *at, size_t len);
