
#include "service/emitter.h"
#include "service/inbox.h"
#include "service/persist.h"
#include "service/step.h"
#include "service/superseded.h"

struct persist_run { /* one transaction's work */
    const struct cm_route *route;
    struct cm_context *cx;
    struct cm_arena *arena;
    struct cm_item **items; /* the new ones */
    size_t count;
};

static cm_rc effects(const struct persist_run *run, struct cm_tx *tx, struct cm_err *err)
{
    cm_rc rc = CM_OK;

    if (run->route->persist)
        rc = run->route->persist(run->cx, tx, run->items, run->count, err);
    if (!rc)
        rc = emitter_write(run->cx->emitter, tx, err);
    if (!rc && run->route->step)
        rc = step_done(tx, run->arena, run->route->step, run->items, run->count, run->cx->now_us,
                       err);
    return rc;
}

cm_rc persist_items(struct cm_context *cx, const struct cm_route *route, struct cm_arena *arena,
                    struct cm_item *const items[], size_t count, bool is_new[], struct cm_err *err)
{
    struct cm_uuid *ids = CM_NEW_N(arena, struct cm_uuid, count);
    struct persist_run run = {
        .route = route, .cx = cx, .arena = arena, .items = CM_NEW_N(arena, struct cm_item *, count)
    };
    CM_OWN(cm_tx) tx = NULL;
    cm_rc rc = cm_tx_begin(cx->db, &tx, err);

    if (rc)
        return rc;

    for (size_t i = 0; i < count; i++)
        ids[i] = items[i]->event->head.event_id;
    rc = inbox_add(tx, arena, cx->service->spec->name, ids, count, cx->now_us, is_new, err);
    if (rc)
        return rc;

    for (size_t i = 0; i < count; i++) {
        if (is_new[i])
            run.items[run.count++] = items[i];
    }
    if (run.count == 0)
        return CM_OK;

    rc = superseded_drop(tx, arena, run.items, &run.count, err);
    if (rc)
        return rc;

    cx->emitter = emitter_new(cx->service, arena, cx->now_us);
    emitter_on_behalf(cx->emitter, run.items, run.count);
    if (run.count)
        rc = effects(&run, tx, err);
    return rc ? rc : cm_tx_commit(&tx, err);
}
