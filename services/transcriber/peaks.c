#include "peaks.h"

#include <math.h>
#include <stdlib.h>

enum { BLOCK = 4096 };

struct watch {
    struct cm_sound port; /* first: the port's pointer is this one's */
    struct cm_sound *sound;
    int64_t samples, at, stretch_end;
    uint8_t *peaks;
    size_t count, stretch;
};

size_t peaks_count(int64_t samples)
{
    if (samples < 1)
        return 1;
    return samples < PEAKS_MAX ? (size_t)samples : PEAKS_MAX;
}

static void begin_stretch(struct watch *watch, size_t stretch)
{
    watch->stretch = stretch;
    watch->stretch_end = (int64_t)(stretch + 1) * watch->samples / (int64_t)watch->count;
}

/* What comes after the announced end belongs to the last stretch. */
static void look(struct watch *watch, const float *block, size_t count)
{
    for (size_t i = 0; i < count; i++, watch->at++) {
        uint8_t loud = (uint8_t)(fminf(fabsf(block[i]), 1) * 255 + 0.5f);

        if (watch->at == watch->stretch_end && watch->stretch + 1 < watch->count)
            begin_stretch(watch, watch->stretch + 1);
        if (watch->peaks[watch->stretch] < loud)
            watch->peaks[watch->stretch] = loud;
    }
}

static cm_rc watch_read(struct cm_sound *port, float *to, size_t room, size_t *got,
                        struct cm_err *err)
{
    struct watch *watch = (struct watch *)port;
    cm_rc rc = watch->sound->read(watch->sound, to, room, got, err);

    if (!rc)
        look(watch, to, *got);
    return rc;
}

static void watch_destroy(struct cm_sound *port)
{
    cm_sound_free(((struct watch *)port)->sound);
    free(port);
}

struct cm_sound *peaks_watch(struct cm_sound *sound, int64_t samples, uint8_t *peaks)
{
    struct watch *watch = cm_must(calloc(1, sizeof *watch));

    *watch = (struct watch){ .port = { .read = watch_read, .destroy = watch_destroy },
                             .sound = sound,
                             .samples = samples,
                             .peaks = peaks,
                             .count = peaks_count(samples) };
    for (size_t i = 0; i < watch->count; i++)
        peaks[i] = 0;
    begin_stretch(watch, 0);
    return &watch->port;
}

cm_rc peaks_finish(struct cm_sound *watched, struct cm_err *err)
{
    float block[BLOCK];
    size_t got;
    cm_rc rc;

    do
        rc = watched->read(watched, block, BLOCK, &got, err);
    while (!rc && got);
    return rc;
}
