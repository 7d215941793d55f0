/* host.h - a WebSocket server under test, whose paths say what it does, and the other side of it:
 * raw clients that send just these bytes, and dialled ones.
 *
 *     /echo     says back what it hears              /close    answers the first message by goodbye
 *     /silent   says nothing                         /abort    answers it by a reset
 *     /flood    answers it by messages until there is no room; says "drained" when they are out
 *     /nobody   is opened and not owned              /no       is answered 403
 *
 * Every wait has a deadline; what does not come in time fails the test.
 */
#pragma once
#include "../web.h"

#include <pthread.h>

#include "http/ws/ws_dial.h"
#include "http/ws/ws_server.h"

struct host { /* filled in by the server's threads; read it by the functions below */
    struct cm_ws_server *server;
    unsigned port;
    struct cm_metrics *metrics;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned opened, messages, drained, closed;
    unsigned flooded; /* messages that fitted */
    unsigned code;    /* of the last that closed */
    char why[200];    /* the same */
    char peer[64];    /* of the last that opened */
    unsigned loops_open, loops_closed;
};

/** Starts it on a free port of loopback; what `options` leaves open gets its default. */
void host_start(struct host *host, struct cm_ws_server_options options);
void host_stop(struct host *host);

/** Waits until the number at `what` (a field of the host) is at least `count`. */
void host_wait(struct host *host, const unsigned *what, unsigned count);
unsigned host_count(struct host *host, const unsigned *what);
/** The metric of that name and labels: "callmill_ws_refused_total{reason=\"admit\"}". */
long host_metric(struct host *host, const char *series);

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

struct guest { /* one dialled connection; on the loop of its caller */
    struct cm_loop *loop;
    struct cm_ws *ws; /* NULL after `closed` */
    unsigned opened, messages, drained, closed, code;
    char why[200];
    struct cm_buf heard;  /* the last message */
    const char *greeting; /* said when opened; may be NULL */
};
extern const struct cm_ws_events guest_events;

/** Runs the loop until the number at `what` is at least `count`. */
void loop_until(struct cm_loop *loop, const unsigned *what, unsigned count);
/** Dials `path` of the host; "!..." is a whole URL. */
void guest_dial(struct guest *guest, struct cm_ws_dialer *dialer, const struct host *host,
                const char *path, struct cm_ws_dial dial);
void guest_finish(struct guest *guest);
