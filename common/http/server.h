/* server.h - an HTTP/1.1 server on libmicrohttpd, polled from our own event loops.
 *
 * Vocabulary: a listener owns `loops` threads (each a cm_loop, all accepting on the same address by
 * SO_REUSEPORT) and a bounded pool of `workers`. A route is served INLINE, in the loop's thread, by
 * code that never waits (it may answer later, from a callback of the same loop), or by a WORKER, in
 * a thread that may wait. A request suspended in between costs no thread.
 *
 * A long body (CM_HTTP_LONG_BODY) is asked about before it is read: while the server finds out who
 * sends it, the connection is suspended. Then it goes to a file as it comes in; one that is not
 * wanted is thrown away as it comes in, so that the client hears why.
 *
 * In front of every route stand the request gate (gate.h: refuses the framings by which requests
 * are smuggled past libmicrohttpd 0.9.75), a deadline for the whole request, a body cap, and a
 * connection cap; what is over a bound is answered 400, 408, 413, 431 or 503 and counted. Ids are
 * matched by pattern on the raw target; no path is ever built from its text.
 */
#pragma once
#include "base/arena.h"
#include "base/config.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/uuid.h"

struct cm_http_server;  /* opaque */
struct cm_http_request; /* one request; lives until it is answered and sent */

typedef void cm_http_handler(struct cm_http_request *rq, void *ctx);

enum cm_http_where { CM_HTTP_INLINE, CM_HTTP_WORKER };

struct cm_http_route {
    const char *method; /* "GET" serves HEAD as well */
    const char *path;   /* "/api/calls/{id}/recording"; {name} matches one non-empty segment,
                         * unless another row writes the whole path out. The first row that
                         * matches is taken */
    cm_http_handler *handler;
    enum cm_http_where where;
    size_t body_max; /* bytes; 0: no body is taken; CM_HTTP_LONG_BODY: see cm_http_long_bodies */
};

#define CM_HTTP_LONG_BODY SIZE_MAX

/** What holds for the routes with long bodies. */
struct cm_http_long_bodies {
    const char *folder; /* they are files in it, without names */
    uint64_t max_bytes; /* of one */
    unsigned at_a_time; /* more are answered 503 */
    /** Called in the loop's thread when the headers are there. It answers the request, or says
     *  cm_http_take_body; now or later. */
    cm_http_handler *admit;
};

struct cm_http_options {
    const char *addr;                   /* "127.0.0.1:8080" */
    const struct cm_http_route *routes; /* ended by an empty row; borrowed */
    /** GET and HEAD of a path that no route has: answers, or leaves it, and it gets 404. In the
     *  loop's thread. NULL: always 404 */
    cm_http_handler *lost;
    void *ctx;                /* handed to every handler */
    int loops, workers;       /* 0: 1 loop, no workers */
    size_t queue_max;         /* requests waiting for a worker, more get 503; 0: 256 */
    unsigned connections_max; /* 0: 4000 */
    /** From the first byte to the end of the request's body; 0: 10 s. A long body has a second more
     *  for each 64 KiB of it that came. */
    int request_deadline_ms;
    struct cm_http_long_bodies long_bodies; /* empty: no route has CM_HTTP_LONG_BODY */
    /** Between two requests of a connection; and a client that within this time takes less than a
     *  kilobyte a second of its answer is ended. 0: 30 s */
    int idle_ms;
    bool close_always;      /* Connection: close on every response (webhooks, behind a proxy) */
    bool query_fields_once; /* a query with a field that stands there twice gets 400: of two values
                             * one would be passed over, and nobody told */
    /** name, value, name, value, ..., NULL: headers of every response that has none of that name;
     *  borrowed; may be NULL */
    const char *const *headers;
    /** callmill_http_requests_total{route,method,status}, callmill_http_request_seconds{route},
     *  callmill_http_refused_total{reason}, callmill_http_connections; may be NULL */
    struct cm_metrics *metrics;
    /** In each loop's thread, first. */
    void (*loop_open)(void *ctx, struct cm_loop *loop, unsigned index);
    /** In each loop's thread, last: the loop takes no turn after it and no handler is called. What
     *  the handlers still wait for is to be answered now; nobody may touch a request later. */
    void (*loop_close)(void *ctx, struct cm_loop *loop, unsigned index);
};

/** CM_FATAL: the address is wrong or taken, or there are no threads. */
cm_rc cm_http_server_start(const struct cm_http_options *options, struct cm_http_server **out,
                           struct cm_err *err) CM_MUSTCHECK;
/** Stops accepting, lets what is in flight finish for up to `grace_ms`, then answers 503 to what
 *  waits and closes. A worker's handler is waited for even beyond that. */
void cm_http_server_stop(struct cm_http_server *server, int grace_ms);
void cm_http_server_free(struct cm_http_server *server); /* stops at once */
CM_DEFINE_OWN(cm_http_server, cm_http_server_free);
unsigned cm_http_server_port(const struct cm_http_server *server); /* for addr "...:0" */

