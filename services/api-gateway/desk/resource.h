/* resource.h - what the resources of the desk have alike: a list, one of it, and the answer to a
 * change.
 *
 * Row-level security keeps both statements to the organization of who asks.
 */
#pragma once
#include "change.h"
#include "reply.h"

struct resource {
    const char *path;           /* "/api/analyzers" */
    const struct cm_stmt *list; /* no parameters; NULL: it has a list of its own */
    const struct cm_stmt *one;  /* $1: the id */
    reply_put *put;             /* a row of either */
};

void resource_list(struct cm_http_request *rq, struct gateway *gateway,
                   const struct resource *resource);
void resource_show(struct cm_http_request *rq, struct gateway *gateway,
                   const struct resource *resource);

/** The end of a change: the row as it is within the transaction, which is committed; only then it
 * is answered, with 201 and its Location where it `is_new`. */
void resource_answer(struct change *change, const struct resource *resource, struct cm_uuid id,
                     bool is_new);
