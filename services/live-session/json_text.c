/* json_text.c - what a JSON string means (json_walk.h). */
#include <string.h>

#include "json_walk.h"

enum { UNKNOWN = 0xFFFD };

static bool hex4(struct cm_str text, uint32_t *out)
{
    uint32_t value = 0;

    if (text.len < 4)
        return false;

    for (size_t i = 0; i < 4; i++) {
        int digit = cm_hex_digit(text.at[i]);

        if (digit < 0)
            return false;
        value = value << 4 | (uint32_t)digit;
    }
    *out = value;
    return true;
}

static struct cm_str behind(struct cm_str text, size_t count)
{
    return (struct cm_str){ text.at + count, text.len - count };
}

/* The character of \uXXXX, or of two of them, and how many bytes it is written with. */
static uint32_t coded(struct cm_str escape, size_t *taken)
{
    uint32_t high, low;

    if (!hex4(behind(escape, 2), &high)) {
        *taken = 2;
        return UNKNOWN;
    }

    *taken = 6;
    if (high >= 0xD800 && high < 0xDC00 && escape.len >= 12 && escape.at[6] == '\\' &&
        escape.at[7] == 'u' && hex4(behind(escape, 8), &low) && low >= 0xDC00 && low < 0xE000) {
        *taken = 12;
        return 0x10000 + ((high - 0xD800) << 10 | (low - 0xDC00));
    }
    return high == 0 || (high >= 0xD800 && high < 0xE000) ? UNKNOWN : high;
}

static uint32_t escaped(struct cm_str escape, size_t *taken)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *name;

    *taken = 2;
    if (escape.len < 2 || !escape.at[1]) {
        *taken = escape.len < 2 ? 1 : 2;
        return UNKNOWN;
    }
    if (escape.at[1] == 'u')
        return coded(escape, taken);

    name = strchr(names, escape.at[1]);
    return name ? (unsigned char)meant[name - names] : UNKNOWN;
}

static size_t utf8(uint32_t c, char out[4])
{
    static const unsigned char leads[] = { 0, 0x00, 0xC0, 0xE0, 0xF0 };
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    for (size_t i = len; --i > 0; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(leads[len] | c);
    return len;
}

void json_unescape(struct cm_str raw, size_t most, struct cm_buf *out)
{
    while (raw.len) {
        const char *slash = memchr(raw.at, '\\', raw.len);
        size_t plain = slash ? (size_t)(slash - raw.at) : raw.len, taken, len;
        char bytes[4];

        if (plain > most) { /* a character of several bytes stays whole */
            plain = most;
            while (plain && ((unsigned char)raw.at[plain] & 0xC0) == 0x80)
                plain--;
            cm_buf_put(out, raw.at, plain);
            return;
        }
        cm_buf_put(out, raw.at, plain);
        most -= plain;
        raw = behind(raw, plain);
        if (!raw.len)
            return;

        len = utf8(escaped(raw, &taken), bytes);
        if (len > most)
            return;
        cm_buf_put(out, bytes, len);
        most -= len;
        raw = behind(raw, taken);
    }
}
