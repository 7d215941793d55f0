/* probe.c - a service whose behaviour stands in its events, for the tests of the runner.
 *
 * Each handled event adds 1 to its call's duration_ms, which is as little idempotent as can be:
 * whatever happens twice shows. call.started is cheap, call.recorded and call.transcribed are slow.
 * The caller's number says what to do:
 *
 *   reject, reject-in-prepare   never works
 *   replaced-meanwhile          fails since its transcription is replaced while it is worked on
 *   flaky                       works at the third attempt
 *   never                       asks for another attempt for ever
 *   slow                        prepares for 200 ms
 *   bad-row                     its row breaks a constraint, and the batch with it
 */
#include <stdlib.h>
#include <time.h>

#include "service/service.h"

static cm_rc behave(const struct cm_item *item, struct cm_str order, struct cm_err *err)
{
    if (cm_str_is(order, "reject"))
        return cm_fail(err, CM_REJECT, "told to reject");
    if (cm_str_is(order, "flaky") && item->attempt < 3)
        return cm_fail(err, CM_RETRY, "told to fail at attempt %u", item->attempt);
    if (cm_str_is(order, "never"))
        return cm_fail(err, CM_RETRY, "told to fail always");
    return CM_OK;
}

static struct cm_str order_of(const struct cm_event *event)
{
    if (event->kind == EVENT_CALL_STARTED)
        return event->call_started.from_number;
    return event->kind == EVENT_CALL_RECORDED ? event->call_recorded.from_number
                                              : event->call_transcribed.from_number;
}

static const struct cm_stmt sql_replace = { "probe_replace",
                                            "DELETE FROM transcription WHERE id = $1" };

static cm_rc lose_transcription(struct cm_context *cx, struct cm_item *item, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(item->arena);
    cm_rc rc;

    cm_arg_uuid(args, item->event->call_transcribed.transcription_id);
    rc = cm_db_query(cx->db, &sql_replace, args, NULL, err);
    return rc ? rc : cm_fail(err, CM_REJECT, "told to have lost what it is about");
}

static cm_rc prepare(struct cm_context *cx, struct cm_item *item, struct cm_err *err)
{
    struct cm_str order = order_of(item->event);
    struct timespec tick = { .tv_nsec = 10000000 };

    if (cm_str_is(order, "reject-in-prepare"))
        return cm_fail(err, CM_REJECT, "told to reject in prepare");
    if (cm_str_is(order, "replaced-meanwhile"))
        return lose_transcription(cx, item, err);
    for (int i = 0; cm_str_is(order, "slow") && i < 20; i++) {
        if (cx->stopping(cx->stopping_ctx))
            return cm_fail(err, CM_RETRY, "stopping");
        nanosleep(&tick, NULL);
    }
    return CM_OK;
}

static const struct cm_stmt sql_count = {
    "probe_count", "UPDATE call c SET duration_ms = coalesce(duration_ms, 0) + 1"
                   " FROM unnest($1::uuid[]) AS u (id) WHERE c.id = u.id"
};
static const struct cm_stmt sql_bad_row = {
    "probe_bad_row", "UPDATE call SET direction = 'sideways' WHERE id = $1"
};

static cm_rc persist(struct cm_context *cx, struct cm_tx *tx, struct cm_item *const items[],
                     size_t count, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(items[0]->arena);
    struct cm_column *calls = cm_arg_column(args, CM_COL_UUID);
    cm_rc rc = CM_OK;

    for (size_t i = 0; i < count && !rc; i++) {
        struct cm_str order = order_of(items[i]->event);
        struct cm_args *id = cm_args_new(items[i]->arena);
        struct cm_event ended = { .kind = EVENT_CALL_ENDED, .head = items[i]->event->head };

        cm_arg_uuid(id, items[i]->event->head.call_id);
        cm_col_uuid(calls, items[i]->event->head.call_id);
        rc = behave(items[i], order, err);
        if (!rc && cm_str_is(order, "bad-row"))
            rc = cm_tx_send(tx, &sql_bad_row, id, err);
        ended.head.event_id = (struct cm_uuid){ 0 };
        ended.call_ended.status = CM_STR("completed");
        if (!rc)
            rc = cm_emit(cx, &ended, err);
    }
    return rc ? rc : cm_tx_send(tx, &sql_count, args, err);
}

static struct cm_service_spec probe = {
    .routes =
        (const struct cm_route[]){
            { .consumes = EVENT_CALL_STARTED, .persist = persist, .step = "enrich" },
            { .consumes = EVENT_CALL_RECORDED,
              .prepare = prepare,
              .persist = persist,
              .step = "transcribe" },
            { .consumes = EVENT_CALL_TRANSCRIBED,
              .prepare = prepare,
              .persist = persist,
              .step = "analyze" },
            { 0 },
        },
    .produces = (const enum cm_event_kind[]){ EVENT_CALL_ENDED, EVENT_NONE },
    .admin_addr = "127.0.0.1:0",
};

int main(int argc, char **argv)
{
    probe.name = getenv("PROBE_NAME"); /* a consumer group of its own for each test */
    return cm_service_main(&probe, argc, argv);
}
