#include "mp3_length.h"

#include <stdbool.h>

struct frame {
    size_t len_bytes;
    int samples, rate_hz, channels;
};

static size_t after_id3(const uint8_t *at, size_t len)
{
    size_t size;

    if (len < 10 || at[0] != 'I' || at[1] != 'D' || at[2] != '3')
        return 0;
    size = 10 + ((size_t)(at[6] & 0x7f) << 21 | (size_t)(at[7] & 0x7f) << 14 |
                 (size_t)(at[8] & 0x7f) << 7 | (size_t)(at[9] & 0x7f));
    return size < len ? size : len;
}

/* Layer III only: that is what a recording is. */
static bool read_frame(const uint8_t *at, size_t len, struct frame *out)
{
    static const int rates_v1[] = {
        0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320
    };
    static const int rates_v2[] = { 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 };
    static const int hertz[] = { 44100, 48000, 32000 };
    unsigned version, kbit, hz;

    if (len < 4 || at[0] != 0xFF || (at[1] & 0xE0) != 0xE0 || ((at[1] >> 1) & 3) != 1)
        return false;
    version = (at[1] >> 3) & 3u; /* 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5 */
    kbit = at[2] >> 4;
    hz = (at[2] >> 2) & 3u;
    if (version == 1 || kbit == 0 || kbit == 15 || hz == 3)
        return false;

    out->samples = version == 3 ? 1152 : 576;
    out->rate_hz = hertz[hz] / (version == 3 ? 1 : version == 2 ? 2 : 4);
    out->channels = (at[3] >> 6) == 3 ? 1 : 2;
    out->len_bytes = (size_t)(out->samples / 8 * 1000 *
                              (version == 3 ? rates_v1[kbit] : rates_v2[kbit]) / out->rate_hz) +
                     ((at[2] >> 1) & 1u);
    return true;
}

cm_rc mp3_length(struct cm_str file, int64_t *duration_ms, int *channels, struct cm_err *err)
{
    const uint8_t *at = (const uint8_t *)file.at;
    struct frame frame = { 0 };
    int64_t us = 0;

    for (size_t i = after_id3(at, file.len); i < file.len;) {
        if (!read_frame(at + i, file.len - i, &frame)) {
            i++;
            continue;
        }
        us += (int64_t)frame.samples * 1000000 / frame.rate_hz;
        i += frame.len_bytes;
    }
    if (!us)
        return cm_fail(err, CM_REJECT, "no MPEG audio frame in its %zu bytes", file.len);

    *duration_ms = us / 1000;
    *channels = frame.channels;
    return CM_OK;
}
