#include "retention.h"

#include "base/log.h"
#include "store_sweep.h"

/* A call takes the rows of a dozen tables with it. */
enum { CALLS_AT_A_TIME = 100 };

static cm_rc emit(const struct retention_options *o, struct cm_tx *tx, struct cm_arena *arena,
                  const struct expired_row *rows, size_t count, int64_t now_us, struct cm_err *err)
{
    struct cm_event *events = CM_NEW_N(arena, struct cm_event, count + 1);

    for (size_t i = 0; i < count; i++)
        events[i] = (struct cm_event){
            .kind = EVENT_CALL_DELETED,
            .head = { .organization_id = rows[i].organization_id,
                      .call_id = rows[i].call_id,
                      .call_sid = rows[i].call_sid },
            .call_deleted = { .reason = CM_STR("retention") },
        };
    return cm_outbox_write(o->intake->service, tx, arena, events, count, now_us, err);
}

static cm_rc delete_some(const struct retention_options *o, int64_t now_us, int limit,
                         size_t *deleted, struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    CM_OWN(cm_tx) tx = NULL;
    struct expired_row *rows;
    cm_rc rc = cm_tx_begin(o->intake->db, &tx, err);

    if (!rc)
        rc = store_delete_expired(tx, arena, now_us, limit, &rows, deleted, err);
    if (!rc)
        rc = emit(o, tx, arena, rows, *deleted, now_us, err);
    return rc ? rc : cm_tx_commit(&tx, err);
}

cm_rc retention_pass(const struct retention_options *options, int64_t now_us,
                     bool (*stop)(void *ctx), void *ctx, struct cm_err *err)
{
    int left = options->batch_max, limit;
    size_t deleted = 0;
    cm_rc rc;

    do {
        limit = left < CALLS_AT_A_TIME ? left : CALLS_AT_A_TIME;
        rc = delete_some(options, now_us, limit, &deleted, err);
        if (rc)
            break;
        left -= (int)deleted;
        cm_metric_add(options->expired, (int64_t)deleted);
    } while (deleted == (size_t)limit && left > 0 && !(stop && stop(ctx)));
    if (left < options->batch_max)
        cm_log(CM_LOG_INFO, "calls deleted whose time is over", "calls=%d",
               options->batch_max - left);
    return rc;
}
