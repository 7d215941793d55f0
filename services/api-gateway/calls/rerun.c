/* rerun.c - POST /api/calls/{id}/rerun. */
#include "ask.h"
#include "change.h"
#include "endpoints.h"
#include "reply.h"

static const struct cm_stmt sql_call = {
    "rerun_call", "SELECT c.call_sid, t.id IS NOT NULL FROM call c LEFT JOIN transcription t ON "
                  "t.call_id = c.id WHERE c.id = $1"
};

static bool queue(struct change *change, struct cm_uuid call_id, struct cm_str call_sid,
                  struct cm_uuid request_id)
{
    struct cm_event event = {
        .kind = EVENT_CALL_RERUN_REQUESTED,
        .head = { .organization_id = change->organization_id,
                  .call_id = call_id,
                  .call_sid = call_sid },
        .call_rerun_requested = { .request_id = request_id,
                                  .requested_by = { true, change->user_id } },
    };

    return change->repeated || change_emit(change, &event);
}

static void reply_accepted(struct cm_http_request *rq, struct cm_uuid request_id)
{
    struct cm_buf body = { 0 };
    struct cm_json json = cm_json(&body);

    cm_json_object(&json, NULL);
    cm_json_uuid(&json, "request_id", request_id);
    cm_json_end(&json);
    reply_json(rq, 202, &body);
}

void rerun_call(struct cm_http_request *rq, void *ctx)
{
    struct cm_args *args = cm_args_new(cm_http_arena(rq));
    CM_OWN_CHANGE struct change change = { 0 };
    CM_OWN(cm_rows) call = NULL;
    struct cm_uuid id, request_id;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_MEMBER) || !ask_path_id(rq, &id))
        return;
    cm_arg_uuid(args, id);
    if (!change_query(&change, &sql_call, args, &call))
        return;
    if (cm_rows_count(call) == 0) {
        reply_not_found(rq);
        return;
    }
    if (!cm_row_bool(call, 0, 1)) {
        cm_http_problem(rq, 409, "Conflict",
                        "The call has no transcription that could be analyzed.");
        return;
    }

    if (change_once(&change, &request_id) &&
        queue(&change, id, cm_row_str(call, 0, 0), request_id) && change_commit(&change))
        reply_accepted(rq, request_id);
}
