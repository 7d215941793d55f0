/* try.c - POST /api/analyzers/try: an analyzer's prompt on a call, at once, and nothing is kept. */
#include "desk/try.h"

#include <semaphore.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "body.h"
#include "change.h"
#include "endpoints.h"
#include "engine/text.h"
#include "reply.h"

struct tries {
    struct cm_service *service;
    struct cm_text *text, *rules, *openai; /* the configured one; openai may be NULL */
    sem_t places;                          /* for those that ask over the network */
    int timeout_ms;
};

static const struct cm_stmt sql_call = {
    "try_call",
    "SELECT b.began, c.direction, extract(epoch FROM (b.began AT TIME ZONE known_zone(o.time_zone))"
    " - (b.began AT TIME ZONE 'UTC'))::bigint, t.id IS NOT NULL FROM call c"
    " JOIN LATERAL (SELECT coalesce(c.started_at, c.created_at) AS began) b ON true"
    " JOIN organization o ON o.id = c.organization_id"
    " LEFT JOIN transcription t ON t.call_id = c.id WHERE c.id = $1"
};
static const struct cm_stmt sql_segments = {
    "try_segments", "SELECT id, channel, role, start_ms, end_ms, text FROM segment"
                    " WHERE call_id = $1 ORDER BY position"
};

enum { CALL, NAME, PROMPT, ENGINE, FIELDS };
static const struct body_field fields[FIELDS] = {
    [CALL] = { "call_id", BODY_ID, .required = true },
    [NAME] = { "name", BODY_TEXT, .required = true, .min = 1, .max = 100 },
    [PROMPT] = { "prompt", BODY_TEXT, .required = true, .min = 1, .max = 8000 },
    [ENGINE] = { "engine", BODY_CHOICE, .choices = "default|rules|openai" },
};

enum { BUSY_S = 5 };

void tries_free(struct tries *tries)
{
    if (!tries)
        return;
    cm_text_free(tries->text);
    cm_text_free(tries->rules);
    cm_text_free(tries->openai);
    sem_destroy(&tries->places);
    free(tries);
}
CM_DEFINE_OWN(tries, tries_free);

cm_rc tries_new(struct cm_service *service, struct tries **out, struct cm_err *err)
{
    const struct cm_config *config = cm_service_config(service);
    int64_t places = cm_config_int(config, "TRIES_MAX"),
            workers = cm_config_int(config, "API_WORKERS");
    CM_OWN(tries) tries = cm_must(calloc(1, sizeof *tries));
    cm_rc rc;

    tries->service = service;
    tries->timeout_ms = (int)cm_config_int(config, "TRY_TIMEOUT_MS");
    if (places >= workers && workers > 1)
        places = workers - 1;
    sem_init(&tries->places, 0, (unsigned)places);
    tries->rules = cm_text_rules_new();
    rc = cm_text_open(config, cm_service_http(service), &tries->text, err);
    if (!rc)
        rc = cm_text_openai_open(config, cm_service_http(service), &tries->openai, err);
    if (rc)
        return rc;

    *out = CM_STEAL(tries);
    return CM_OK;
}

/* ---- what was said ---- */

static bool load(struct change *change, struct cm_uuid call_id, struct cm_rows **call,
                 struct cm_rows **segments)
{
    struct cm_args *args = cm_args_new(change->arena);

    cm_arg_uuid(args, call_id);
    if (!change_query(change, &sql_call, args, call))
        return false;
    if (cm_rows_count(*call) == 0) {
        reply_not_found(change->rq);
        return false;
    }
    if (!cm_row_bool(*call, 0, 3)) {
        cm_http_problem(change->rq, 409, "Conflict", "The call has no transcription to try it on.");
        return false;
    }
    return change_query(change, &sql_segments, args, segments);
}

/* Its texts are lent by the rows. */
static struct cm_transcript transcript_of(const struct cm_rows *call, const struct cm_rows *rows,
                                          struct cm_arena *arena)
{
    int count = cm_rows_count(rows);
    struct cm_segment *segments = CM_NEW_N(arena, struct cm_segment, count + 1);

    for (int i = 0; i < count; i++)
        segments[i] = (struct cm_segment){ .id = cm_row_uuid(rows, i, 0),
                                           .channel = cm_row_i64(rows, i, 1),
                                           .role = cm_row_str(rows, i, 2),
                                           .start_ms = cm_row_i64(rows, i, 3),
                                           .end_ms = cm_row_i64(rows, i, 4),
                                           .text = cm_row_str(rows, i, 5) };
    return (struct cm_transcript){ .segments = segments,
                                   .segment_count = (size_t)count,
                                   .started_at_us = cm_row_time(call, 0, 0),
                                   .utc_offset_s = cm_row_i64(call, 0, 2),
                                   .direction = cm_row_str(call, 0, 1) };
}

