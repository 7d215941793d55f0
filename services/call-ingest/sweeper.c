#include "sweeper.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "store_sweep.h"

/* A call's sid is remembered for so long after the call was deleted; Twilio's callbacks are hours
 * late at most. */
#define DELETED_KEPT_US (30 * INT64_C(86400) * CM_US_PER_SEC)

/* One sweep. */
struct sweep {
    const struct sweeper_options *o;
    struct cm_arena *arena;
    int64_t now_us;
    bool (*stop)(void *ctx);
    void *stop_ctx;
    bool is_away; /* Twilio: it is not asked again in this sweep */
};

static bool is_stopped(const struct sweep *s)
{
    return s->stop && s->stop(s->stop_ctx);
}

static bool is_too_old(const struct sweep *s, const struct silent_row *row)
{
    return s->now_us - row->since_us >= s->o->sweep.give_up_us;
}

static struct silence silence_of(const struct sweep *s, int64_t after_us)
{
    return (struct silence){ s->now_us - after_us, s->now_us - after_us, s->now_us,
                             s->o->sweep.batch_max };
}

/* Twilio's answer or our own word goes the way of every callback. A database that is away ends the
 * sweep; anything else is this call's own affair. */
static cm_rc take(struct sweep *s, const struct callback *cb, enum intake_answer *answer,
                  struct cm_err *err)
{
    struct intake_plan plan;
    cm_rc rc = intake_take(s->o->intake, cb, (struct cm_str){ 0 }, s->now_us, s->arena, answer,
                           &plan, err);

    if (rc && rc != CM_RETRY) {
        cm_log(CM_LOG_ERROR, "Twilio's answer cannot be stored", "call_sid=%.*s reason=%s",
               CM_STR_FMT(cb->call_sid), err->msg);
        *answer = INTAKE_KEPT;
        return CM_OK;
    }
    return rc;
}

/* Fifty questions to a host that does not answer would hold a sweep up for minutes. */
static void note_unasked(struct sweep *s, const struct silent_row *row, const struct cm_err *why)
{
    if (s->is_away)
        return;
    s->is_away = why->away;
    cm_log(CM_LOG_WARN, "Twilio could not be asked about a call", "call_sid=%.*s reason=%s",
           CM_STR_FMT(row->call_sid), why->msg);
}

/* ---- calls without an end ---- */

static cm_rc end_call(struct sweep *s, const struct silent_row *row, const char *reason,
                      struct cm_err *err)
{
    struct callback cb = { .kind = CALLBACK_STATUS,
                           .source = SOURCE_SWEEPER,
                           .call_sid = row->call_sid,
                           .status = CALL_FAILED,
                           .sequence = -1 };
    enum intake_answer answer;

    cm_metric_add(s->o->given_up, 1);
    cm_log(CM_LOG_WARN, "call given up", "call_sid=%.*s reason=%s", CM_STR_FMT(row->call_sid),
           reason);
    return take(s, &cb, &answer, err);
}

static cm_rc sweep_call(struct sweep *s, const struct silent_row *row, struct cm_err *err)
{
    enum twilio_answer found;
    enum intake_answer answer;
    struct callback cb;
    struct cm_err why = { 0 };
    cm_rc rc;

    cm_metric_add(s->o->asked, 1);
    if (s->is_away || twilio_ask_call(s->o->twilio, row->call_sid, s->arena, &cb, &found, &why)) {
        note_unasked(s, row, &why);
        return is_too_old(s, row) ? end_call(s, row, "Twilio could not be asked", err) : CM_OK;
    }
    if (found == TWILIO_NONE)
        return end_call(s, row, "Twilio does not know it", err);

    rc = take(s, &cb, &answer, err);
    if (rc || call_status_is_end(cb.status) || !is_too_old(s, row))
        return rc;
    return end_call(s, row, "it has no end for too long", err);
}

/* ---- recordings that were not announced ---- */

static cm_rc settle(struct sweep *s, const struct silent_row *row, struct cm_str reason,
                    struct cm_err *err)
{
    cm_metric_add(s->o->given_up, 1);
    cm_log(CM_LOG_WARN, "recording given up", "call_sid=%.*s reason=%.*s",
           CM_STR_FMT(row->call_sid), CM_STR_FMT(reason));
    return intake_no_recording(s->o->intake, row->call_sid, reason, s->now_us, s->arena, err);
}

