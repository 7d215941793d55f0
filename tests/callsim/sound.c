#include "sound.h"

#include <fcntl.h>
#include <string.h>

#include "base/own.h"
#include "engine/audio.h"

enum { BIAS = 0x84, CLIP = 32635, READ_SAMPLES = 8192 };

/* ITU-T G.711: sign, three bits of exponent, four of mantissa, all inverted. */
uint8_t sound_mulaw(int sample)
{
    int sign = sample < 0 ? 0x80 : 0, exponent = 7;

    if (sample < 0)
        sample = -sample;
    if (sample > CLIP)
        sample = CLIP;
    sample += BIAS;
    while (exponent > 0 && !(sample & (0x80 << exponent)))
        exponent--;
    return (uint8_t) ~(sign | exponent << 4 | ((sample >> (exponent + 3)) & 0x0f));
}

/* Two samples of 16 kHz become one of 8 kHz: their mean is filter enough for a voice. */
static void append(struct cm_buf *to, const float *samples, size_t count)
{
    char *at = cm_buf_reserve(to, count / 2);

    for (size_t i = 0; i + 1 < count; i += 2)
        at[i / 2] = (char)sound_mulaw((int)((samples[i] + samples[i + 1]) * 16383.0F));
    to->len += count / 2;
}

static cm_rc decode(const struct audio *audio, int channel, struct cm_buf *to, struct cm_err *err)
{
    CM_OWN_FD int fd = open(audio->path, O_RDONLY | O_CLOEXEC);
    CM_OWN(cm_sound) sound = NULL;
    float samples[READ_SAMPLES];
    size_t got = 0, kept = 0;
    cm_rc rc;

    if (fd < 0)
        return cm_fail(err, CM_REJECT, "%s cannot be read", audio->path);
    rc = cm_mp3_open(fd, channel, &sound, err);
    while (!rc) {
        rc = sound->read(sound, samples + kept, READ_SAMPLES - kept, &got, err);
        if (rc || !got)
            break;
        kept += got;
        append(to, samples, kept & ~(size_t)1);
        samples[0] = samples[kept - 1];
        kept &= 1;
    }
    return rc;
}

cm_rc sound_of(struct world *world, struct audio *audio, int channel, struct sound *out,
               struct cm_err *err)
{
    cm_rc rc = CM_OK;

    pthread_mutex_lock(&world->lock);
    if (!audio->mulaw[channel].at)
        rc = decode(audio, channel, &audio->mulaw[channel], err);
    if (!rc)
        *out =
            (struct sound){ (const uint8_t *)audio->mulaw[channel].at, audio->mulaw[channel].len };
    pthread_mutex_unlock(&world->lock);
    return rc;
}
