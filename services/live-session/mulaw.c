/* A byte is the complement of sign, three bits of exponent, four of mantissa; the value behind it
 * has 132 added, so that the leading one's place is the exponent.
 */
#include "mulaw.h"

enum { BIAS = 132, CLIP = 32635 };

int16_t mulaw_to_pcm(uint8_t mulaw)
{
    unsigned bits = ~(unsigned)mulaw & 0xFF;
    int value = (int)(((bits & 0x0F) << 3) + BIAS) << (bits >> 4 & 7);

    return (int16_t)(bits & 0x80 ? BIAS - value : value - BIAS);
}

uint8_t mulaw_of_pcm(int16_t pcm)
{
    unsigned sign = pcm < 0 ? 0x80 : 0, size = (unsigned)(pcm < 0 ? -(int)pcm : pcm), exponent;

    if (size > CLIP)
        size = CLIP;
    size += BIAS;
    exponent = 24 - (unsigned)__builtin_clz(size); /* the leading one stands at 7 to 14 */
    return (uint8_t) ~(sign | exponent << 4 | (size >> (exponent + 3) & 0x0F));
}
