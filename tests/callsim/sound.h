/* sound.h - what is said on a call, as Twilio streams it: mu-law, 8 kHz, each channel by itself.
 *
 * Written a second time beside the service's own tables on purpose: a mistake there would otherwise
 * be a mistake here too. Thread: any; a file is decoded once.
 */
#pragma once
#include "world.h"

enum { SOUND_FRAME = 160, SOUND_FRAME_MS = 20 };

struct sound {
    const uint8_t *at;
    size_t len; /* bytes, 8 for each millisecond */
};

/** Channel 0 or 1 of the file; lent by the world. CM_REJECT: it cannot be decoded. */
cm_rc sound_of(struct world *world, struct audio *audio, int channel, struct sound *out,
               struct cm_err *err) CM_MUSTCHECK;

uint8_t sound_mulaw(int sample); /* of 16 bits */
