/* delete.c - DELETE /api/calls/{id}.
 *
 * The call's rows go at once, and with them what nobody has heard of it yet (0006). The event tells
 * the others; call-ingest removes the recording when it hears it.
 */
#include "ask.h"
#include "change.h"
#include "endpoints.h"
#include "reply.h"

static const struct cm_stmt sql_sid = {
    "delete_call_sid",
    "SELECT call_sid FROM call WHERE id = $1",
};
/* A callback that is being applied at this moment is let finish; the next one finds that the call
 * was deleted. */
static const struct cm_stmt sql_lock = {
    "delete_call_lock",
    "SELECT true FROM lock_call($1)",
};
static const struct cm_stmt sql_delete = {
    "delete_call",
    "DELETE FROM call WHERE id = $1",
};

/* Empty: there is no such call. */
static bool find_sid(struct change *change, const struct cm_args *id, struct cm_str *call_sid)
{
    CM_OWN(cm_rows) rows = NULL;

    if (!change_query(change, &sql_sid, id, &rows))
        return false;
    if (cm_rows_count(rows) == 0) {
        reply_not_found(change->rq);
        return false;
    }
    *call_sid = cm_arena_str(change->arena, cm_row_str(rows, 0, 0));
    return true;
}

static bool emit_deleted(struct change *change, struct cm_uuid id, struct cm_str call_sid)
{
    struct cm_event event = {
        .kind = EVENT_CALL_DELETED,
        .head = { .organization_id = change->organization_id, .call_id = id, .call_sid = call_sid },
        .call_deleted = { .reason = CM_STR("user") },
    };

    return change_emit(change, &event);
}

void delete_call(struct cm_http_request *rq, void *ctx)
{
    struct cm_args *id_arg = cm_args_new(cm_http_arena(rq));
    struct cm_args *sid_arg = cm_args_new(cm_http_arena(rq));
    CM_OWN_CHANGE struct change change = { 0 };
    struct cm_str call_sid;
    struct cm_uuid id;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_MEMBER) || !ask_path_id(rq, &id))
        return;
    cm_arg_uuid(id_arg, id);
    if (!find_sid(&change, id_arg, &call_sid))
        return;
    cm_arg_str(sid_arg, call_sid);
    if (change_send(&change, &sql_lock, sid_arg) && emit_deleted(&change, id, call_sid))
        change_remove(&change, &sql_delete, id_arg);
}
