/* captions_inside.h - what captions.c (the workers) and ear.c (the cutting) share. */
#pragma once
#include <pthread.h>

#include "captions.h"
#include "tray.h"

struct captions {
    struct cm_speech *speech;
    struct trays *trays;
    int pause_frames, longest_frames; /* of 20 ms; see loudness.h */
    uint16_t magnitudes[256];         /* of each byte of mu-law */
    pthread_t *workers;
    int worker_count;
    pthread_mutex_t complaint; /* of the two below */
    int64_t failures, complained_ms;
};
