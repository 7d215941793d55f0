/* captions.h - writes down what is said on a line, while it is said, with the local speech engine.
 *
 * Vocabulary: an *ear* (ear.h) hears one speaker of one call. It cuts the sound into *windows* at
 * pauses (or, where nobody pauses, at the longest window) and hands those in which somebody speaks
 * to workers, which run the engine; what is heard in one comes back to the ear's loop as a *turn*,
 * in order. An ear never waits and never costs the loop more than a copy of the sound and a look at
 * its loudness (loudness.h): workers run at a lower priority, and where they are behind, the oldest
 * window of the ear that has most is dropped, and counted.
 *
 * Bounds: sound held by all ears together, and windows waiting, have limits. A window that the
 * engine fails on is dropped too: the call goes on, and its recording is heard later. Thread: an
 * ear belongs to its loop; the workers are the captions' own; ears of any loops share them.
 */
#pragma once
#include "base/config.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "engine/speech.h"

struct captions; /* the workers; opaque */

/** CAPTIONS (where it is false the service starts none), CAPTIONS_JOBS, CAPTIONS_WINDOW_MS,
 *  CAPTIONS_PAUSE_MS, CAPTIONS_QUEUE_MAX, CAPTIONS_MAX_BYTES */
extern const struct cm_setting captions_settings[];

/** `speech` is borrowed; `metrics` may be NULL. CM_FATAL: a thread cannot be started. */
cm_rc captions_start(const struct cm_config *config, struct cm_speech *speech,
                     struct cm_metrics *metrics, struct captions **out,
                     struct cm_err *err) CM_MUSTCHECK;
/** Waits for the workers, which give up what they have. No ear is left, and the ears' loops do not
 *  turn any more, or have turned since their last ear_free. NULL is fine. */
void captions_free(struct captions *captions);
CM_DEFINE_OWN(captions, captions_free);
