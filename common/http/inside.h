/* inside.h - what the server's own files share; nobody else includes it.
 *
 * Vocabulary: a `http_loop` is one thread with its event loop and its libmicrohttpd daemon. A
 * `http_conn` is one accepted connection, known to the reaper from accept to close. A request lives
 * from the moment its first line was read until libmicrohttpd says that it is completed, which it
 * never does while the connection is suspended: so whoever was handed a request (a worker, a
 * callback of the loop) may answer it even when the client has long left.
 *
 * Everything of a loop is touched by its own thread only, but for a request between the moment a
 * worker took it and the moment the worker posted it back.
 */
#pragma once
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/queue.h"
#include "base/span.h"
#include "http/form.h"
#include "http/route.h"
#include "http/server.h"

/* Beyond its cap a body is read and thrown away for this long, so that an honest client sees the
 * answer and not a reset; then the connection is cut. */
enum { DRAIN_MAX_BYTES = 256 * 1024 };

enum http_refusal { /* why a request was turned away; the label `reason` */
                    REFUSED_FRAMING,
                    REFUSED_MALFORMED,
                    REFUSED_DEADLINE,
                    REFUSED_BODY,
                    REFUSED_CONNECTIONS,
                    REFUSED_QUEUE,
                    REFUSED_LONG_BODIES,
                    REFUSED_SLOW_READER,
                    REFUSALS
};

enum http_phase {                 /* of a connection; each has its own way of taking too long */
                  CONN_IDLE,      /* no byte of a request yet */
                  CONN_READING,   /* a request is coming in */
                  CONN_WORKING,   /* it is with its handler */
                  CONN_SENDING,   /* the answer is going out */
                  CONN_STREAMING, /* a stream: no end is expected, its queue is bounded */
};

struct http_conn {
    struct http_loop *loop;
    struct http_conn *prev, *next;
    struct cm_http_request *rq; /* NULL between requests */
    int fd;
    enum http_phase phase;
    bool shut;            /* the socket was shut down, the end is near */
    int64_t since_ms;     /* when the phase began, or when the last progress was seen */
    bool measured;        /* taken_bytes is of this phase */
    uint64_t taken_bytes; /* received (idle) or acknowledged (sending) at the last look */
};

struct route_stats;
struct http_pipe;

struct http_loop {
    struct cm_http_server *server;
    unsigned index;
    struct cm_loop *loop;
    struct MHD_Daemon *daemon;
    struct cm_watch *watch; /* of the daemon's epoll descriptor */
    struct cm_timer *run_timer, *reap_timer;
    struct http_conn *conns;
    struct route_stats *stats; /* one a route, and one for no route */
    pthread_t thread;
    bool running;
    bool resumed; /* a connection was, since the daemon ran last */
    bool closed;  /* loop_close was or is about to be called: no handler runs any more */
};

struct cm_http_server {
    struct cm_http_options options; /* with the defaults filled in */
    size_t route_count;
    unsigned port;
    struct http_loop *loops;
    pthread_t *workers;
    int workers_running;
    struct cm_queue *queue; /* of requests for the workers */
    atomic_int connections;
    atomic_uint long_bodies; /* that come in or are with their handler */
    atomic_bool draining;    /* no new connections; those that are end with their answer */
    atomic_bool aborting;    /* the grace is over: what waits for a worker is answered 503 */
    bool stopped;
    pthread_mutex_t lock; /* of in_flight */
    pthread_cond_t drained;
    size_t in_flight; /* requests that exist */
    struct cm_metric *refused[REFUSALS], *open_connections;
};

enum http_stage {
    STAGE_READING, /* its body may still be coming in */
    STAGE_ASKING,  /* long_bodies.admit is running */
    STAGE_ASKED,   /* suspended; long_bodies.admit will tell later */
    STAGE_HANDLER, /* an inline handler is running */
    STAGE_WORKER,  /* suspended; a worker has it */
    STAGE_WAITING, /* suspended; an inline handler will answer later */
    STAGE_QUEUED,  /* libmicrohttpd has the response */
};

struct http_field {
    struct http_field *next;
    const char *name, *value;
};

