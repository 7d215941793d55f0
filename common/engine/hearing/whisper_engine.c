/* The embedded engine. Voice activity finds the stretches in which somebody speaks, and each is one
 * pass of the model by itself: times are the voice's own, and the model, which invents words for
 * silence, is not asked about any. One thread a job: ggml's threads wait for each other by
 * spinning, and several jobs at a time use the processor better. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <whisper.h>

#include "base/log.h"
#include "engine/hearing/cutter.h"
#include "engine/hearing/engines.h"
#include "engine/hearing/jobs.h"
#include "engine/hearing/utterances.h"
#include "engine/hearing/whisper_log.h"

enum {
    SAMPLES_PER_FRAME = 320, /* of the encoder: 20 ms */
    FRAMES_MIN = 512,        /* with less context the model begins to repeat itself */
    SHORTEST =
        CM_SPEECH_RATE + CM_SPEECH_RATE / 10, /* the model wants a second; shorter is padded */
    TOKENS_PER_S = 10,                        /* nobody speaks faster; a loop is cut off there */
    TOKENS_MIN = 24,
    LANGUAGE_LEN_MAX = 32,
};
static const struct cm_cut_rule utterances = { .pause_ms = 600, .longest_ms = 25000 };

struct whisper_engine {
    struct cm_speech port; /* first */
    struct whisper_context *model;
    struct cm_jobs *jobs;
    struct whisper_state *
        *states; /* working memory, one a place in `jobs`, made at its first use */
    int places;
    char *name, *vad_path, *language;
};

static void whisper_destroy(struct cm_speech *port)
{
    struct whisper_engine *engine = (struct whisper_engine *)port;

    for (int i = 0; engine->states && i < engine->places; i++)
        whisper_free_state(engine->states[i]);
    whisper_free(engine->model);
    cm_jobs_free(engine->jobs);
    free(engine->states);
    free(engine->name);
    free(engine->vad_path);
    free(engine->language);
    free(engine);
}

/* One sound being heard. */
struct session {
    struct whisper_engine *engine;
    const struct cm_listen *ask;
    struct cm_utterances heard;
    const char *language; /* of the last stretch */
};

static bool asked_to_stop(void *ctx)
{
    const struct cm_listen *ask = ((const struct session *)ctx)->ask;

    return ask->stop && ask->stop(ask->stop_ctx);
}

static int at_most(int value, int limit)
{
    return value < limit ? value : limit;
}

static struct whisper_full_params params_for(struct session *session, int samples)
{
    const struct whisper_engine *engine = session->engine;
    struct whisper_full_params params = whisper_full_default_params(WHISPER_SAMPLING_GREEDY);
    int frames = samples / SAMPLES_PER_FRAME + 1;
    int tokens = samples / CM_SPEECH_RATE * TOKENS_PER_S;

    params.n_threads = 1;
    params.language = engine->language;
    params.no_context = true;
    params.no_timestamps = true;
    params.single_segment = true;
    params.print_progress = false;
    params.print_timestamps = false;
    params.suppress_nst = false; /* off: "[BLANK_AUDIO]" is told apart from words, a guess is not */
    params.audio_ctx =
        at_most(frames > FRAMES_MIN ? frames : FRAMES_MIN, whisper_n_audio_ctx(engine->model));
    params.max_tokens = tokens > TOKENS_MIN ? tokens : TOKENS_MIN;
    params.abort_callback = asked_to_stop;
    params.abort_callback_user_data = session;
    return params;
}

static struct whisper_state *state_at(struct whisper_engine *engine, int place, struct cm_err *err)
{
    if (!engine->states[place])
        engine->states[place] = whisper_init_state(engine->model);
    if (!engine->states[place])
        (void)cm_fail(err, CM_RETRY, "speech: no memory for job %d of %d", place + 1,
                      engine->places);
    return engine->states[place];
}

static void note(struct whisper_state *state, const struct cm_stretch *stretch,
                 struct cm_utterances *heard)
{
    int segments = whisper_full_n_segments_from_state(state);
    struct cm_str text = { 0 };

    for (int i = 0; i < segments; i++) {
        const char *part = whisper_full_get_segment_text_from_state(state, i);

        text = cm_arena_printf(heard->arena, "%.*s%s", CM_STR_FMT(text), part ? part : "");
    }
    cm_utterances_add(heard, stretch->start_ms, stretch->end_ms, text);
}

/* One pass over one stretch, in a place that is ours for as long. */
static cm_rc hear_in_place(struct session *session, int place, const struct cm_stretch *stretch,
                           struct cm_err *err)
{
    struct whisper_engine *engine = session->engine;
    struct whisper_state *state = state_at(engine, place, err);
    CM_OWN_MEM float *padded = NULL;
    const float *samples = stretch->samples;
    int count = (int)stretch->count;

    if (!state)
        return CM_RETRY;

    if (count < SHORTEST) {
        padded = cm_must(calloc(SHORTEST, sizeof *padded));
        memcpy(padded, samples, stretch->count * sizeof *padded);
        samples = padded;
        count = SHORTEST;
    }
    if (whisper_full_with_state(engine->model, state, params_for(session, count), samples, count)) {
        if (asked_to_stop(session))
            return cm_fail(err, CM_RETRY, "speech: stopped");
        return cm_fail(err, CM_RETRY, "speech: libwhisper failed at %lld ms",
                       (long long)stretch->start_ms);
    }
    note(state, stretch, &session->heard);
    session->language = whisper_lang_str(whisper_full_lang_id_from_state(state));
    return CM_OK;
}

