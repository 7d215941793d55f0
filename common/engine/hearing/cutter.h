/* cutter.h - finds where somebody speaks in a sound, and hands those stretches out one after
 * another.
 *
 * Vocabulary: a window (vad.h) is voiced or not; a stretch runs from the first voiced window to the
 * last one before a pause, with a little of the surroundings on both sides; one that grows too long
 * is cut where it is quietest. What is too short to be a word is dropped. So silence comes out as
 * nothing at all.
 *
 * Memory: one stretch of the greatest length and ten seconds. Thread: one at a time.
 */
#pragma once
#include "engine/hearing/vad.h"
#include "engine/speech.h"

struct cm_cutter; /* opaque */

struct cm_cut_rule {
    int pause_ms;   /* a silence as long as this ends a stretch */
    int longest_ms; /* of a stretch */
};

struct cm_stretch {
    const float *samples; /* lent until the next call */
    size_t count;
    int64_t from_ms;          /* where `samples` begin in the sound */
    int64_t start_ms, end_ms; /* of the voice in it */
};

/** Borrows everything. */
struct cm_cutter *cm_cutter_new(const struct cm_listen *ask, struct cm_vad *vad,
                                struct cm_cut_rule rule);
void cm_cutter_free(struct cm_cutter *cutter);
CM_DEFINE_OWN(cm_cutter, cm_cutter_free);

/** `*more` is false at the end. Fails as the sound and the VAD do; CM_RETRY when asked to stop. */
cm_rc cm_cutter_next(struct cm_cutter *cutter, struct cm_stretch *out, bool *more,
                     struct cm_err *err) CM_MUSTCHECK;

/** The whole sound: calls `hear` for each stretch, with the VAD of `vad_path` (vad.h). Ends with
 * the first failure of the sound, the VAD or `hear`. */
cm_rc cm_each_stretch(const struct cm_listen *ask, const char *vad_path, struct cm_cut_rule rule,
                      cm_rc (*hear)(void *ctx, const struct cm_stretch *stretch,
                                    struct cm_err *err),
                      void *ctx, struct cm_err *err) CM_MUSTCHECK;
