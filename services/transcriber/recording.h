/* recording.h - a call's recording, and what is said in it. */
#pragma once
#include "base/arena.h"
#include "engine/audio.h"
#include "engine/recordings.h"
#include "engine/speech.h"

enum { CHANNELS_MAX = 2 };

struct hearing { /* what was heard on each channel; in the arena */
    struct cm_mp3 mp3;
    struct cm_heard channels[CHANNELS_MAX];
    const uint8_t *peaks[CHANNELS_MAX]; /* of each channel (peaks.h) */
    size_t peak_count;                  /* the same for both */
};

struct recording_ask {
    struct cm_str file;
    bool (*stop)(void *ctx); /* Thread: any; may be NULL */
    void *stop_ctx;
};

/** Opens `file`, which must be a call sid with ".mp3", for reading. CM_REJECT: another name, or no
 * regular file. CM_RETRY: it is not there (away: the folder or the store is not). */
cm_rc recording_open(const struct cm_recordings *recordings, struct cm_arena *arena,
                     const struct recording_ask *ask, int *fd, int64_t *size_bytes,
                     struct cm_err *err) CM_MUSTCHECK;

struct hearing_ask {
    struct cm_speech *speech;
    struct cm_arena *arena;
    int64_t max_s;
    bool (*stop)(void *ctx); /* Thread: any */
    void *stop_ctx;
};

/** Hears the channels, both at a time, and looks at them meanwhile. CM_REJECT: the file cannot be
 * heard (engine/audio.h); else as the engine fails. */
cm_rc recording_hear(int fd, const struct hearing_ask *ask, struct hearing *out,
                     struct cm_err *err) CM_MUSTCHECK;
