/* retry.c - POST /api/calls/{id}/steps/{step}/retry.
 *
 * What it does is one function of the database (retry_step in 0006), which `callmill dlq replay`
 * shares the most of: the events of other services are not the gateway's to send.
 */
#include "ask.h"
#include "calls/json.h"
#include "change.h"
#include "endpoints.h"
#include "reply.h"

static const struct cm_stmt sql_call = {
    "retry_call",
    "SELECT true FROM call WHERE id = $1",
};
static const struct cm_stmt sql_retry = {
    "retry_step",
    "SELECT retry_step($1, $2)",
};
static const struct cm_stmt sql_step = {
    "retry_step_state",
    "SELECT " CALL_STEP_COLUMNS " FROM call_step WHERE call_id = $1 AND step = $2",
};

static bool is_step(struct cm_str name)
{
    static const char *const steps[] = { "record",  "transcribe",    "enrich",
                                         "analyze", "extract-todos", "report" };

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (cm_str_is(name, steps[i]))
            return true;
    return false;
}

static bool call_is_there(struct change *change, struct cm_uuid id)
{
    struct cm_args *args = cm_args_new(change->arena);
    CM_OWN(cm_rows) rows = NULL;

    cm_arg_uuid(args, id);
    if (!change_query(change, &sql_call, args, &rows))
        return false;
    if (cm_rows_count(rows) == 0)
        reply_not_found(change->rq);
    return cm_rows_count(rows) > 0;
}

static void reply_conflict(struct change *change, struct cm_str outcome)
{
    const char *why;

    if (cm_str_is(outcome, "lost"))
        why = "There is nothing left that the step could be driven with.";
    else if (cm_str_is(outcome, "none"))
        why = "The step has not begun.";
    else
        why = cm_arena_printf(change->arena, "The step has not failed: it is %.*s.",
                              CM_STR_FMT(outcome))
                  .at;
    cm_http_problem(change->rq, 409, "Conflict", why);
}

static bool drive(struct change *change, const struct cm_args *args)
{
    CM_OWN(cm_rows) rows = NULL;
    struct cm_str outcome;

    if (!change_query(change, &sql_retry, args, &rows))
        return false;
    outcome = cm_row_str(rows, 0, 0);
    if (cm_str_is(outcome, "again"))
        return true;
    reply_conflict(change, outcome);
    return false;
}

void retry_step(struct cm_http_request *rq, void *ctx)
{
    struct cm_args *args = cm_args_new(cm_http_arena(rq));
    struct cm_str step = cm_http_segment(rq, "step");
    CM_OWN_CHANGE struct change change = { 0 };
    CM_OWN(cm_rows) now = NULL;
    struct cm_uuid id;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_MEMBER) || !ask_path_id(rq, &id) ||
        !call_is_there(&change, id))
        return;
    if (!is_step(step)) {
        reply_not_found(rq);
        return;
    }
    cm_http_of_call(rq, id); /* what is driven again has its place in the call's trace already */
    cm_arg_uuid(args, id);
    cm_arg_str(args, step);
    if (drive(&change, args) && change_query(&change, &sql_step, args, &now) &&
        change_commit(&change))
        reply_row_accepted(rq, now, call_json_step);
}