/* What came. Views live as long as the request. */
struct cm_arena *cm_http_arena(struct cm_http_request *rq);
const char *cm_http_method(const struct cm_http_request *rq);
struct cm_str cm_http_target(const struct cm_http_request *rq); /* raw: path and query as sent */
struct cm_str cm_http_path(const struct cm_http_request *rq);   /* raw, undecoded */
/** What stands for {name} in the path, undecoded; empty: the route has no such name. */
struct cm_str cm_http_segment(const struct cm_http_request *rq, const char *name);
/** The first field of that name in the query, decoded, in UTF-8 (else the request got 400). */
bool cm_http_query(struct cm_http_request *rq, const char *name, struct cm_str *value);
struct cm_str cm_http_query_raw(const struct cm_http_request *rq); /* behind the '?', undecoded */
/** The first line of that name (any case), trimmed. */
bool cm_http_header(struct cm_http_request *rq, const char *name, struct cm_str *value);
/** All lines of that name, joined by commas in their order (RFC 9110, 5.3); empty: there is none.
 *  For lists to which proxies add: some lengthen the client's line, some put a line of their own
 *  behind it. */
struct cm_str cm_http_header_list(struct cm_http_request *rq, const char *name);
bool cm_http_cookie(struct cm_http_request *rq, const char *name, struct cm_str *value);
struct cm_str cm_http_body(const struct cm_http_request *rq); /* empty, if it is a long one */
/** A long body's file; lent as long as the request lives. */
int cm_http_body_file(const struct cm_http_request *rq);
/** From cm_http_long_bodies.admit: the body is wanted. */
void cm_http_take_body(struct cm_http_request *rq);
struct cm_str cm_http_peer(const struct cm_http_request *rq); /* address without port */
struct cm_loop *cm_http_loop(const struct cm_http_request *rq);
unsigned cm_http_loop_index(const struct cm_http_request *rq);

/* The request's trace (base/trace.h): none, until its handler says what the request belongs to.
 * Then it has a span, recorded when the answer is through, and the thread works in it until the
 * handler returns; so do the request's later handlers. (A callback that says it has to leave the
 * thread's trace as it was: CM_OWN_TRACE.) What belongs to nothing costs nothing and is not
 * recorded: pages that poll, health checks, files.
 *
 * The `traceparent` of just anybody is not looked at: it would fill a trace of their choice. Of a
 * client who was recognized it is taken, with its wish to be sampled; what that can cost is one
 * span a request, in a queue that is bounded and drops what is too much (base/span.h).
 * Thread: who may answer. */
/** The client is known to be one of ours. Nothing happens where there is no header `traceparent`,
 * or two, or nonsense. */
void cm_http_of_client(struct cm_http_request *rq);
/** The request is about this call, so its span is part of the call's trace. A span of the client's
 * trace stays there, and gets a link to the call's. */
void cm_http_of_call(struct cm_http_request *rq, struct cm_uuid call_id);

/* Answering: headers first, then exactly one of the verbs; a second one is dropped and logged.
 * Thread: the handler's, or, after a handler of an INLINE route returned without answering, the
 * loop's. A client that left in between changes nothing: the request lives until it is answered. */
void cm_http_set(struct cm_http_request *rq, const char *header, const char *value); /* copied */
/** `type` NULL: no Content-Type. `body` is copied. */
void cm_http_reply(struct cm_http_request *rq, unsigned status, const char *type,
                   struct cm_str body);
/** As cm_http_reply, but `body` outlives the server and is not copied. */
void cm_http_reply_lent(struct cm_http_request *rq, unsigned status, const char *type,
                        struct cm_str body);
/** `body` is taken and left empty. */
void cm_http_reply_buf(struct cm_http_request *rq, unsigned status, const char *type,
                       struct cm_buf *body);
void cm_http_reply_empty(struct cm_http_request *rq, unsigned status);
/** RFC 9457: {"type":"about:blank","title","status","detail"}; `title` NULL: the status' words. */
void cm_http_problem(struct cm_http_request *rq, unsigned status, const char *title,
                     const char *detail);
/** The file from `fd` (taken, closed at the end), sent by sendfile. Honours Range, If-Range and
 *  If-None-Match against `etag` (strong, with quotes; or NULL): 200, 206, 304 or 416. HEAD too. */
void cm_http_reply_file(struct cm_http_request *rq, int fd, uint64_t size, const char *type,
                        const char *etag);

/* The same for bytes that are elsewhere, in two steps. */
struct cm_http_wanted {
    unsigned status; /* 200 or 206 */
    uint64_t from, len;
};
/** What of a file of `size` bytes the client wants; sets the headers that tell it. false: nothing,
 *  and it was answered (304, 416). */
bool cm_http_want_part(struct cm_http_request *rq, uint64_t size, const char *etag,
                       struct cm_http_wanted *out);
/** Answers with the part, whose bytes somebody writes to the descriptor that is returned (the
 *  caller's; it blocks, and breaks with EPIPE when the client has left). One that is closed too
 *  early ends the connection. -1: no bytes are wanted (HEAD), or there is no descriptor left and it
 *  was answered 503. Loop's thread only. */
int cm_http_reply_pipe(struct cm_http_request *rq, const struct cm_http_wanted *part,
                       const char *type);

/* A stream of bytes that has no end (Server-Sent Events). Loop's thread only. */
struct cm_http_stream;
/** Answers 200 and keeps the response open. `gone(ctx)` is called once, when the client left or the
 *  server stops or cm_http_stream_end was called; the stream is dead after it. NULL: the request
 *  was already answered, and `gone` is never called. */
struct cm_http_stream *cm_http_reply_stream(struct cm_http_request *rq, const char *type,
                                            size_t queue_max_bytes, void (*gone)(void *ctx),
                                            void *ctx);
/** false: the client left, or is too slow and its queue is full; the stream is being ended. */
bool cm_http_stream_put(struct cm_http_stream *stream, struct cm_str bytes);
/** What was put is still sent. */
void cm_http_stream_end(struct cm_http_stream *stream);
