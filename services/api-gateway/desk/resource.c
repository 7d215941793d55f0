#include "desk/resource.h"

#include "ask.h"

static void answer_list(struct ask *ask, struct cm_rows *rows[])
{
    const struct resource *const *resource = ask->own;

    reply_rows(ask->rq, rows[0], cm_rows_count(rows[0]), (*resource)->put);
}

static void answer_one(struct ask *ask, struct cm_rows *rows[])
{
    const struct resource *const *resource = ask->own;

    reply_row(ask->rq, rows[0], (*resource)->put);
}

/* An ask's own is not const. */
static const struct resource **own_of(struct cm_http_request *rq, const struct resource *resource)
{
    const struct resource **own = CM_NEW(cm_http_arena(rq), const struct resource *);

    *own = resource;
    return own;
}

void resource_list(struct cm_http_request *rq, struct gateway *gateway,
                   const struct resource *resource)
{
    struct ask *ask = ask_new(rq, gateway, answer_list);

    if (!ask)
        return;
    ask->own = own_of(rq, resource);
    ask_step(ask, resource->list, NULL);
    ask_send(ask);
}

void resource_show(struct cm_http_request *rq, struct gateway *gateway,
                   const struct resource *resource)
{
    ask_by_id(rq, gateway, resource->one, answer_one, own_of(rq, resource));
}

void resource_answer(struct change *change, const struct resource *resource, struct cm_uuid id,
                     bool is_new)
{
    CM_OWN(cm_rows) row = NULL;

    if (!change_query(change, resource->one, change_id_arg(change, id), &row) ||
        !change_commit(change))
        return;
    if (is_new)
        reply_row_created(change->rq, resource->path, id, row, resource->put);
    else
        reply_row(change->rq, row, resource->put);
}
