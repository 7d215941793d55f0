#include "engine/hearing/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* Output sample n lies at n * down / up input samples: between two of them, at one of `up` phases.
 * Each phase has a row of its own, the part of the continuous filter that the neighbours fall on.
 */

enum { CROSSINGS = 24 };               /* zero crossings of the sinc on each side */
static const double band_edge = 0.95;  /* of the narrower Nyquist frequency: -6 dB there */
static const double kaiser_beta = 8.0; /* about 80 dB */

struct cm_resampler {
    int up, down;
    int half;    /* taps on each side */
    int phase;   /* of the next output, in 1/up of an input sample */
    size_t next; /* where in `line` its window begins */
    size_t held; /* samples in `line` */
    float *line;
    float *rows; /* [up][2 * half] */
};

static int gcd(int a, int b)
{
    return b ? gcd(b, a % b) : a;
}

static double bessel_i0(double x)
{
    double sum = 1, term = 1;

    for (int k = 1; term > sum * 1e-12; k++) {
        term *= (x / 2 / k) * (x / 2 / k);
        sum += term;
    }
    return sum;
}

/* The filter at `distance` input samples from its middle; `cut` in cycles per input sample. */
static double kernel(double distance, double cut, int half)
{
    double edge = distance / half;
    double x = 2 * M_PI * cut * distance;

    if (fabs(edge) >= 1)
        return 0;
    return (fabs(x) < 1e-9 ? 1 : sin(x) / x) * bessel_i0(kaiser_beta * sqrt(1 - edge * edge));
}

static void fill_row(float *row, int half, double offset, double cut)
{
    double sum = 0;

    for (int k = 0; k < 2 * half; k++) {
        row[k] = (float)kernel(k - half + 1 - offset, cut, half);
        sum += row[k];
    }
    for (int k = 0; k < 2 * half; k++)
        row[k] /= (float)sum;
}

static void *zeroed(size_t count)
{
    void *memory = calloc(count + 1, sizeof(float)); /* never nothing */

    if (!memory)
        cm_out_of_memory();
    return memory;
}

struct cm_resampler *cm_resampler_new(int from_hz, int to_hz)
{
    struct cm_resampler *r = calloc(1, sizeof *r);
    int common = gcd(from_hz, to_hz);
    double narrower = to_hz < from_hz ? (double)to_hz / from_hz : 1;

    if (!r)
        cm_out_of_memory();
    r->up = to_hz / common;
    r->down = from_hz / common;
    r->half = from_hz == to_hz ? 1 : (int)ceil(CROSSINGS / narrower);
    r->rows = zeroed((size_t)r->up * 2 * (size_t)r->half);
    r->line = zeroed(CM_RESAMPLER_BLOCK + 4 * (size_t)r->half);
    r->held = (size_t)r->half - 1; /* silence before the first sample */
    if (from_hz == to_hz)
        r->rows[0] = 1;
    else
        for (int p = 0; p < r->up; p++)
            fill_row(r->rows + (size_t)p * 2 * (size_t)r->half, r->half, (double)p / r->up,
                     band_edge * narrower / 2);
    return r;
}

void cm_resampler_free(struct cm_resampler *r)
{
    if (!r)
        return;

    free(r->rows);
    free(r->line);
    free(r);
}

size_t cm_resampler_take(struct cm_resampler *r, float *out, size_t room)
{
    size_t taps = 2 * (size_t)r->half, made = 0;

    while (made < room && r->next + taps <= r->held) {
        const float *row = r->rows + (size_t)r->phase * taps, *at = r->line + r->next;
        float sum = 0;

        for (size_t k = 0; k < taps; k++)
            sum += row[k] * at[k];
        out[made++] = sum;
        r->phase += r->down;
        r->next += (size_t)(r->phase / r->up);
        r->phase %= r->up;
    }
    return made;
}

/* When downsampling, the next window may begin behind everything that is held. */
static void drop_used(struct cm_resampler *r)
{
    size_t used = r->next < r->held ? r->next : r->held;

    memmove(r->line, r->line + used, (r->held - used) * sizeof *r->line);
    r->held -= used;
    r->next -= used;
}

void cm_resampler_put(struct cm_resampler *r, const float *in, size_t count)
{
    drop_used(r);
    memcpy(r->line + r->held, in, count * sizeof *in);
    r->held += count;
}

void cm_resampler_end(struct cm_resampler *r)
{
    drop_used(r);
    memset(r->line + r->held, 0, (size_t)r->half * sizeof *r->line);
    r->held += (size_t)r->half;
}
