/* ws_server.h - listens for WebSocket connections: `loops` threads on one address.
 *
 * Each thread has a loop of its own and a listening socket (SO_REUSEPORT); a connection stays in
 * the thread that took it. In front of it stand a cap of connections, a deadline and a size for the
 * handshake, and `admit`. What is refused gets an HTTP answer, is counted, and costs nobody else
 * anything.
 */
#pragma once
#include "http/ws/handshake.h"
#include "http/ws/ws.h"

struct cm_ws_server; /* opaque */

struct cm_ws_server_options {
    const char *addr;         /* "127.0.0.1:8082" */
    int loops;                /* threads; 0: 1 */
    unsigned connections_max; /* over all threads, open ones and handshakes; 0: 4000 */
    int handshake_ms;         /* from the first moment to the last byte of the head; 0: 10 s */
    struct cm_ws_limits limits;
    void *ctx; /* handed to each of the following */
    /** The head is there: 101 takes the connection, another status is answered and ends it. Inline:
     *  it never waits. Loop's thread. */
    unsigned (*admit)(void *ctx, const struct cm_ws_request *rq);
    /** It is open; cm_ws_own must be called here. `rq` is lent. Loop's thread. */
    void (*opened)(void *ctx, struct cm_ws *ws, const struct cm_ws_request *rq);
    /** In each loop's thread, first and last. In `loop_close` no connection is open any more. May
     * be NULL. */
    void (*loop_open)(void *ctx, struct cm_loop *loop, unsigned index);
    void (*loop_close)(void *ctx, struct cm_loop *loop, unsigned index);
    /** callmill_ws_connections, callmill_ws_refused_total{reason}, callmill_ws_messages_total{way},
     *  callmill_ws_bytes_total{way}, callmill_ws_closed_total{code}; may be NULL */
    struct cm_metrics *metrics;
};

/** CM_FATAL: the address is wrong or taken, or there are no threads. `options` and what it names
 *  are borrowed, the struct itself copied. */
cm_rc cm_ws_server_start(const struct cm_ws_server_options *options, struct cm_ws_server **out,
                         struct cm_err *err) CM_MUSTCHECK;
unsigned cm_ws_server_port(const struct cm_ws_server *server); /* for addr "...:0" */

/** Takes no new connection from now on; those that are open go on. Thread: any. */
void cm_ws_server_refuse(struct cm_ws_server *server);
unsigned cm_ws_server_open(const struct cm_ws_server *server); /* connections; thread: any */
/** Waits up to `grace_ms` until no connection is open, then closes what is left with 1001, gives
 *  them closing_ms, ends the threads. Negative: resets what is open. Thread: not a loop's. */
void cm_ws_server_stop(struct cm_ws_server *server, int grace_ms);
void cm_ws_server_free(struct cm_ws_server *server); /* stops at once */
CM_DEFINE_OWN(cm_ws_server, cm_ws_server_free);
