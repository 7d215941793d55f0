#include "resample.h"

#include <speex/speex_resampler.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base64.h"
#include "mulaw.h"

enum { PIECE = 480 };

struct resample {
    SpeexResamplerState *up, *down;
    size_t carried; /* 0 or 1: the first half of a sample that is not whole */
    uint8_t carry;
};

static SpeexResamplerState *must_init(int from, int to)
{
    int error;
    SpeexResamplerState *state = speex_resampler_init(1, (spx_uint32_t)from, (spx_uint32_t)to,
                                                      SPEEX_RESAMPLER_QUALITY_VOIP, &error);

    if (!state)
        cm_out_of_memory(); /* the only failure with one channel and rates that are known */
    return state;
}

struct resample *resample_new(int pcm_rate)
{
    struct resample *resample = cm_must(calloc(1, sizeof *resample));

    resample->up = must_init(MULAW_RATE, pcm_rate);
    resample->down = must_init(pcm_rate, MULAW_RATE);
    return resample;
}

void resample_free(struct resample *resample)
{
    if (!resample)
        return;

    speex_resampler_destroy(resample->up);
    speex_resampler_destroy(resample->down);
    free(resample);
}

void resample_restart(struct resample *resample)
{
    resample->carried = 0;
    speex_resampler_reset_mem(resample->down);
}

/* Runs `count` samples through and hands what comes out to `put`, piece by piece. */
static void run(SpeexResamplerState *state, const int16_t *samples, size_t count,
                void (*put)(const int16_t *samples, size_t count, struct cm_buf *out),
                struct cm_buf *out)
{
    while (count) {
        int16_t made[PIECE * 4];
        spx_uint32_t in = (spx_uint32_t)(count < PIECE ? count : PIECE), taken = in,
                     room = PIECE * 4;

        speex_resampler_process_int(state, 0, samples, &taken, made, &room);
        put(made, room, out);
        samples += taken;
        count -= taken;
    }
}

static void put_pcm(const int16_t *samples, size_t count, struct cm_buf *out)
{
    char *at = cm_buf_reserve(out, count * 2);

    for (size_t i = 0; i < count; i++) {
        at[i * 2] = (char)(samples[i] & 0xFF);
        at[i * 2 + 1] = (char)(samples[i] >> 8);
    }
    out->len += count * 2;
}

static void put_mulaw(const int16_t *samples, size_t count, struct cm_buf *out)
{
    char *at = cm_buf_reserve(out, count);

    for (size_t i = 0; i < count; i++)
        at[i] = (char)mulaw_of_pcm(samples[i]);
    out->len += count;
}

void resample_to_model(struct resample *resample, const uint8_t *mulaw, size_t count,
                       struct cm_buf *out)
{
    CM_OWN_BUF struct cm_buf pcm = { 0 };
    int16_t samples[PIECE];

    while (count) {
        size_t piece = count < PIECE ? count : PIECE;

        for (size_t i = 0; i < piece; i++)
            samples[i] = mulaw_to_pcm(mulaw[i]);
        run(resample->up, samples, piece, put_pcm, &pcm);
        mulaw += piece;
        count -= piece;
    }
    base64_encode(pcm.at, pcm.len, out);
}

bool resample_to_stream(struct resample *resample, struct cm_str pcm, struct cm_buf *out)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    CM_OWN_BUF struct cm_buf mulaw = { 0 };
    int16_t samples[PIECE];
    size_t at = 0;

    cm_buf_put(&bytes, &resample->carry, resample->carried);
    if (!base64_decode(pcm, &bytes))
        return false;

    while (bytes.len - at > 1) {
        size_t count = (bytes.len - at) / 2 < PIECE ? (bytes.len - at) / 2 : PIECE;

        for (size_t i = 0; i < count; i++, at += 2)
            samples[i] = (int16_t)((uint8_t)bytes.at[at] | (uint8_t)bytes.at[at + 1] << 8);
        run(resample->down, samples, count, put_mulaw, &mulaw);
    }
    resample->carried = bytes.len - at;
    if (resample->carried)
        resample->carry = (uint8_t)bytes.at[at];
    base64_encode(mulaw.at, mulaw.len, out);
    return true;
}
