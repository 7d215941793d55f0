/* dial.h - what the sources of the dialer share: one attempt to connect.
 *
 * Each dial has a libcurl multi handle of its own. In a common one every new transfer would look
 * through the cache of connections and close those that it takes for dead: that are idle for two
 * minutes, or have something to read, for libcurl knows nothing of what we do with them. A ws://
 * connection leaves libcurl when it is made: we keep a duplicate of the descriptor. One of wss://
 * stays, since it is libcurl that enciphers.
 */
#pragma once
#include "base/digest.h"
#include "http/curl.h"
#include "http/ws/inside.h"
#include "http/ws/ws_dial.h"

struct x509_store_st; /* OpenSSL's X509_STORE */

struct cm_ws_dialer {
    struct cm_loop *loop;
    struct ws_hub *hub;
    CURLSH *share;               /* names and TLS sessions */
    struct x509_store_st *roots; /* the system's certificates, read once; NULL: no wss:// */
};

enum { WS_DIAL_SOCKETS = 4 }; /* libcurl's while it connects: two families, the resolver's pipe */

struct ws_dial {
    struct cm_ws *ws;
    struct cm_ws_dialer *dialer;
    CURLM *multi;
    CURL *easy;
    struct cm_timer *timer;
    struct ws_dial_socket {
        struct ws_dial *dial;
        curl_socket_t fd;
        struct cm_watch *watch; /* NULL: this place is free */
    } sockets[WS_DIAL_SOCKETS];
    bool tls, connected;
    int64_t deadline_ms;
    char *url;               /* http:// or https://, for libcurl */
    char *ca_file;           /* or NULL */
    struct cm_buf head;      /* our request, until it is sent */
    struct cm_base64_32 key; /* Sec-WebSocket-Key */
    char error_text[CURL_ERROR_SIZE];
};

/* dial_url.c: takes `options` apart. CM_REJECT: says what is wrong with them. */
cm_rc ws_dial_read(const struct cm_ws_dial *options, struct ws_dial *out,
                   struct cm_err *err) CM_MUSTCHECK;

/* connect.c */
cm_rc ws_connect(struct ws_dial *dial, int connect_ms, struct cm_err *err) CM_MUSTCHECK;
void ws_connect_end(struct ws_dial *dial); /* gives back what is libcurl's */
extern const struct ws_wire ws_tls;        /* its context is the struct ws_dial */
/* ws_dial.c: TCP, and TLS, are there. */
void ws_dial_connected(struct ws_dial *dial);
