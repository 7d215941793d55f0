/* transfer.h - one request and its answer on a pooled libcurl handle; client.c's engine room. */
#pragma once
#include "base/trace.h"
#include "http/client.h"
#include "http/pool.h"

struct http_hop { /* where a request is on its way along redirects */
    const struct cm_http_ask *ask;
    const char *url, *method;
    enum cm_http_reach reach;
    bool redirected;                   /* the asker's headers and credentials stay behind */
    bool without_body;                 /* a redirect turned it into a GET */
    struct cm_traceparent traceparent; /* to be sent; empty: none */
};

cm_rc http_transfer(struct http_pool *pool, const struct http_hop *hop, struct cm_arena *arena,
                    struct cm_http_answer *out, struct cm_err *err) CM_MUSTCHECK;
