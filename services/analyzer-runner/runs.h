/* runs.h - the analyzers' answers about one call, gathered over as many attempts as it takes.
 *
 * An answer that was given is kept and not asked (and paid) for again. An analyzer that cannot be
 * answered does not take the others' answers with it: its run says why, unless no analyzer could be
 * answered, which fails the step.
 */
#pragma once
#include "engine/text.h"
#include "service/service.h"

struct analyzers {        /* what the steps share */
    struct cm_text *text; /* the configured one */
    struct cm_text *rules,
        *openai;  /* for analyzers that name theirs; openai is NULL where none is configured */
    int64_t most; /* analyzers a call */
};

struct analyzer {
    struct cm_uuid id;
    struct cm_str name, prompt, engine; /* engine: default | rules | openai */
};

struct run {
    struct analyzer analyzer;
    bool answered;
    struct cm_str text;               /* the answer, or why there is none */
    struct cm_str summary, sentiment; /* the call at a glance; NULL views: the run tells none */
    const char *engine, *model;
    int64_t took_ms;
};

struct runs { /* of one call; in its arena */
    struct run *runs;
    size_t count;
    struct cm_transcript transcript;
};

/** Asks those that have not answered yet. CM_RETRY as long as another attempt may bring an answer;
 *  on the last attempt, or on CM_REJECT, only when nobody answered at all. */
cm_rc runs_ask(struct runs *runs, const struct analyzers *app, struct cm_arena *arena,
               bool last_attempt, struct cm_err *err) CM_MUSTCHECK;
