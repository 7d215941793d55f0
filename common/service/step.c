#include "service/step.h"

#include "service/superseded.h"

/* organization_id is the call's, never the event's: who forges an event reaches no other tenant. */
static const struct cm_stmt sql_begin = {
    "step_begin",
    "WITH seen AS (SELECT 1 FROM inbox WHERE service = $1 AND event_id = $2),"
    " the_call AS (SELECT id, organization_id FROM call WHERE id = $3"
    "   AND ($8::uuid IS NULL OR EXISTS (SELECT FROM transcription WHERE id = $8))),"
    " mark AS ("
    "   INSERT INTO call_step (call_id, organization_id, step, state, attempts, reason, updated_at)"
    "   SELECT id, organization_id, $4, 'running', $5, $6, $7 FROM the_call"
    "   WHERE $4 IS NOT NULL AND NOT EXISTS (SELECT FROM seen)"
    "   ON CONFLICT (call_id, step) DO UPDATE SET state = 'running', attempts = EXCLUDED.attempts,"
    "   reason = EXCLUDED.reason, updated_at = EXCLUDED.updated_at"
    " ), freed AS ("
    "   UPDATE call_step SET reason = NULL WHERE $4 IN ('record', 'transcribe') AND call_id = $3"
    "   AND state = 'waiting' AND reason = step_behind($4)"
    " ) SELECT EXISTS (SELECT FROM seen), EXISTS (SELECT FROM the_call)"
};

/* Whoever holds the step at this moment may be about to have seen to the event (its partition came
 * here in the midst of it): only behind its commit can the inbox tell. */
static const struct cm_stmt sql_lock = {
    "step_lock", "SELECT FROM call_step WHERE call_id = $1 AND step = $2 FOR UPDATE"
};

static const struct cm_stmt sql_wait = {
    "step_wait", "UPDATE call_step SET state = 'waiting', attempts = $3, reason = $4,"
                 " updated_at = $5 WHERE call_id = $1 AND step = $2 AND state = 'running'"
};

/* The call is looked up by a subquery for each row: as a join, a batch of hundreds would make the
 * planner read the whole table. A call that is gone has no steps. */
static const struct cm_stmt sql_done = {
    "step_done",
    "INSERT INTO call_step (call_id, organization_id, step, state, attempts, reason, updated_at)"
    " SELECT d.call_id, d.organization_id, $1, 'done', d.attempts, d.remark, $2 FROM ("
    "   SELECT DISTINCT ON (u.call_id) u.call_id, u.attempts, u.remark,"
    "   (SELECT c.organization_id FROM call c WHERE c.id = u.call_id) AS organization_id"
    "   FROM unnest($3::uuid[], $4::int[], $5::text[]) AS u (call_id, attempts, remark)"
    "   ORDER BY u.call_id) AS d"
    " WHERE d.organization_id IS NOT NULL"
    " ON CONFLICT (call_id, step) DO UPDATE SET state = 'done', attempts = EXCLUDED.attempts,"
    " reason = EXCLUDED.reason, updated_at = EXCLUDED.updated_at"
};

/* Whatever needs a recording or a transcript waits on, and says behind which step. The three in the
 * middle need none of each other, and a report tells of those that failed. */
static const struct cm_stmt sql_failed = {
    "step_failed",
    "WITH mark AS ("
    "   INSERT INTO call_step (call_id, organization_id, step, state, attempts, reason, updated_at)"
    "   SELECT id, organization_id, $2, 'failed', $3, $4, $5 FROM call WHERE id = $1"
    "   ON CONFLICT (call_id, step) DO UPDATE SET state = 'failed', attempts = EXCLUDED.attempts,"
    "   reason = EXCLUDED.reason, updated_at = EXCLUDED.updated_at"
    " ) UPDATE call_step SET reason = step_behind($2)"
    " WHERE call_id = $1 AND state = 'waiting' AND reason IS NULL AND step <> $2"
    " AND ($2 = 'record' OR $2 = 'transcribe' AND step <> 'record')"
};

static cm_rc lock(struct cm_tx *tx, const struct work *work, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(work->arena);

    cm_arg_uuid(args, work->event.head.call_id);
    cm_arg_text(args, work->topic->route->step);
    return cm_tx_send(tx, &sql_lock, args, err);
}

cm_rc step_begin(struct cm_db *db, const char *service, const struct work *work, int64_t now_us,
                 enum step_answer *answer, struct cm_err *err)
{
    bool is_deletion = work->event.kind == EVENT_CALL_DELETED; /* it is meant to be gone */
    struct cm_args *args = cm_args_new(work->arena);
    CM_OWN(cm_tx) tx = NULL;
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    cm_arg_text(args, service);
    cm_arg_uuid(args, work->event_id);
    cm_arg_uuid(args, work->event.head.call_id);
    cm_arg_text(args, work->topic->route->step);
    cm_arg_i32(args, (int32_t)work->item.attempt);
    cm_arg_text(args, work->failure.rc ? work->failure.msg : NULL);
    cm_arg_time(args, now_us);
    cm_arg_opt_uuid(args, superseded_subject(&work->event));
    rc = cm_tx_begin(db, &tx, err);
    if (!rc)
        rc = lock(tx, work, err);
    if (!rc)
        rc = cm_tx_query(tx, &sql_begin, args, &rows, err);
    if (!rc)
        rc = cm_tx_commit(&tx, err);
    if (rc)
        return rc;

    if (cm_row_bool(rows, 0, 0))
        *answer = STEP_SEEN;
    else
        *answer = cm_row_bool(rows, 0, 1) || is_deletion ? STEP_GO : STEP_GONE;
    return CM_OK;
}

cm_rc step_wait(struct cm_db *db, const struct work *work, int64_t now_us, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(work->arena);

    cm_arg_uuid(args, work->event.head.call_id);
    cm_arg_text(args, work->topic->route->step);
    cm_arg_i32(args, (int32_t)work->item.attempt);
    cm_arg_text(args, work->failure.msg);
    cm_arg_time(args, now_us);
    return cm_db_query(db, &sql_wait, args, NULL, err);
}

cm_rc step_done(struct cm_tx *tx, struct cm_arena *arena, const char *step,
                struct cm_item *const items[], size_t count, int64_t now_us, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *calls, *attempts, *remarks;

    cm_arg_text(args, step);
    cm_arg_time(args, now_us);
    calls = cm_arg_column(args, CM_COL_UUID);
    attempts = cm_arg_column(args, CM_COL_I32);
    remarks = cm_arg_column(args, CM_COL_TEXT);
    for (size_t i = 0; i < count; i++) {
        cm_col_uuid(calls, items[i]->event->head.call_id);
        cm_col_i32(attempts, (int32_t)items[i]->attempt);
        cm_col_str(remarks, items[i]->remark);
    }
    return cm_tx_send(tx, &sql_done, args, err);
}

cm_rc step_failed(struct cm_tx *tx, const struct work *work, struct cm_str reason, int64_t now_us,
                  struct cm_err *err)
{
    struct cm_args *args = cm_args_new(work->arena);

    cm_arg_uuid(args, work->event.head.call_id);
    cm_arg_text(args, work->topic->route->step);
    cm_arg_i32(args, (int32_t)work->item.attempt);
    cm_arg_str(args, reason);
    cm_arg_time(args, now_us);
    return cm_tx_send(tx, &sql_failed, args, err);
}