static cm_rc sweep_recording(struct sweep *s, const struct silent_row *row, struct cm_err *err)
{
    enum twilio_answer found;
    enum intake_answer answer;
    struct callback *cbs;
    size_t count;
    bool pending = false;
    struct cm_err why = { 0 };

    cm_metric_add(s->o->asked, 1);
    if (s->is_away ||
        twilio_ask_recordings(s->o->twilio, row->call_sid, s->arena, &cbs, &count, &found, &why)) {
        note_unasked(s, row, &why);
        return is_too_old(s, row)
                   ? settle(s, row, CM_STR("Twilio could not be asked for a recording"), err)
                   : CM_OK;
    }
    if (found == TWILIO_NONE)
        return settle(s, row, CM_STR("Twilio does not know the call"), err);
    if (!count)
        return settle(s, row, CM_STR("Twilio made no recording of the call"), err);

    for (size_t i = 0; i < count; i++) {
        cm_rc rc = take(s, &cbs[i], &answer, err);

        if (rc)
            return rc;
        pending = pending || cbs[i].recording_status == RECORDING_IN_PROGRESS;
    }
    if (pending && is_too_old(s, row))
        return settle(s, row, CM_STR("Twilio never completed the recording"), err);
    return CM_OK;
}

/* ---- callbacks of calls that nobody knows ---- */

static cm_rc forget(struct sweep *s, const struct silent_row *row, const char *reason,
                    struct cm_err *err)
{
    size_t dropped = 0;
    cm_rc rc = intake_forget(s->o->intake, row->call_sid, s->arena, &dropped, err);

    if (rc)
        return rc;
    cm_metric_add(s->o->given_up, 1);
    cm_log(CM_LOG_ERROR, "callbacks dropped", "call_sid=%.*s callbacks=%zu reason=%s",
           CM_STR_FMT(row->call_sid), dropped, reason);
    return CM_OK;
}

static cm_rc sweep_pending(struct sweep *s, const struct silent_row *row, struct cm_err *err)
{
    enum twilio_answer found;
    enum intake_answer answer;
    struct callback cb;
    struct cm_err why = { 0 };
    cm_rc rc;

    cm_metric_add(s->o->asked, 1);
    if (s->is_away || twilio_ask_call(s->o->twilio, row->call_sid, s->arena, &cb, &found, &why)) {
        note_unasked(s, row, &why);
        return is_too_old(s, row)
                   ? forget(s, row, "Twilio could not be asked about their call", err)
                   : CM_OK;
    }
    if (found == TWILIO_NONE)
        return is_too_old(s, row) ? forget(s, row, "Twilio does not know their call", err) : CM_OK;

    rc = take(s, &cb, &answer, err);
    if (!rc && (answer == INTAKE_NOT_OURS || answer == INTAKE_DELETED))
        return forget(s, row, "no organization has the number of their call, or it was deleted",
                      err);
    if (!rc && answer == INTAKE_KEPT && is_too_old(s, row))
        return forget(s, row, "Twilio does not tell whom their call went to", err);
    return rc;
}

/* ---- one sweep ---- */

typedef cm_rc find_silent(struct cm_db *db, struct cm_arena *arena, const struct silence *silence,
                          struct silent_row **out, size_t *count, struct cm_err *err);
typedef cm_rc sweep_one(struct sweep *s, const struct silent_row *row, struct cm_err *err);

static cm_rc sweep_kind(struct sweep *s, int64_t after_us, find_silent *find, sweep_one *one,
                        struct cm_err *err)
{
    struct silence silence = silence_of(s, after_us);
    struct silent_row *rows;
    size_t count;
    cm_rc rc = find(s->o->intake->db, s->arena, &silence, &rows, &count, err);

    for (size_t i = 0; i < count && !rc && !is_stopped(s); i++)
        rc = one(s, &rows[i], err);
    return rc;
}

cm_rc sweep(const struct sweeper_options *options, int64_t now_us, bool (*stop)(void *ctx),
            void *ctx, struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct sweep s = { options, arena, now_us, stop, ctx, false };
    const struct sweep_options *after = &options->sweep;
    cm_rc rc = sweep_kind(&s, after->pending_after_us, store_silent_pending, sweep_pending, err);

    if (!rc)
        rc = sweep_kind(&s, after->call_after_us, store_silent_calls, sweep_call, err);
    if (!rc)
        rc = sweep_kind(&s, after->recording_after_us, store_silent_recordings, sweep_recording,
                        err);
    if (!rc)
        rc = store_forget_deleted(options->intake->db, arena, now_us - DELETED_KEPT_US, err);
    if (!rc && options->strays)
        rc = strays_look(options->strays, options->intake->db, now_us, err);
    return rc;
}

