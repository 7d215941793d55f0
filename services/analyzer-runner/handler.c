#include "handler.h"

#include <stdlib.h>

#include "base/digest.h"
#include "store.h"

static bool is_rerun(const struct cm_event *event)
{
    return event->kind == EVENT_CALL_RERUN_REQUESTED;
}

/* The event carries the transcript; a request to run again finds it in the database. */
static cm_rc load(struct cm_context *cx, struct cm_item *item, struct runs *runs,
                  struct cm_err *err)
{
    const struct analyzers *app = cx->app;
    cm_rc rc = store_read_analyzers(cx->db, item, app->most, runs, err);

    if (rc)
        return rc;
    if (is_rerun(item->event))
        return store_read_transcript(cx->db, item, &runs->transcript, err);

    runs->transcript.segments = item->event->call_transcribed.segments;
    runs->transcript.segment_count = item->event->call_transcribed.segment_count;
    return CM_OK;
}

static cm_rc prepare(struct cm_context *cx, struct cm_item *item, struct cm_err *err)
{
    struct runs *runs = item->prepared;
    cm_rc rc;

    if (!runs) {
        runs = CM_NEW(item->arena, struct runs);
        rc = load(cx, item, runs, err);
        if (rc)
            return rc;
        item->prepared = runs; /* answers that are here stay for the next attempt */
    }
    runs->transcript.stop = cx->stopping;
    runs->transcript.stop_ctx = cx->stopping_ctx;
    return runs_ask(runs, cx->app, item->arena, item->last_attempt, err);
}

static struct cm_event reply_to(const struct cm_item *item, enum cm_event_kind kind)
{
    struct cm_event event = { .kind = kind, .head = item->event->head };

    event.head.event_id = (struct cm_uuid){ { 0 } };
    event.head.occurred_at_us = 0;
    return event;
}

static cm_rc emit_runs(struct cm_context *cx, const struct cm_item *item, struct cm_err *err)
{
    const struct runs *runs = item->prepared;
    cm_rc rc = CM_OK;

    if (!runs->count) {
        struct cm_event event = reply_to(item, EVENT_CALL_STEP_SKIPPED);

        event.call_step_skipped =
            (struct cm_call_step_skipped){ .step = CM_STR("analyze"),
                                           .reason = CM_STR("no active analyzer") };
        return cm_emit(cx, &event, err);
    }
    for (size_t i = 0; i < runs->count && !rc; i++) {
        const struct run *run = &runs->runs[i];
        struct cm_event event = reply_to(item, EVENT_CALL_ANALYZED);
        struct cm_sha256 hash = cm_sha256(run->analyzer.prompt);
        struct cm_hex prompt = cm_hex(hash.at, sizeof hash.at);

        event.call_analyzed = (struct cm_call_analyzed){
            .run_id = store_run_id(item, run),
            .analyzer_id = run->analyzer.id,
            .analyzer_name = run->analyzer.name,
            .analysis_text = run->text,
            .trigger = is_rerun(item->event) ? CM_STR("rerun") : CM_STR("transcribed"),
            .engine = cm_str_of(run->engine),
            .model = cm_str_of(run->model),
            .prompt_sha256 = cm_str_of(prompt.at),
            .took_ms = run->took_ms,
            .run_index = (int64_t)i,
            .run_count = (int64_t)runs->count,
            .sentiment = run->sentiment,
        };
        if (is_rerun(item->event))
            event.call_analyzed.request_id =
                (struct cm_opt_uuid){ true, item->event->call_rerun_requested.request_id };
        rc = cm_emit(cx, &event, err);
    }
    return rc;
}

static cm_rc persist(struct cm_context *cx, struct cm_tx *tx, struct cm_item *const items[],
                     size_t count, struct cm_err *err)
{
    cm_rc rc = store_append_runs(tx, items, count, cx->now_us, err);

    for (size_t i = 0; i < count && !rc; i++)
        rc = emit_runs(cx, items[i], err);
    return rc;
}

static void close_app(void *app)
{
    struct analyzers *analyzers = app;

    if (!analyzers)
        return;
    cm_text_free(analyzers->text);
    cm_text_free(analyzers->rules);
    cm_text_free(analyzers->openai);
    free(analyzers);
}

static cm_rc open_app(struct cm_service *service, void **app, struct cm_err *err)
{
    const struct cm_config *config = cm_service_config(service);
    struct analyzers *analyzers = calloc(1, sizeof *analyzers);
    cm_rc rc;

    if (!analyzers)
        return cm_fail(err, CM_FATAL, "analyzer-runner: out of memory");

    analyzers->most = cm_config_int(config, "ANALYZERS_MAX");
    analyzers->rules = cm_text_rules_new();
    rc = cm_text_open(config, cm_service_http(service), &analyzers->text, err);
    if (!rc)
        rc = cm_text_openai_open(config, cm_service_http(service), &analyzers->openai, err);
    if (rc) {
        close_app(analyzers);
        return rc;
    }
    *app = analyzers;
    return CM_OK;
}

static const struct cm_setting own_settings[] = {
    { .name = "ANALYZERS_MAX",
      .type = CM_SET_INT,
      .fallback = "50",
      .min = 1,
      .max = 1000,
      .help = "How many active analyzers of an organization are run on a call; the first ones in "
              "order." },
    { .name = NULL },
};

const struct cm_route analyzer_routes[] = {
    { .consumes = EVENT_CALL_TRANSCRIBED,
      .prepare = prepare,
      .persist = persist,
      .step = "analyze" },
    { .consumes = EVENT_CALL_RERUN_REQUESTED,
      .prepare = prepare,
      .persist = persist,
      .step = "analyze" },
    { .consumes = EVENT_NONE },
};
static const enum cm_event_kind produces[] = { EVENT_CALL_ANALYZED, EVENT_CALL_STEP_SKIPPED,
                                               EVENT_NONE };
static const struct cm_setting *const settings[] = { cm_text_settings, own_settings, NULL };

const struct cm_service_spec analyzer_runner = {
    .name = "analyzer-runner",
    .routes = analyzer_routes,
    .produces = produces,
    .settings = settings,
    .admin_addr = "127.0.0.1:9105",
    .open = open_app,
    .close = close_app,
};