struct cm_http_request {
    struct http_loop *at;
    struct http_conn *conn;
    struct MHD_Connection *mhd;
    struct cm_arena *arena;
    enum http_stage stage;
    const char *method;
    struct cm_str target, path, query;
    struct http_match match;
    struct cm_buf body;
    int body_fd;        /* a long body's; -1: none */
    bool has_long_body; /* counted in long_bodies */
    uint64_t received, discarded;
    unsigned refuse; /* a status: the body is thrown away, then this is the answer */
    const char *refuse_why;
    bool admitted, answered, must_close;
    bool waits;      /* the client sends its body once it is asked to (Expect: 100-continue) */
    bool head_again; /* libmicrohttpd will repeat the call in which it was suspended */
    struct cm_form_field *query_fields; /* decoded */
    size_t query_count;
    struct http_field *fields, **last_field; /* of the response */
    struct MHD_Response *response;
    unsigned status;
    struct cm_http_stream *stream;
    struct http_pipe *pipe;
    int64_t began_us;     /* wall clock */
    struct cm_span *span; /* in the arena; NULL: the request belongs to no trace */
};

/* intake.c: libmicrohttpd's callbacks. */
void *http_on_target(void *loop, const char *target, struct MHD_Connection *mhd);
enum MHD_Result http_on_request(void *loop, struct MHD_Connection *mhd, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_len, void **rq);
void http_on_completed(void *loop, struct MHD_Connection *mhd, void **rq,
                       enum MHD_RequestTerminationCode how);

/* body.c: what comes in behind the headers. */
uint64_t http_body_max(const struct cm_http_request *rq);
bool http_body_is_long(const struct cm_http_request *rq);
/** Before a long body is read: who sends it? */
enum MHD_Result http_body_ask(struct cm_http_request *rq);
enum MHD_Result http_body_asked(struct cm_http_request *rq);
/** The answer is there: the request may be read on, if only to throw the body away. */
void http_body_go_on(struct cm_http_request *rq);
enum MHD_Result http_body_take(struct cm_http_request *rq, struct cm_str part);
void http_body_finish(struct cm_http_request *rq);
void http_refuse(struct cm_http_request *rq, enum http_refusal reason, unsigned status,
                 const char *why);

/* head.c: NULL, and the value of Content-Length; or why the request is refused. */
const char *http_head_verdict(struct cm_http_request *rq, const char *version,
                              struct cm_str *length);

/* work.c: handlers and their threads. */
enum MHD_Result http_dispatch(struct cm_http_request *rq);
enum MHD_Result http_queue_response(struct cm_http_request *rq);
void *http_worker_main(void *server);
void http_resume(struct cm_http_request *rq);

/* span.c: the request's span, and the trace in which its handlers work. */
void http_handle(struct cm_http_request *rq, cm_http_handler *handler);
struct cm_trace http_span_enter(const struct cm_http_request *rq);
void http_span_end(struct cm_http_request *rq); /* the request is completed */

/* reply.c */
void http_reply_with(struct cm_http_request *rq, unsigned status, const char *type,
                     struct MHD_Response *response); /* takes the response; NULL: no memory */

/* stream.c */
void http_stream_gone(struct cm_http_stream *stream);  /* the request is completed */
void http_stream_drain(struct cm_http_stream *stream); /* the server stops */

/* pipe.c */
void http_pipe_break(struct http_pipe *pipe); /* the server stops */

/* reaper.c */
void http_on_connection(void *loop, struct MHD_Connection *mhd, void **conn,
                        enum MHD_ConnectionNotificationCode how);
void http_conn_enter(struct http_conn *conn, enum http_phase phase);
void http_conn_shut(struct http_conn *conn);
/** Answers with bare bytes, where libmicrohttpd can't any more, and shuts the socket down. */
void http_conn_cut(struct http_conn *conn, unsigned status);
void http_reap(void *loop);

/* stats.c */
struct route_stats *http_stats_new(size_t routes);
void http_stats_free(struct route_stats *stats, size_t routes);
void http_stats_count(struct cm_http_request *rq);
void http_refusals_open(struct cm_http_server *server);
