#include "sounds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct array_sound {
    struct cm_sound port;
    const float *samples; /* NULL: silence */
    size_t count, piece, at;
    bool fails;
};

static cm_rc array_read(struct cm_sound *port, float *to, size_t room, size_t *got,
                        struct cm_err *err)
{
    struct array_sound *sound = (struct array_sound *)port;
    size_t left = sound->count - sound->at, count = left < sound->piece ? left : sound->piece;

    if (left == 0 && sound->fails)
        return cm_fail(err, CM_RETRY, "the disk is gone");

    count = count < room ? count : room;
    if (sound->samples)
        memcpy(to, sound->samples + sound->at, count * sizeof *to);
    else
        memset(to, 0, count * sizeof *to);
    sound->at += count;
    *got = count;
    return CM_OK;
}

static void array_destroy(struct cm_sound *port)
{
    free(port);
}

static struct cm_sound *array_new(struct array_sound from)
{
    struct array_sound *sound = cm_must(malloc(sizeof *sound));

    *sound = from;
    sound->port = (struct cm_sound){ .read = array_read, .destroy = array_destroy };
    return &sound->port;
}

struct cm_sound *sound_of(const float *samples, size_t count, size_t piece)
{
    return array_new((struct array_sound){ .samples = samples, .count = count, .piece = piece });
}

struct cm_sound *sound_that_fails(size_t count)
{
    return array_new((struct array_sound){ .count = count, .piece = 1000, .fails = true });
}

void put_tone(float *to, size_t count, double hz, double rate_hz, double amplitude)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (float)(amplitude * sin(2 * M_PI * hz * (double)i / rate_hz));
}

void put_noise(float *to, size_t count, double amplitude, unsigned seed)
{
    uint32_t state = seed;

    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        to[i] = (float)(amplitude * ((double)state / 2147483648.0 - 1));
    }
}

double tone_in(const float *samples, size_t count, double hz, double rate_hz)
{
    double real = 0, imaginary = 0;

    for (size_t i = 0; i < count; i++) {
        real += samples[i] * cos(2 * M_PI * hz * (double)i / rate_hz);
        imaginary += samples[i] * sin(2 * M_PI * hz * (double)i / rate_hz);
    }
    return 2 * sqrt(real * real + imaginary * imaginary) / (double)count;
}
