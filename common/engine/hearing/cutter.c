#include "engine/hearing/cutter.h"

#include <stdlib.h>
#include <string.h>

/* The buffer holds whole windows; indices count windows from its beginning. Windows before `seen`
 * went through the state machine, those before `held` through the VAD. */

static const float voiced_from = 0.5f;   /* begins a stretch */
static const float voiced_still = 0.35f; /* goes on with it */
enum {
    BLOCK = 312,  /* windows read at once: 10 s, which is also the energy gate's surroundings */
    MARGIN = 6,   /* windows of surroundings: 192 ms, or first consonants get lost */
    SHORTEST = 6, /* clearly voiced windows in a stretch: 192 ms, a short "yes" */
    WINDOWS_PER_S = CM_SPEECH_RATE / CM_VAD_WINDOW,
};

struct cm_cutter {
    const struct cm_listen *ask;
    struct cm_vad *vad;
    size_t pause, longest; /* windows */

    float *samples, *likely; /* of the windows held */
    size_t held, seen;
    size_t floor;   /* windows before it belong to the stretch before */
    int64_t before; /* windows that have left the buffer */
    int64_t total;  /* samples read */
    bool ended;

    bool speaking;
    size_t first, last; /* voiced windows of the stretch that is open */
    size_t clear;       /* of them clearly voiced */
};

static size_t windows_of(int ms)
{
    return ((size_t)ms * CM_SPEECH_RATE / 1000 + CM_VAD_WINDOW - 1) / CM_VAD_WINDOW;
}

struct cm_cutter *cm_cutter_new(const struct cm_listen *ask, struct cm_vad *vad,
                                struct cm_cut_rule rule)
{
    struct cm_cutter *cutter = cm_must(calloc(1, sizeof *cutter));
    size_t room;

    cutter->ask = ask;
    cutter->vad = vad;
    cutter->pause = windows_of(rule.pause_ms);
    cutter->longest = windows_of(rule.longest_ms);
    room = cutter->longest + BLOCK + (size_t)2 * MARGIN;
    cutter->samples = cm_must(calloc(room * CM_VAD_WINDOW, sizeof(float)));
    cutter->likely = cm_must(calloc(room, sizeof(float)));
    return cutter;
}

void cm_cutter_free(struct cm_cutter *cutter)
{
    if (!cutter)
        return;

    free(cutter->samples);
    free(cutter->likely);
    free(cutter);
}

static int64_t ms_of(const struct cm_cutter *cutter, size_t window)
{
    int64_t sample = (cutter->before + (int64_t)window) * CM_VAD_WINDOW;

    if (sample > cutter->total) /* the last window is filled up with silence */
        sample = cutter->total;
    return sample * 1000 / CM_SPEECH_RATE;
}

/* Ends the open stretch before window `end`, with `margin` windows behind it. false: too short to
 * tell. */
static bool close_stretch(struct cm_cutter *cutter, size_t end, size_t margin,
                          struct cm_stretch *out)
{
    size_t from = cutter->first < cutter->floor + MARGIN ? cutter->floor : cutter->first - MARGIN;
    size_t to = end + margin < cutter->held ? end + margin : cutter->held;
    bool told = cutter->clear >= SHORTEST;

    if (told)
        *out = (struct cm_stretch){ .samples = cutter->samples + from * CM_VAD_WINDOW,
                                    .count = (to - from) * CM_VAD_WINDOW,
                                    .from_ms = ms_of(cutter, from),
                                    .start_ms = ms_of(cutter, cutter->first),
                                    .end_ms = ms_of(cutter, end) };
    cutter->floor = end;
    return told;
}

static size_t quietest(const struct cm_cutter *cutter, size_t from, size_t to)
{
    size_t best = from;

    for (size_t i = from; i < to; i++)
        if (cutter->likely[i] <= cutter->likely[best])
            best = i;
    return best;
}

/* Cuts a stretch that has become too long in its second half and leaves the rest of it open. */
static bool split(struct cm_cutter *cutter, size_t now, struct cm_stretch *out)
{
    size_t at = quietest(cutter, cutter->first + cutter->longest / 2, now + 1);
    bool told = close_stretch(cutter, at, 0, out);

    cutter->first = at;
    if (cutter->last < at)
        cutter->last = at;
    cutter->clear = 0;
    for (size_t i = at; i <= now; i++)
        cutter->clear += cutter->likely[i] >= voiced_from;
    return told;
}

