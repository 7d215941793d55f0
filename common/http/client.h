/* client.h - HTTP requests that may take a while, from threads that may wait (libcurl).
 *
 * Connections are kept and shared. Only http and https; no redirect is followed unless asked for,
 * and then by hand: https only, to public addresses only, without credentials. No proxy and no
 * .netrc of the environment is used. Where the thread stands in a trace (base/trace.h), each
 * request that goes out has a span in it, which tells the server and never the path or query.
 * Thread: any.
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "base/metrics.h"
#include "base/own.h"

struct cm_http_client; /* opaque */

cm_rc cm_http_client_new(struct cm_metrics *metrics, struct cm_http_client **out,
                         struct cm_err *err) CM_MUSTCHECK;
void cm_http_client_free(struct cm_http_client *client);
CM_DEFINE_OWN(cm_http_client, cm_http_client_free);

enum cm_http_reach {
    CM_REACH_ANY,    /* a configured service: wherever the operator put it */
    CM_REACH_PUBLIC, /* never loopback, private, link-local, mapped or translated addresses */
};

struct cm_http_part {                    /* of multipart/form-data */
    const char *name, *file_name, *type; /* the last two may be NULL */
    struct cm_str body;
};

struct cm_http_ask {
    const char *method; /* NULL: GET, or POST with a body or parts */
    const char *url;
    const char *const *headers;  /* "Name: value", ended by NULL; may be NULL; not on a redirect */
    const char *user, *password; /* basic auth when not NULL; dropped on a redirect */
    const char *bearer;          /* likewise */
    /** "aws:amz:REGION:SERVICE": instead of basic auth, user and password sign the request (AWS's
     *  Signature Version 4). The query is to be sorted and escaped as it is signed, and the header
     *  x-amz-content-sha256 is the asker's. */
    const char *sign;
    /** Tell the server which trace the request is part of (`traceparent`), so that its own spans
     *  hang on ours. For services that the operator runs or chose for the contents of calls, since
     *  the trace's id is the call's. Never on a redirect, with CM_REACH_PUBLIC, or signed. */
    bool tell_trace;
    struct cm_str body;
    int upload_fd; /* >0: instead of `body`, the first `upload_len` bytes of this file */
    uint64_t upload_len;
    const char *body_type;
    const struct cm_http_part *parts;
    size_t part_count;
    enum cm_http_reach reach;
    int redirects_max;                  /* 0: a redirect is an ordinary answer */
    bool redirect_anywhere;             /* only where the configured service is http or loopback */
    int timeout_ms, connect_timeout_ms; /* 0: 30 s, 5 s */
    size_t answer_max;                  /* bytes; more: CM_REJECT. 0: 8 MiB */
    int sink_fd;          /* >0: the body of a 200 goes there instead of into the arena */
    unsigned sink_status; /* 0: 200; the body of this status and no other goes to the sink */
    /** Asked about once a second: true abandons the request (CM_RETRY). May be NULL. */
    bool (*stop)(void *ctx);
    void *stop_ctx;
};

struct cm_http_answer { /* in the arena */
    unsigned status;
    struct cm_str type; /* Content-Type without parameters */
    struct cm_str body; /* empty when it went to the sink */
    uint64_t size;      /* bytes of the body */
    /* headers; empty: none */
    struct cm_str retry_after, retry_after_ms, location, should_retry, etag, length;
};

/** Any status is CM_OK. CM_RETRY: no or no whole answer (away: could not connect at all, or the
 * sink's disk is full). CM_REJECT: a forbidden URL, address or size. */
cm_rc cm_http_fetch(struct cm_http_client *client, const struct cm_http_ask *ask,
                    struct cm_arena *arena, struct cm_http_answer *out,
                    struct cm_err *err) CM_MUSTCHECK;

/** Retry-After (seconds, decimals, or an HTTP date) as milliseconds from now, a day at most; 0:
 * none or nonsense. */
unsigned cm_retry_after_ms(struct cm_str value, int64_t now_us);
