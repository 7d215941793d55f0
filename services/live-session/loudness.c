#include "loudness.h"

#include <string.h>

/* As the engine's own gate has them (engine/hearing/vad.c), which measures the mean square: of
 * noise that is a quarter more than the mean magnitude. */
enum {
    ABOVE_QUIET = 3,    /* times the quiet: about 10 dB */
    NEVER_BELOW = 105,  /* -48 dBFS: the hiss of a silent line */
    NEVER_ABOVE = 1000, /* -28 dBFS: where nobody pauses, speech is still speech */
};

/* Eight bytes are loaded at once and looked up in two sums, of which neither waits for the other:
 * half the time of one after the other. */
unsigned loudness_level(const uint16_t magnitudes[256], const uint8_t frame[FRAME_SAMPLES])
{
    unsigned even = 0, odd = 0;

    for (int i = 0; i < FRAME_SAMPLES; i += 8) {
        uint64_t bytes;

        memcpy(&bytes, frame + i, sizeof bytes);
        even += magnitudes[bytes & 0xFF];
        odd += magnitudes[bytes >> 8 & 0xFF];
        even += magnitudes[bytes >> 16 & 0xFF];
        odd += magnitudes[bytes >> 24 & 0xFF];
        even += magnitudes[bytes >> 32 & 0xFF];
        odd += magnitudes[bytes >> 40 & 0xFF];
        even += magnitudes[bytes >> 48 & 0xFF];
        odd += magnitudes[bytes >> 56];
    }
    return (even + odd) / FRAME_SAMPLES;
}

/* Steps are as far apart as 1, 1.25, 1.5, 1.75, 2, 2.5, ... */
static int step_of(unsigned level)
{
    int octave;

    if (level < 4)
        return (int)level;
    octave = 31 - __builtin_clz(level);
    return (octave - 1) * 4 + (int)(level >> (octave - 2) & 3);
}

unsigned loudness_quiet(const struct loudness *loudness)
{
    int step = loudness->quiet;

    return step < 4 ? (unsigned)step : (4u + (unsigned)(step & 3)) << (step / 4 - 1);
}

/* Moves the step of the quiet to where a tenth of the frames lies below it, or in it. A line that
 * is new is taken for silent: what was not heard yet counts as such. */
static void find_quiet(struct loudness *loudness)
{
    int tenth = QUIET_FRAMES / 10 - (QUIET_FRAMES - loudness->heard);

    while (loudness->quiet > 0 && loudness->below >= tenth) {
        loudness->quiet--;
        loudness->below -= loudness->counts[loudness->quiet];
    }
    while (loudness->below + loudness->counts[loudness->quiet] < tenth) {
        loudness->below += loudness->counts[loudness->quiet];
        loudness->quiet++;
    }
}

static void follow(struct loudness *loudness, unsigned level)
{
    int step = step_of(level);

    if (loudness->heard == QUIET_FRAMES) {
        int oldest = loudness->steps[loudness->next];

        loudness->counts[oldest]--;
        loudness->below -= oldest < loudness->quiet;
    } else {
        loudness->heard++;
    }
    loudness->steps[loudness->next] = (uint8_t)step;
    loudness->next = (loudness->next + 1) % QUIET_FRAMES;
    loudness->counts[step]++;
    loudness->below += step < loudness->quiet;
    find_quiet(loudness);
}

static unsigned within(unsigned level, unsigned lowest, unsigned highest)
{
    return level < lowest ? lowest : level > highest ? highest : level;
}

bool loudness_hear(struct loudness *loudness, unsigned level)
{
    unsigned threshold;

    follow(loudness, level);
    threshold = within(loudness_quiet(loudness) * ABOVE_QUIET, NEVER_BELOW, NEVER_ABOVE);
    if (loudness->voiced)
        threshold = threshold / 3 * 2;
    loudness->voiced = level > threshold;
    return loudness->voiced;
}

void loudness_miss(struct loudness *loudness)
{
    loudness->voiced = false;
}
