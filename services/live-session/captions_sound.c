#include "captions_sound.h"

#include <stdlib.h>

#include "engine/hearing/resample.h"
#include "mulaw.h"

struct line_sound {
    struct cm_sound port; /* first: the port's pointer is this one's */
    const uint8_t *at;
    size_t left;
    bool ended;
    struct cm_resampler *resampler;
};

void captions_sound_magnitudes(uint16_t magnitudes[256])
{
    for (int i = 0; i < 256; i++)
        magnitudes[i] = (uint16_t)abs(mulaw_to_pcm((uint8_t)i));
}

static void put_more(struct line_sound *sound)
{
    float block[CM_RESAMPLER_BLOCK];
    size_t count = sound->left < CM_RESAMPLER_BLOCK ? sound->left : CM_RESAMPLER_BLOCK;

    if (count == 0) {
        cm_resampler_end(sound->resampler);
        sound->ended = true;
        return;
    }
    for (size_t i = 0; i < count; i++)
        block[i] = (float)mulaw_to_pcm(sound->at[i]) / 32768;
    cm_resampler_put(sound->resampler, block, count);
    sound->at += count;
    sound->left -= count;
}

static cm_rc line_read(struct cm_sound *port, float *to, size_t room, size_t *got,
                       struct cm_err *err)
{
    struct line_sound *sound = (struct line_sound *)port;
    size_t made = 0;

    (void)err;
    while (made < room) {
        size_t more = cm_resampler_take(sound->resampler, to + made, room - made);

        made += more;
        if (more > 0)
            continue;
        if (sound->ended)
            break;
        put_more(sound);
    }
    *got = made;
    return CM_OK;
}

static void line_destroy(struct cm_sound *port)
{
    cm_resampler_free(((struct line_sound *)port)->resampler);
    free(port);
}

struct cm_sound *captions_sound_new(const uint8_t *mulaw, size_t count)
{
    struct line_sound *sound = cm_must(calloc(1, sizeof *sound));

    sound->port = (struct cm_sound){ .read = line_read, .destroy = line_destroy };
    sound->at = mulaw;
    sound->left = count;
    sound->resampler = cm_resampler_new(MULAW_RATE, CM_SPEECH_RATE);
    return &sound->port;
}
