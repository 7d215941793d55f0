/* ws_dial.h - a WebSocket connection to a server, from a loop, over TCP or TLS.
 *
 * libcurl connects (names, both address families, TLS with the system's certificates, no proxy and
 * no .netrc of the environment); then the connection is ours. A ws:// connection is read and
 * written by plain system calls and costs nothing of libcurl any more. The server's certificate is
 * always checked. The process, or the loop's thread, ignores SIGPIPE. Thread: the loop's.
 */
#pragma once
#include "http/ws/ws.h"

struct cm_ws_dialer; /* what the connections of one loop share; opaque */

/** `tls`: wss:// will be dialled too, so the system's certificates are read now; they take about
 *  half a megabyte. CM_FATAL: libcurl, or these certificates, can't be used. */
cm_rc cm_ws_dialer_new(struct cm_loop *loop, bool tls, struct cm_ws_dialer **out,
                       struct cm_err *err) CM_MUSTCHECK;
/** Aborts what is open: each `closed` is called first. Not from inside an event. */
void cm_ws_dialer_free(struct cm_ws_dialer *dialer);
CM_DEFINE_OWN(cm_ws_dialer, cm_ws_dialer_free);

struct cm_ws_dial {
    const char *url;            /* ws://host[:port]/path?query or wss://; copied */
    const char *const *headers; /* "Name: value", ended by NULL; copied; may be NULL */
    const char *ca_file;        /* PEM of who signs the server's certificate; NULL: the system's */
    int connect_ms;             /* until the handshake is done; 0: 5 s */
    struct cm_ws_limits limits;
};

/** Begins to connect; `opened` or `closed` is called later. `*out` is the connection, the caller's
 *  to name until `closed`. CM_REJECT: the URL or a header is none of ours, or it is wss:// and the
 *  dialer was made without. */
cm_rc cm_ws_dial(struct cm_ws_dialer *dialer, const struct cm_ws_dial *dial,
                 const struct cm_ws_events *events, void *ctx, struct cm_ws **out,
                 struct cm_err *err) CM_MUSTCHECK;
