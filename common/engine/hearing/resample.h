/* resample.h - brings sound to another sample rate, by libspeexdsp.
 *
 * Flat up to 85 % of the narrower band, no delay: sample 0 in is sample 0 out. One channel. Thread:
 * one at a time. Nothing in it fails but for lack of memory.
 */
#pragma once
#include <stddef.h>

#include "base/own.h"

struct cm_resampler; /* opaque */
enum { CM_RESAMPLER_BLOCK = 4096 };

/** Rates in Hz, of 8,000 to 384,000. */
struct cm_resampler *cm_resampler_new(int from_hz, int to_hz);
void cm_resampler_free(struct cm_resampler *resampler);
CM_DEFINE_OWN(cm_resampler, cm_resampler_free);

/** Takes up to `room` samples out; 0: it needs more input. */
size_t cm_resampler_take(struct cm_resampler *resampler, float *out, size_t room);

/** Puts at most CM_RESAMPLER_BLOCK samples in, once take has given 0. */
void cm_resampler_put(struct cm_resampler *resampler, const float *in, size_t count);

/** Says that no more input comes: what is still inside can be taken. Once, and straight behind a
 * put if need be. */
void cm_resampler_end(struct cm_resampler *resampler);
