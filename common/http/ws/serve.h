/* serve.h - what the sources of the WebSocket server share: its threads, and what they count. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>

#include "http/ws/inside.h"
#include "http/ws/ws_server.h"

enum ws_refusal {
    WS_REFUSED_HANDSHAKE,   /* the head is none */
    WS_REFUSED_DEADLINE,    /* the head did not come */
    WS_REFUSED_CONNECTIONS, /* the cap */
    WS_REFUSED_ADMIT,       /* the owner said no */
    WS_REFUSED_STOPPING,
    WS_REFUSALS,
};

struct ws_acceptor { /* one thread */
    struct cm_ws_server *server;
    unsigned index;
    struct cm_loop *loop;
    struct ws_hub *hub;
    struct cm_watch *watch;
    struct cm_timer *pause; /* when there are no descriptors left */
    int fd;                 /* listens */
    pthread_t thread;
    bool runs;
};

struct cm_ws_server {
    struct cm_ws_server_options options; /* without zeros */
    unsigned port;
    struct ws_acceptor *acceptors;
    unsigned count;
    atomic_uint held; /* descriptors: handshakes, open ones, and those that take their leave */
    atomic_uint open;
    atomic_bool refusing;
    bool stopped;
    pthread_mutex_t lock; /* with `none_open` only */
    pthread_cond_t none_open;
    struct ws_counts counts;
    struct cm_metric *connections, *refused[WS_REFUSALS];
};

/* accept.c */
void ws_accept(void *ctx, uint32_t events); /* of an acceptor's descriptor */
extern const struct ws_keeper ws_serving;   /* its keeper_ctx is the acceptor */

/* stats.c */
void ws_stats_open(struct cm_ws_server *server);
void ws_stats_closed(const struct cm_ws_server *server, unsigned code);