/* ---- the engine ---- */

static struct cm_text *engine_of(const struct tries *tries, struct cm_str engine)
{
    if (cm_str_is(engine, "rules"))
        return tries->rules;
    return cm_str_is(engine, "openai") ? tries->openai : tries->text;
}

struct wait {
    const struct tries *tries;
    int64_t until_ms;
    bool is_over;
};

static bool stop_waiting(void *ctx)
{
    struct wait *wait = ctx;

    wait->is_over = cm_mono_ms() >= wait->until_ms;
    return wait->is_over || cm_service_is_stopping(wait->tries->service);
}

static cm_rc analyze(struct tries *tries, struct cm_text *text, struct cm_transcript *transcript,
                     const struct cm_analysis_ask *ask, struct cm_arena *arena,
                     struct cm_analysis *out, struct cm_err *err)
{
    struct wait wait = { tries, cm_mono_ms() + tries->timeout_ms, false };
    cm_rc rc;

    transcript->stop = stop_waiting;
    transcript->stop_ctx = &wait;
    rc = text->analyze(text, transcript, ask, arena, out, err);
    return rc && wait.is_over ? cm_fail(err, CM_RETRY, "no answer within %d ms (TRY_TIMEOUT_MS)",
                                        tries->timeout_ms)
                              : rc;
}

static void refuse(struct cm_http_request *rq, const struct cm_text *text, cm_rc rc,
                   const struct cm_err *err)
{
    struct cm_arena *arena = cm_http_arena(rq);

    if (rc == CM_FATAL) {
        reply_failure(rq, "try", rc, err);
        return;
    }
    cm_log(CM_LOG_WARN, "a try had no answer", "engine=%s class=%s reason=%s", text->engine,
           cm_rc_name(rc), err->msg);
    if (rc == CM_REJECT)
        cm_http_problem(rq, 409, "Conflict",
                        cm_arena_printf(arena, "The engine cannot answer this: %s.", err->msg).at);
    else
        reply_away(
            rq, (err->retry_after_ms + 999) / 1000,
            cm_arena_printf(arena, "The engine does not answer right now: %s.", err->msg).at);
}

static void run(struct cm_http_request *rq, struct tries *tries, struct cm_text *text,
                struct cm_transcript *transcript, const struct cm_analysis_ask *ask)
{
    struct cm_analysis analysis = { 0 };
    struct cm_buf body = { 0 };
    struct cm_json json = cm_json(&body);
    int64_t began_ms = cm_mono_ms();
    struct cm_err err = { 0 };
    cm_rc rc = analyze(tries, text, transcript, ask, cm_http_arena(rq), &analysis, &err);

    if (rc) {
        refuse(rq, text, rc, &err);
        return;
    }
    cm_json_object(&json, NULL);
    cm_json_str(&json, "analysis_text", analysis.text);
    cm_json_text(&json, "engine", text->engine);
    cm_json_text(&json, "model", text->model);
    cm_json_i64(&json, "duration_ms", cm_mono_ms() - began_ms);
    cm_json_end(&json);
    reply_json(rq, 200, &body);
}

void try_analyzer(struct cm_http_request *rq, void *ctx)
{
    struct tries *tries = ((struct gateway *)ctx)->tries;
    CM_OWN_CHANGE struct change change = { 0 };
    CM_OWN(cm_rows) call = NULL;
    CM_OWN(cm_rows) segments = NULL;
    struct body_value values[FIELDS];
    struct cm_transcript transcript;
    struct cm_text *text;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_ADMIN) ||
        !body_read(rq, fields, FIELDS, values) || !load(&change, values[CALL].id, &call, &segments))
        return;
    change_end(&change); /* no transaction is held open while a model thinks */

    text = engine_of(tries, values[ENGINE].text);
    if (!text) {
        cm_http_problem(rq, 409, "Conflict",
                        "No language model is set up: TEXT_URL and TEXT_MODEL are not set.");
        return;
    }
    if (text->slow && sem_trywait(&tries->places) != 0) {
        reply_away(rq, BUSY_S, "Too many analyzers are being tried right now. Try again.");
        return;
    }
    transcript = transcript_of(call, segments, cm_http_arena(rq));
    run(rq, tries, text, &transcript,
        &(struct cm_analysis_ask){ values[NAME].text, values[PROMPT].text });
    if (text->slow)
        sem_post(&tries->places);
}
