#include "engine/hearing/wav.h"

#include <math.h>

#include "engine/speech.h"

enum { HEADER_BYTES = 44, SAMPLE_BYTES = 2 };

static void put_number(struct cm_buf *out, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        cm_buf_char(out, (char)(value >> (8 * i) & 0xFF));
}

static void put_header(struct cm_buf *out, uint32_t data_bytes)
{
    cm_buf_text(out, "RIFF");
    put_number(out, HEADER_BYTES - 8 + data_bytes, 4);
    cm_buf_text(out, "WAVEfmt ");
    put_number(out, 16, 4); /* of the format that follows */
    put_number(out, 1, 2);  /* PCM */
    put_number(out, 1, 2);  /* channel */
    put_number(out, CM_SPEECH_RATE, 4);
    put_number(out, CM_SPEECH_RATE * SAMPLE_BYTES, 4);
    put_number(out, SAMPLE_BYTES, 2);
    put_number(out, SAMPLE_BYTES * 8, 2);
    cm_buf_text(out, "data");
    put_number(out, data_bytes, 4);
}

static int to_16_bit(float sample)
{
    return (int)lrintf(fminf(fmaxf(sample * 32767.0f, -32768.0f), 32767.0f));
}

void cm_wav_put(struct cm_buf *out, const float *samples, size_t count)
{
    unsigned char *to;

    put_header(out, (uint32_t)(count * SAMPLE_BYTES));
    to = (unsigned char *)cm_buf_reserve(out, count * SAMPLE_BYTES);
    for (size_t i = 0; i < count; i++) {
        int value = to_16_bit(samples[i]);

        to[2 * i] = (unsigned char)(value & 0xFF);
        to[2 * i + 1] = (unsigned char)(value >> 8 & 0xFF);
    }
    out->len += count * SAMPLE_BYTES;
}
