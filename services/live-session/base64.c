/* The library's base64 takes the same time whatever the bytes are, for secrets; sound is none, and
 * there is much of it: tables are several times as fast.
 */
#include "base64.h"

#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* What a letter is worth, and one more; 0: it is none. */
static const uint8_t worth[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

struct cm_str base64_plain(struct cm_str raw, struct cm_buf *room)
{
    size_t from = room->len;

    if (!raw.len || !memchr(raw.at, '\\', raw.len))
        return raw;

    for (size_t i = 0; i < raw.len; i++)
        if (raw.at[i] != '\\')
            cm_buf_char(room, raw.at[i]);
    return (struct cm_str){ room->at + from, room->len - from };
}

size_t base64_bytes(struct cm_str plain)
{
    if (plain.len < 4 || plain.len % 4)
        return 0;

    return plain.len / 4 * 3 - (plain.at[plain.len - 1] == '=') - (plain.at[plain.len - 2] == '=');
}

static bool decode_four(const uint8_t four[4], uint8_t out[3])
{
    uint32_t a = worth[four[0]], b = worth[four[1]], c = worth[four[2]], d = worth[four[3]];
    uint32_t bits = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);

    out[0] = (uint8_t)(bits >> 16);
    out[1] = (uint8_t)(bits >> 8);
    out[2] = (uint8_t)bits;
    return a && b && c && d;
}

/* The last four letters, of which so many are '='. */
static bool decode_last(const char *four, size_t padding, uint8_t out[3])
{
    uint8_t letters_of[4];

    for (size_t i = 0; i < 4; i++)
        letters_of[i] = i < 4 - padding ? (uint8_t)four[i] : 'A';
    return decode_four(letters_of, out);
}

bool base64_decode(struct cm_str plain, struct cm_buf *out)
{
    size_t bytes = base64_bytes(plain), padding = plain.len / 4 * 3 - bytes, at = 0;
    uint8_t *to = (uint8_t *)cm_buf_reserve(out, plain.len / 4 * 3);
    bool good = true;

    if (!bytes)
        return plain.len == 0;

    for (; at + 4 < plain.len; at += 4, to += 3)
        good &= decode_four((const uint8_t *)plain.at + at, to);
    if (!good || !decode_last(plain.at + at, padding, to))
        return false;

    out->len += bytes;
    out->at[out->len] = '\0';
    return true;
}

static void encode_three(const uint8_t bytes[3], char out[4])
{
    uint32_t bits = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];

    out[0] = letters[bits >> 18];
    out[1] = letters[bits >> 12 & 63];
    out[2] = letters[bits >> 6 & 63];
    out[3] = letters[bits & 63];
}

/* One byte, or two. */
static void encode_last(const uint8_t *bytes, size_t count, char out[4])
{
    const uint8_t filled[3] = { bytes[0], count > 1 ? bytes[1] : 0 };

    encode_three(filled, out);
    out[3] = '=';
    if (count < 2)
        out[2] = '=';
}

void base64_encode(const void *bytes, size_t len, struct cm_buf *out)
{
    const uint8_t *from = bytes;
    size_t room = (len + 2) / 3 * 4, at = 0;
    char *to = cm_buf_reserve(out, room);

    for (; at + 3 <= len; at += 3, to += 4)
        encode_three(from + at, to);
    if (at < len)
        encode_last(from + at, len - at, to);
    out->len += room;
    out->at[out->len] = '\0';
}
