/* tls_host.h - a certificate authority and a TLS server that speaks WebSocket, in a thread: it says
 * back every frame it hears, its payload unmasked, to the one that comes. */
#pragma once
#include "host.h"

struct tls_host {
    char ca_file[64]; /* PEM, to be trusted or not; removed in the end */
    unsigned port;
    int listener;
    struct ssl_ctx_st *ctx;
    pthread_t thread;
    unsigned much;   /* messages of 1,000 bytes that it says first */
    int read_now[2]; /* a pipe: with `reads_late` a byte lets it begin to read */
    bool reads_late;
};

/** The certificate is for `name`, signed by an authority of its own. */
void tls_host_start(struct tls_host *host, const char *name);
void tls_host_serve(struct tls_host *host); /* one connection, in a thread */
void tls_host_stop(struct tls_host *host);
