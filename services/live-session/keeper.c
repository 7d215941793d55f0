#include "keeper.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "scribe.h"
#include "told.h"

enum { WAIT_MS = 500, LOST_A_LOOK = 100 };

struct keeper {
    struct keeper_options options;
    pthread_t thread;
    atomic_bool stopping;
    int64_t connected_ms; /* since when the database has answered without a break; 0: it does not */
    int64_t next_beat_ms;
    struct cm_metric *lost;
};

static cm_rc say_alive(struct cm_service *service, struct cm_uuid holder_id, struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    CM_OWN(cm_tx) tx = NULL;
    cm_rc rc = cm_tx_begin(cm_service_db(service), &tx, err);

    if (!rc)
        rc = live_store_holder(tx, arena, holder_id, cm_now_us(), err);
    return rc ? rc : cm_tx_commit(&tx, err);
}

cm_rc keeper_begin(struct cm_service *service, struct cm_uuid holder_id, struct cm_err *err)
{
    return say_alive(service, holder_id, err);
}

/* ---- a look ---- */

static cm_rc look_for_over(struct keeper *keeper, struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    CM_OWN(cm_tx) tx = NULL;
    struct live_over *over = NULL;
    size_t held, count = 0;
    const struct cm_uuid *sessions = keeper->options.held(keeper->options.ctx, arena, &held);
    cm_rc rc;

    if (!held)
        return CM_OK;
    rc = cm_tx_begin(cm_service_db(keeper->options.service), &tx, err);
    if (!rc)
        rc = live_store_over(tx, arena, sessions, held, &over, &count, err);
    for (size_t i = 0; i < count && !rc; i++)
        keeper->options.over(keeper->options.ctx, &over[i]);
    return rc;
}

static cm_rc end_lost(struct keeper *keeper, struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    CM_OWN(cm_tx) tx = NULL;
    struct live_ended_row *rows = NULL;
    int64_t now_us = cm_now_us();
    size_t count = 0;
    cm_rc rc = cm_tx_begin(cm_service_db(keeper->options.service), &tx, err);

    if (!rc)
        rc = live_store_lost(tx, arena, now_us - keeper->options.lost_ms * 1000, now_us,
                             LOST_A_LOOK, &rows, &count, err);
    if (!rc && count)
        rc = scribe_tell_ended(keeper->options.service, tx, arena, rows, count, now_us, err);
    if (!rc)
        rc = cm_tx_commit(&tx, err);
    if (!rc && count) {
        told_spans(rows, count);
        cm_metric_add(keeper->lost, (int64_t)count);
        cm_log(CM_LOG_WARN, "sessions of a process that is gone were ended", "count=%zu", count);
    }
    return rc;
}

/* Who could not be heard because the database was away is not dead: others are looked for only
 * after it has answered for as long as a holder may be silent. */
static cm_rc beat(struct keeper *keeper, struct cm_err *err)
{
    int64_t now_ms = cm_mono_ms();
    cm_rc rc = say_alive(keeper->options.service, keeper->options.holder_id, err);

    if (rc) {
        keeper->connected_ms = 0;
        return rc;
    }
    if (!keeper->connected_ms)
        keeper->connected_ms = now_ms;
    keeper->next_beat_ms = now_ms + keeper->options.beat_ms;
    if (now_ms - keeper->connected_ms < keeper->options.lost_ms)
        return CM_OK;
    return end_lost(keeper, err);
}

static cm_rc watch(struct keeper *keeper, struct cm_listener *listener, struct cm_err *err)
{
    cm_rc rc = CM_OK;

    while (!rc && !atomic_load(&keeper->stopping)) {
        bool is_due = cm_mono_ms() >= keeper->next_beat_ms, woken = false;

        if (is_due)
            rc = beat(keeper, err);
        if (!rc && !is_due)
            rc = cm_listener_wait(listener, WAIT_MS, &woken, err);
        if (!rc && (is_due || woken))
            rc = look_for_over(keeper, err);
    }
    return rc;
}

static void *keeper_main(void *ctx)
{
    struct keeper *keeper = ctx;

    while (!atomic_load(&keeper->stopping)) {
        CM_OWN(cm_listener) listener = NULL;
        struct cm_err err = { 0 };
        cm_rc rc = cm_listener_new(cm_service_db(keeper->options.service), "callmill_live",
                                   &listener, &err);

        if (!rc)
            rc = watch(keeper, listener, &err);
        if (!rc)
            continue;
        keeper->connected_ms = 0;
        cm_log(CM_LOG_WARN, "live sessions are not looked after just now", "reason=%s", err.msg);
        cm_pause_ms(WAIT_MS);
    }
    return NULL;
}

struct keeper *keeper_start(const struct keeper_options *options)
{
    struct keeper *keeper = cm_must(calloc(1, sizeof *keeper));

    keeper->options = *options;
    keeper->lost = cm_counter(cm_service_metrics(options->service), "callmill_live_lost_total",
                              "Sessions that were ended because their process was gone.", NULL);
    if (pthread_create(&keeper->thread, NULL, keeper_main, keeper) != 0)
        cm_out_of_memory();
    return keeper;
}

void keeper_free(struct keeper *keeper)
{
    if (!keeper)
        return;
    atomic_store(&keeper->stopping, true);
    pthread_join(keeper->thread, NULL);
    free(keeper);
}
