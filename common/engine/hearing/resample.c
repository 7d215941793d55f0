#include "engine/hearing/resample.h"

#include <speex/speex_resampler.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct cm_resampler {
    SpeexResamplerState *state; /* NULL: the rates are the same, and so are the samples */
    size_t ahead;               /* samples that the filter reaches */
    size_t next, held;          /* samples in `line`: the first that is left, and the end */
    float line[];               /* a block, and the silence behind the last one */
};

static SpeexResamplerState *must_init(int from_hz, int to_hz)
{
    int error;
    SpeexResamplerState *state = speex_resampler_init(1, (spx_uint32_t)from_hz, (spx_uint32_t)to_hz,
                                                      SPEEX_RESAMPLER_QUALITY_DESKTOP, &error);

    if (!state)
        cm_out_of_memory(); /* the only failure with one channel and a quality that there is */
    speex_resampler_skip_zeros(state); /* what comes out begins with the first sample */
    return state;
}

struct cm_resampler *cm_resampler_new(int from_hz, int to_hz)
{
    SpeexResamplerState *state = from_hz == to_hz ? NULL : must_init(from_hz, to_hz);
    size_t ahead = state ? (size_t)speex_resampler_get_input_latency(state) : 0;
    struct cm_resampler *r =
        cm_must(calloc(1, sizeof *r + (CM_RESAMPLER_BLOCK + ahead) * sizeof *r->line));

    r->state = state;
    r->ahead = ahead;
    return r;
}

void cm_resampler_free(struct cm_resampler *r)
{
    if (!r)
        return;

    if (r->state)
        speex_resampler_destroy(r->state);
    free(r);
}

size_t cm_resampler_take(struct cm_resampler *r, float *out, size_t room)
{
    spx_uint32_t taken = (spx_uint32_t)(r->held - r->next), made = (spx_uint32_t)room;

    if (r->state) {
        speex_resampler_process_float(r->state, 0, r->line + r->next, &taken, out, &made);
    } else {
        made = taken = taken < made ? taken : made;
        memcpy(out, r->line + r->next, made * sizeof *out);
    }
    r->next += taken;
    return made;
}

void cm_resampler_put(struct cm_resampler *r, const float *in, size_t count)
{
    r->next = 0;
    r->held = count;
    memcpy(r->line, in, count * sizeof *in);
}

void cm_resampler_end(struct cm_resampler *r)
{
    memset(r->line + r->held, 0, r->ahead * sizeof *r->line);
    r->held += r->ahead;
}
