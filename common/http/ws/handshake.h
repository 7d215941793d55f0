/* handshake.h - the HTTP that comes before WebSocket frames (RFC 6455, 4): read, answered, asked.
 *
 * Pure: bytes in, bytes out; fuzzed. What is read is stricter than HTTP: one GET, CRLF line ends,
 * no folded lines, no body, each of the handshake's fields once. Thread: any.
 */
#pragma once
#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

enum { CM_WS_HEAD_MAX = 8192, CM_WS_HEADERS_MAX = 64 };

struct cm_ws_header {
    struct cm_str name, value; /* trimmed */
};

struct cm_ws_request {    /* views into the head */
    struct cm_str target; /* raw: path and query as sent */
    struct cm_str path;   /* before the '?' */
    struct cm_str key;    /* Sec-WebSocket-Key */
    struct cm_ws_header headers[CM_WS_HEADERS_MAX];
    size_t header_count;
    struct cm_str peer; /* the client's address without port; filled in by the server */
};

enum cm_ws_head_answer { CM_WS_HEAD_MORE, CM_WS_HEAD_WHOLE, CM_WS_HEAD_BAD };

/** Is it worth while to read a head of which `before` bytes were there the last time? Only where it
 *  ends, or can't end well: so one that drips costs its length and not the square of it. */
bool cm_ws_head_may_end(struct cm_str bytes, size_t before);

/** Reads a client's head from the front of `bytes`. WHOLE: `*used` bytes were it. BAD: `*status` is
 *  to be answered (400, 405, 426, 431 or 505) and `*why` says why, for people. */
enum cm_ws_head_answer cm_ws_read_request(struct cm_str bytes, struct cm_ws_request *out,
                                          size_t *used, unsigned *status, const char **why);
/** The first header of that name (any case). */
bool cm_ws_request_header(const struct cm_ws_request *rq, const char *name, struct cm_str *value);

/** 101 with Sec-WebSocket-Accept; no extension, no subprotocol. */
void cm_ws_write_accept(struct cm_str key, struct cm_buf *out);
/** Any other status, with an empty body and Connection: close. */
void cm_ws_write_refusal(unsigned status, struct cm_buf *out);

/** A client's head. `key` is 24 bytes of base64; `headers` as in ws_dial.h, checked by the caller
 *  to be one line each. */
void cm_ws_write_request(struct cm_str host, struct cm_str target, struct cm_str key,
                         const char *const *headers, struct cm_buf *out);
/** Reads a server's answer. BAD: `*why` says why and `*status` what it answered (0: it was no
 *  HTTP). */
enum cm_ws_head_answer cm_ws_read_response(struct cm_str bytes, struct cm_str key, size_t *used,
                                           unsigned *status, const char **why);
