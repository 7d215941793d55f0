#include "runs.h"

#include "base/clock.h"
#include "glance.h"

static struct cm_text *engine_of(const struct analyzers *app, const struct analyzer *analyzer)
{
    if (cm_str_is(analyzer->engine, "rules"))
        return app->rules;
    return cm_str_is(analyzer->engine, "openai") ? app->openai : app->text;
}

static cm_rc ask(struct run *run, const struct analyzers *app,
                 const struct cm_transcript *transcript, struct cm_arena *arena, struct cm_err *err)
{
    struct cm_text *text = engine_of(app, &run->analyzer);
    struct cm_analysis_ask question = { run->analyzer.name, run->analyzer.prompt };
    struct cm_analysis analysis;
    int64_t began_ms = cm_mono_ms();
    cm_rc rc;

    run->engine = text ? text->engine : "openai";
    run->model = text ? text->model : "";
    if (!text)
        return cm_fail(err, CM_REJECT,
                       "it asks for a language model, and none is configured: set "
                       "TEXT_URL and TEXT_MODEL");

    rc = text->analyze(text, transcript, &question, arena, &analysis, err);
    run->took_ms = cm_mono_ms() - began_ms;
    if (rc)
        return rc;

    run->text = analysis.text;
    run->sentiment = analysis.sentiment;
    if (cm_ask_kind(&question) == CM_ASK_SUMMARY)
        run->summary = glance_of(analysis.text, arena);
    run->answered = true;
    return CM_OK;
}

cm_rc runs_ask(struct runs *runs, const struct analyzers *app, struct cm_arena *arena,
               bool last_attempt, struct cm_err *err)
{
    struct cm_err first = { .rc = CM_OK };
    size_t answered = 0;

    for (size_t i = 0; i < runs->count; i++) {
        struct run *run = &runs->runs[i];
        struct cm_err why = { .rc = CM_OK };
        cm_rc rc = run->answered ? CM_OK : ask(run, app, &runs->transcript, arena, &why);

        answered += run->answered;
        if (!rc)
            continue;
        run->text = cm_arena_printf(arena, "This analyzer could not be answered: %s.", why.msg);
        (void)cm_err_wrap(&why, "analyzer %.*s", CM_STR_FMT(run->analyzer.name));
        if (rc == CM_FATAL || (rc == CM_RETRY && (!last_attempt || why.away))) {
            *err = why;
            return rc;
        }
        if (!first.rc)
            first = why;
    }
    if (first.rc && !answered) {
        *err = first;
        return first.rc;
    }
    return CM_OK;
}
