/* One sweep; sweeper.c has the thread that makes them. */
#include "sweeper.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/span.h"
#include "store_sweep.h"

/* A call's sid is remembered for so long after the call was deleted; Twilio's callbacks are hours
 * late at most. */
#define DELETED_KEPT_US (30 * INT64_C(86400) * CM_US_PER_SEC)

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

/* What Twilio tells of the call. false: it could not be asked. */
static bool ask_call(struct sweep *s, const struct silent_row *row, struct callback *told,
                     enum twilio_answer *found)
{
    struct cm_err why = { 0 };

    cm_metric_add(s->o->asked, 1);
    if (!s->is_away && !twilio_ask_call(s->o->twilio, row->call_sid, s->arena, told, found, &why))
        return true;
    note_unasked(s, row, &why);
    return false;
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
    cm_rc rc;

    if (!ask_call(s, row, &cb, &found))
        return is_too_old(s, row) ? end_call(s, row, "Twilio could not be asked", err) : CM_OK;
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
    cm_rc rc;

    if (!ask_call(s, row, &cb, &found))
        return is_too_old(s, row)
                   ? forget(s, row, "Twilio could not be asked about their call", err)
                   : CM_OK;
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

struct kind {
    const char *span; /* its name; NULL: of no known call */
    find_silent *find;
    sweep_one *one;
};

static const struct kind pending = { NULL, store_silent_pending, sweep_pending };
static const struct kind calls = { "sweep call", store_silent_calls, sweep_call };
static const struct kind recordings = { "sweep recording", store_silent_recordings,
                                        sweep_recording };

/* What is asked and told about a call is part of its trace. */
static cm_rc sweep_in_trace(struct sweep *s, const struct kind *kind, const struct silent_row *row,
                            struct cm_err *err)
{
    struct cm_trace call = cm_trace_of_call(row->call_id.value), before;
    struct cm_span span;
    cm_rc rc;

    cm_span_begin(&span, row->call_id.set ? &call : NULL, CM_SPAN_INTERNAL, kind->span);
    before = cm_trace_enter(&span.at);
    rc = kind->one(s, row, err);
    cm_trace_enter(&before);
    if (rc)
        cm_span_fail(&span, cm_rc_name(rc)); /* its words may be personal */
    cm_span_end(&span);
    return rc;
}

static cm_rc sweep_kind(struct sweep *s, const struct kind *kind, int64_t after_us,
                        struct cm_err *err)
{
    struct silence silence = silence_of(s, after_us);
    struct silent_row *rows;
    size_t count;
    cm_rc rc = kind->find(s->o->intake->db, s->arena, &silence, &rows, &count, err);

    for (size_t i = 0; i < count && !rc && !is_stopped(s); i++)
        rc = sweep_in_trace(s, kind, &rows[i], err);
    return rc;
}

cm_rc sweep(const struct sweeper_options *options, int64_t now_us, bool (*stop)(void *ctx),
            void *ctx, struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct sweep s = { options, arena, now_us, stop, ctx, false };
    const struct sweep_options *after = &options->sweep;
    cm_rc rc = sweep_kind(&s, &pending, after->pending_after_us, err);

    if (!rc)
        rc = sweep_kind(&s, &calls, after->call_after_us, err);
    if (!rc)
        rc = sweep_kind(&s, &recordings, after->recording_after_us, err);
    if (!rc)
        rc = store_forget_deleted(options->intake->db, arena, now_us - DELETED_KEPT_US, err);
    if (!rc && options->strays)
        rc = strays_look(options->strays, options->intake->db, now_us, err);
    return rc;
}
