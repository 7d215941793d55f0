/* resample.h - between the telephone's sound and that of a model that takes none of it: mu-law at
 * 8 kHz on one side, PCM of 16 bits (little endian) at 16 or 24 kHz on the other.
 *
 * Both directions are streams: what is handed in piece by piece comes out as if it were one. The
 * model's side is plain base64 (base64.h); a sample may be cut between two pieces of it.
 * Thread: one at a time.
 */
#pragma once
#include "base/buf.h"
#include "base/own.h"
#include "base/str.h"

struct resample; /* both directions of one call; opaque, about 6 KB */

struct resample *resample_new(int pcm_rate);   /* 16000 or 24000 */
void resample_free(struct resample *resample); /* NULL is fine */
CM_DEFINE_OWN(resample, resample_free);

/* Append base64 to `out`. */
void resample_to_model(struct resample *resample, const uint8_t *mulaw, size_t count,
                       struct cm_buf *out);
/** false: `pcm` is no base64. */
bool resample_to_stream(struct resample *resample, struct cm_str pcm, struct cm_buf *out);
/** The model says something new: nothing of what it said before sounds on. */
void resample_restart(struct resample *resample);