static cm_rc hear_stretch(void *ctx, const struct cm_stretch *stretch, struct cm_err *err)
{
    struct session *session = ctx;
    struct cm_jobs *jobs = session->engine->jobs;
    int place;
    cm_rc rc;

    rc = cm_jobs_enter(jobs, session->ask->stop, session->ask->stop_ctx, &place, err);
    if (rc)
        return rc;

    rc = hear_in_place(session, place, stretch, err);
    cm_jobs_leave(jobs, place);
    return rc;
}

static struct cm_str language_of(const struct session *session)
{
    const char *set = session->engine->language;

    if (session->language)
        return cm_str_of(session->language);
    return strcmp(set, "auto") == 0 ? CM_STR("und") : cm_str_of(set);
}

static cm_rc whisper_hear(struct cm_speech *port, const struct cm_listen *ask, struct cm_heard *out,
                          struct cm_err *err)
{
    struct whisper_engine *engine = (struct whisper_engine *)port;
    struct session session = { .engine = engine, .ask = ask, .heard = { .arena = ask->arena } };
    cm_rc rc;

    rc = cm_each_stretch(ask, engine->vad_path, utterances, hear_stretch, &session, err);
    if (rc)
        return rc;

    *out = (struct cm_heard){ .utterances = session.heard.at,
                              .count = session.heard.count,
                              .language = language_of(&session) };
    return CM_OK;
}

/* "/models/ggml-tiny.en.bin" is called "ggml-tiny.en". */
static char *model_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t len = strlen(base);

    if (len > 4 && strcmp(base + len - 4, ".bin") == 0)
        len -= 4;
    return strndup(base, len);
}

static cm_rc load(const struct cm_whisper_options *options, struct whisper_context **out,
                  struct cm_err *err)
{
    struct whisper_context_params params = whisper_context_default_params();

    params.use_gpu = false;
    cm_whisper_log_setup();
    if (access(options->model_path, R_OK) != 0)
        return cm_fail(err, CM_FATAL, "WHISPER_MODEL=%s: %s", options->model_path, strerror(errno));

    *out = whisper_init_from_file_with_params_no_state(options->model_path, params);
    if (!*out)
        return cm_fail(err, CM_FATAL, "WHISPER_MODEL=%s: not a whole ggml model of Whisper",
                       options->model_path);
    return CM_OK;
}

static cm_rc check_language(struct whisper_context *model, const char *language, const char *path,
                            struct cm_err *err)
{
    bool any = strcmp(language, "auto") == 0;

    if (!any && whisper_lang_id(language) < 0)
        return cm_fail(err, CM_FATAL, "SPEECH_LANGUAGE=%s: want a code such as en, or auto",
                       language);
    if (!whisper_is_multilingual(model) && strcmp(language, "en") != 0)
        return cm_fail(err, CM_FATAL,
                       "SPEECH_LANGUAGE=%s: WHISPER_MODEL=%s understands English only, "
                       "set en or take a multilingual model",
                       language, path);
    return CM_OK;
}

/* Both are tried out now: what is wrong with them should stop the start, not the first call. */
static cm_rc load_models(struct whisper_engine *engine, const struct cm_whisper_options *options,
                         struct cm_err *err)
{
    CM_OWN(cm_vad) vad = NULL;
    cm_rc rc;

    rc = load(options, &engine->model, err);
    if (rc)
        return rc;

    rc = check_language(engine->model, options->language, options->model_path, err);
    if (rc)
        return rc;

    return cm_vad_new(options->vad_path, &vad, err);
}

cm_rc cm_whisper_new(const struct cm_whisper_options *options, struct cm_speech **out,
                     struct cm_err *err)
{
    struct whisper_engine *engine = cm_must(calloc(1, sizeof *engine));
    CM_OWN(cm_speech) port = NULL;
    cm_rc rc;

    port = &engine->port;
    engine->port =
        (struct cm_speech){ .engine = "whisper", .hear = whisper_hear, .destroy = whisper_destroy };
    rc = load_models(engine, options, err);
    if (rc)
        return rc;

    engine->places = options->jobs;
    engine->jobs = cm_jobs_new(options->jobs);
    engine->states = cm_must(calloc((size_t)options->jobs, sizeof(struct whisper_state *)));
    engine->name = cm_must(model_name(options->model_path));
    engine->vad_path = options->vad_path ? cm_must(strdup(options->vad_path)) : NULL;
    engine->language = cm_must(strdup(options->language));
    engine->port.model = engine->name;
    *out = CM_STEAL(port);
    return CM_OK;
}

const char *cm_language_code(struct cm_str name)
{
    char lower[LANGUAGE_LEN_MAX] = { 0 };
    int id;

    if (name.len == 0 || name.len >= sizeof lower)
        return NULL;
    for (size_t i = 0; i < name.len; i++)
        lower[i] = (char)tolower((unsigned char)name.at[i]);
    cm_whisper_log_setup(); /* it complains about names that it does not know */
    id = whisper_lang_id(lower);
    return id < 0 ? NULL : whisper_lang_str(id);
}