/* Looks at one more window; true when it completed a stretch. */
static bool step(struct cm_cutter *cutter, size_t window, struct cm_stretch *out)
{
    float likely = cutter->likely[window];

    if (!cutter->speaking) {
        if (likely >= voiced_from) {
            cutter->speaking = true;
            cutter->first = cutter->last = window;
            cutter->clear = 1;
        }
        return false;
    }

    if (likely >= voiced_still)
        cutter->last = window;
    cutter->clear += likely >= voiced_from;
    if (window - cutter->last >= cutter->pause) {
        cutter->speaking = false;
        return close_stretch(cutter, cutter->last + 1, MARGIN, out);
    }
    if (window + 1 - cutter->first >= cutter->longest)
        return split(cutter, window, out);
    return false;
}

/* Forgets what no stretch can need any more. */
static void compact(struct cm_cutter *cutter)
{
    size_t needed = cutter->speaking ? cutter->first : cutter->seen;
    size_t drop = needed < MARGIN ? 0 : needed - MARGIN;

    memmove(cutter->samples, cutter->samples + drop * CM_VAD_WINDOW,
            (cutter->held - drop) * CM_VAD_WINDOW * sizeof *cutter->samples);
    memmove(cutter->likely, cutter->likely + drop, (cutter->held - drop) * sizeof *cutter->likely);
    cutter->before += (int64_t)drop;
    cutter->held -= drop;
    cutter->seen -= drop;
    cutter->floor = cutter->floor < drop ? 0 : cutter->floor - drop;
    if (cutter->speaking) {
        cutter->first -= drop;
        cutter->last -= drop;
    }
}

static cm_rc refill(struct cm_cutter *cutter, struct cm_err *err)
{
    const struct cm_listen *ask = cutter->ask;
    size_t room = (size_t)BLOCK * CM_VAD_WINDOW, read = 0, windows;
    float *to;
    cm_rc rc;

    if (ask->stop && ask->stop(ask->stop_ctx))
        return cm_fail(err, CM_RETRY, "speech: stopped");

    compact(cutter);
    to = cutter->samples + cutter->held * CM_VAD_WINDOW;
    while (read < room && !cutter->ended) {
        size_t got = 0;

        rc = ask->sound->read(ask->sound, to + read, room - read, &got, err);
        if (rc)
            return rc;
        read += got;
        cutter->ended = got == 0;
    }
    windows = (read + CM_VAD_WINDOW - 1) / CM_VAD_WINDOW;
    memset(to + read, 0, (windows * CM_VAD_WINDOW - read) * sizeof *to);
    cutter->total += (int64_t)read;
    if (windows == 0)
        return CM_OK;

    rc = cutter->vad->look(cutter->vad, to, windows, cutter->likely + cutter->held, err);
    if (rc)
        return rc;
    cutter->held += windows;
    return CM_OK;
}

cm_rc cm_cutter_next(struct cm_cutter *cutter, struct cm_stretch *out, bool *more,
                     struct cm_err *err)
{
    for (;;) {
        cm_rc rc;

        while (cutter->seen < cutter->held)
            if (step(cutter, cutter->seen++, out)) {
                *more = true;
                return CM_OK;
            }
        if (cutter->ended) {
            *more = cutter->speaking && close_stretch(cutter, cutter->last + 1, MARGIN, out);
            cutter->speaking = false;
            return CM_OK;
        }
        rc = refill(cutter, err);
        if (rc)
            return rc;
    }
}

cm_rc cm_each_stretch(const struct cm_listen *ask, const char *vad_path, struct cm_cut_rule rule,
                      cm_rc (*hear)(void *ctx, const struct cm_stretch *stretch,
                                    struct cm_err *err),
                      void *ctx, struct cm_err *err)
{
    CM_OWN(cm_vad) vad = NULL;
    CM_OWN(cm_cutter) cutter = NULL;
    cm_rc rc;

    rc = cm_vad_new(vad_path, &vad, err);
    if (rc)
        return rc;

    cutter = cm_cutter_new(ask, vad, rule);
    for (;;) {
        struct cm_stretch stretch;
        bool more;

        rc = cm_cutter_next(cutter, &stretch, &more, err);
        if (rc || !more)
            return rc;
        rc = hear(ctx, &stretch, err);
        if (rc)
            return rc;
    }
}
