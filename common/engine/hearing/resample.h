/* resample.h - brings sound to another sample rate: a polyphase windowed-sinc low-pass.
 *
 * Flat up to 85 % of the narrower band, more than 70 dB down beyond it, no delay: sample 0 in is
 * sample 0 out. One channel. Thread: one at a time. Nothing in it fails but for lack of memory.
 */
#pragma once
#include <stddef.h>

#include "base/own.h"

struct cm_resampler; /* opaque */
enum { CM_RESAMPLER_BLOCK = 4096 };

/** Rates in Hz, of 1 to 384,000; the work is in proportion to to_hz / gcd(from_hz, to_hz) when
 * made. */
struct cm_resampler *cm_resampler_new(int from_hz, int to_hz);
void cm_resampler_free(struct cm_resampler *resampler);
CM_DEFINE_OWN(cm_resampler, cm_resampler_free);

/** Takes up to `room` samples out; 0: it needs more input. */
size_t cm_resampler_take(struct cm_resampler *resampler, float *out, size_t room);

/** Puts at most CM_RESAMPLER_BLOCK samples in, once take has given 0. */
void cm_resampler_put(struct cm_resampler *resampler, const float *in, size_t count);

/** Says that no more input comes: what is still inside can be taken. Once. */
void cm_resampler_end(struct cm_resampler *resampler);
