/* peaks.h - what a channel looks like: how loud it gets in each of so many equal stretches.
 *
 * They are taken while the speech engine reads the sound, so that a recording is decoded once and
 * its length costs no memory.
 */
#pragma once
#include "engine/speech.h"

enum { PEAKS_MAX = 1000 }; /* of a channel */

/** How many a channel of this length has: at least one, and none without a sample of its own. */
size_t peaks_count(int64_t samples);

/** `sound`, which is taken, to be read through; about `samples` long. `peaks` has room for
 * peaks_count() bytes, lent for the sound's life: 0 is silence, 255 as loud as it gets. */
struct cm_sound *peaks_watch(struct cm_sound *sound, int64_t samples, uint8_t *peaks);
/** Reads what the engine left unread. */
cm_rc peaks_finish(struct cm_sound *watched, struct cm_err *err) CM_MUSTCHECK;
