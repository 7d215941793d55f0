/* sounds.h - sounds for tests, made of numbers. */
#pragma once
#include "engine/speech.h"

/** Reads `samples` (borrowed) in pieces of at most `piece` at a time, then ends. */
struct cm_sound *sound_of(const float *samples, size_t count, size_t piece);
/** Fails with CM_RETRY and "the disk is gone" after `count` samples of silence. */
struct cm_sound *sound_that_fails(size_t count);

void put_tone(float *to, size_t count, double hz, double rate_hz, double amplitude);
/** White noise, the same for the same seed. */
void put_noise(float *to, size_t count, double amplitude, unsigned seed);

/** The amplitude of the tone of `hz` in the samples (Goertzel). */
double tone_in(const float *samples, size_t count, double hz, double rate_hz);
