/* host.h - a WebSocket server under test, whose paths say what it does. The other side of it: raw
 * clients that send just these bytes (frames.h), and dialled ones (guest.h).
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
