#include "engine/hearing/vad.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <errno.h>
#include <whisper.h>

#include "base/arena.h"
#include "engine/hearing/whisper_log.h"

void cm_vad_free(struct cm_vad *vad)
{
    if (vad)
        vad->destroy(vad);
}

/* ---- Silero ---- */

struct silero {
    struct cm_vad port; /* first */
    struct whisper_vad_context *network;
};

static void silero_destroy(struct cm_vad *port)
{
    struct silero *silero = (struct silero *)port;

    whisper_vad_free(silero->network);
    free(silero);
}

static cm_rc silero_look(struct cm_vad *port, const float *samples, size_t windows, float *likely,
                         struct cm_err *err)
{
    struct silero *silero = (struct silero *)port;
    int count = (int)(windows * CM_VAD_WINDOW);

    if (!whisper_vad_detect_speech_no_reset(silero->network, samples, count) ||
        whisper_vad_n_probs(silero->network) != (int)windows)
        return cm_fail(err, CM_FATAL, "VAD_MODEL: voice activity could not be computed");

    memcpy(likely, whisper_vad_probs(silero->network), windows * sizeof *likely);
    return CM_OK;
}

static cm_rc silero_new(const char *model_path, struct cm_vad **out, struct cm_err *err)
{
    struct whisper_vad_context_params params = whisper_vad_default_context_params();
    struct silero *silero;

    cm_whisper_log_setup();
    if (access(model_path, R_OK) != 0)
        return cm_fail(err, CM_FATAL, "VAD_MODEL=%s: %s", model_path, strerror(errno));

    silero = cm_must(calloc(1, sizeof *silero));
    params.n_threads = 1;
    params.use_gpu = false;
    silero->port = (struct cm_vad){ .look = silero_look, .destroy = silero_destroy };
    silero->network = whisper_vad_init_from_file_with_params(model_path, params);
    if (!silero->network) {
        free(silero);
        return cm_fail(err, CM_FATAL, "VAD_MODEL=%s: not a voice activity model of libwhisper",
                       model_path);
    }
    whisper_vad_reset_state(silero->network); /* a new one remembers what its memory held before */
    *out = &silero->port;
    return CM_OK;
}

/* ---- the energy gate ---- */

/* A window is speech when it is well above the quiet of its surroundings: the level below which a
 * tenth of the windows around it lie. Pauses between words are that quiet; of steady noise the
 * whole is. */
static const float above_quiet = 3.0f;   /* as amplitude: about 10 dB */
static const float never_below = 0.004f; /* -48 dBFS: the hiss of a silent line */
static const float never_above = 0.03f;  /* -30 dBFS: where nobody pauses, speech is still speech */
enum { SURROUNDINGS_MIN = 32 }; /* windows, 1 s: fewer say nothing about the surroundings */

struct energy_gate {
    struct cm_vad port; /* first */
    float threshold;
};

static void energy_destroy(struct cm_vad *port)
{
    free(port);
}

static int by_level(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

static float level(const float *samples)
{
    float sum = 0;

    for (int i = 0; i < CM_VAD_WINDOW; i++)
        sum += samples[i] * samples[i];
    return sqrtf(sum / CM_VAD_WINDOW);
}

static float threshold_of(const float *levels, size_t windows)
{
    float *sorted = cm_must(malloc(windows * sizeof *sorted)), threshold;

    memcpy(sorted, levels, windows * sizeof *sorted);
    qsort(sorted, windows, sizeof *sorted, by_level);
    threshold = fminf(fmaxf(above_quiet * sorted[windows / 10], never_below), never_above);
    free(sorted);
    return threshold;
}

static cm_rc energy_look(struct cm_vad *port, const float *samples, size_t windows, float *likely,
                         struct cm_err *err)
{
    struct energy_gate *gate = (struct energy_gate *)port;

    (void)err;
    for (size_t i = 0; i < windows; i++)
        likely[i] = level(samples + i * CM_VAD_WINDOW);
    if (windows >= SURROUNDINGS_MIN)
        gate->threshold = threshold_of(likely, windows);
    for (size_t i = 0; i < windows; i++)
        likely[i] = likely[i] > gate->threshold ? 1.0f : 0.0f;
    return CM_OK;
}

struct cm_vad *cm_vad_energy_new(void)
{
    struct energy_gate *gate = cm_must(calloc(1, sizeof *gate));

    gate->port = (struct cm_vad){ .look = energy_look, .destroy = energy_destroy };
    gate->threshold = never_below;
    return &gate->port;
}

/* ---- whichever there is ---- */

cm_rc cm_vad_new(const char *model_path, struct cm_vad **out, struct cm_err *err)
{
    if (model_path)
        return silero_new(model_path, out, err);

    *out = cm_vad_energy_new();
    return CM_OK;
}