/* ---- the thread ---- */

struct sweeper {
    struct sweeper_options options;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool stopping;               /* under lock */
    struct cm_listener *session; /* the thread's: holds the advisory lock */
    bool is_the_one;
    int64_t retention_due_ms;
};

static bool is_stopping(void *ctx)
{
    struct sweeper *sweeper = ctx;
    bool stopping;

    pthread_mutex_lock(&sweeper->lock);
    stopping = sweeper->stopping;
    pthread_mutex_unlock(&sweeper->lock);
    return stopping;
}

/* Up to a fifth more or less, so that replicas don't ask for the lock in step. */
static int64_t jittered(int64_t ms)
{
    uint32_t random = 0;

    if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
        return ms;
    return ms - ms / 5 + (int64_t)(random % (uint32_t)(ms * 2 / 5 + 1));
}

/* False: it is over. */
static bool rest(struct sweeper *sweeper)
{
    int64_t until_ms = cm_mono_ms() + jittered(sweeper->options.interval_ms);
    struct timespec until = { until_ms / 1000, until_ms % 1000 * 1000000 };
    bool stopping;

    pthread_mutex_lock(&sweeper->lock);
    while (!sweeper->stopping &&
           pthread_cond_timedwait(&sweeper->woken, &sweeper->lock, &until) == 0)
        ;
    stopping = sweeper->stopping;
    pthread_mutex_unlock(&sweeper->lock);
    return !stopping;
}

static void leave_session(struct sweeper *sweeper)
{
    cm_listener_free(sweeper->session);
    sweeper->session = NULL;
    sweeper->is_the_one = false;
}

/* The lock lives as long as the session, so a lost session is a lost lock. */
static cm_rc become_the_one(struct sweeper *sweeper, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = CM_OK;

    if (!sweeper->session)
        rc = cm_listener_new(sweeper->options.intake->db, "callmill_sweeper", &sweeper->session,
                             err);
    if (!rc)
        rc = cm_listener_query(sweeper->session,
                               sweeper->is_the_one ? &store_sweeper_alive : &store_sweeper_lock,
                               NULL, &rows, err);
    if (rc) {
        leave_session(sweeper);
        return rc;
    }
    sweeper->is_the_one = cm_row_bool(rows, 0, 0);
    return CM_OK;
}

static cm_rc delete_old(struct sweeper *sweeper, struct cm_err *err)
{
    if (cm_mono_ms() < sweeper->retention_due_ms)
        return CM_OK;
    sweeper->retention_due_ms = cm_mono_ms() + sweeper->options.retention_interval_ms;
    return retention_pass(&sweeper->options.retention, cm_now_us(), is_stopping, sweeper, err);
}

static void *run(void *ctx)
{
    struct sweeper *sweeper = ctx;

    while (rest(sweeper)) {
        struct cm_err err = { 0 };
        cm_rc rc = become_the_one(sweeper, &err);

        if (!rc && sweeper->is_the_one)
            rc = sweep(&sweeper->options, cm_now_us(), is_stopping, sweeper, &err);
        if (!rc)
            rc = delete_old(sweeper, &err);
        if (rc)
            cm_log(rc == CM_RETRY ? CM_LOG_WARN : CM_LOG_ERROR, "sweep not finished", "reason=%s",
                   err.msg);
    }
    return NULL;
}

cm_rc sweeper_start(const struct sweeper_options *options, struct sweeper **out, struct cm_err *err)
{
    struct sweeper *sweeper = calloc(1, sizeof *sweeper);
    pthread_condattr_t monotonic;

    if (!sweeper)
        cm_out_of_memory();
    sweeper->options = *options;
    pthread_mutex_init(&sweeper->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&sweeper->woken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&sweeper->thread, NULL, run, sweeper)) {
        pthread_cond_destroy(&sweeper->woken);
        pthread_mutex_destroy(&sweeper->lock);
        free(sweeper);
        return cm_fail(err, CM_FATAL, "sweeper: no thread can be started");
    }
    *out = sweeper;
    return CM_OK;
}

void sweeper_free(struct sweeper *sweeper)
{
    if (!sweeper)
        return;
    pthread_mutex_lock(&sweeper->lock);
    sweeper->stopping = true;
    pthread_cond_signal(&sweeper->woken);
    pthread_mutex_unlock(&sweeper->lock);
    pthread_join(sweeper->thread, NULL);
    leave_session(sweeper);
    pthread_cond_destroy(&sweeper->woken);
    pthread_mutex_destroy(&sweeper->lock);
    free(sweeper);
}
