/* loudness.h - does somebody speak? A gate on the energy that follows the quiet of the line.
 *
 * Vocabulary: a *frame* is 20 ms, its *level* the mean magnitude of its samples. The *quiet* is the
 * level that a tenth of the frames of the last three seconds keep below: pauses between words are
 * that quiet, and of steady noise the whole is. A frame is voiced when it is well above the quiet;
 * what follows it stays voiced down to somewhat less. Whether what is voiced are words is for the
 * speech engine to say.
 *
 * It runs on the thread that carries the calls: a frame costs tens of nanoseconds and no memory.
 * Thread: one at a time.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum {
    FRAME_MS = 20,
    FRAME_SAMPLES = 160, /* 8 kHz mu-law: as many bytes */
    QUIET_FRAMES = 150,  /* are remembered */
    LOUDNESS_STEPS = 64, /* four an octave */
};

struct loudness {                /* all zero: a line of which nothing was heard */
    uint8_t steps[QUIET_FRAMES]; /* of the last frames, a ring */
    uint8_t counts[LOUDNESS_STEPS];
    int heard, next; /* frames in the ring, and where the next one goes */
    int quiet;       /* the step of the quiet */
    int below;       /* frames of lower steps */
    bool voiced;
};

/** The mean magnitude of a frame; `magnitudes` has that of each byte, of 32,768 at most. */
unsigned loudness_level(const uint16_t magnitudes[256], const uint8_t frame[FRAME_SAMPLES]);

/** The next frame, of this level: is it voiced? */
bool loudness_hear(struct loudness *loudness, unsigned level);
/** The quiet of the line, to a fifth. */
unsigned loudness_quiet(const struct loudness *loudness);
/** The next frame never came: nobody speaks, and nothing is learned of the line. */
void loudness_miss(struct loudness *loudness);
