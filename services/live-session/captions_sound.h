/* captions_sound.h - the sound of a line as the speech engine takes it. */
#pragma once
#include <stdint.h>

#include "engine/speech.h"

/** 8 kHz mu-law (borrowed as long as the sound) as a sound of CM_SPEECH_RATE. Never fails. */
struct cm_sound *captions_sound_new(const uint8_t *mulaw, size_t count);

/** How far each byte of mu-law is from silence, of 32,768. */
void captions_sound_magnitudes(uint16_t magnitudes[256]);
