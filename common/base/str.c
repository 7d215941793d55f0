#include "base/str.h"

#include <string.h>
#include <strings.h>

struct cm_str cm_str_of(const char *text)
{
    return (struct cm_str){ text, text ? strlen(text) : 0 };
}

bool cm_str_eq(struct cm_str a, struct cm_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool cm_str_is(struct cm_str a, const char *text)
{
    return cm_str_eq(a, cm_str_of(text));
}

bool cm_str_ieq(struct cm_str a, const char *text)
{
    return a.len == strlen(text) && (a.len == 0 || strncasecmp(a.at, text, a.len) == 0);
}

bool cm_str_starts(struct cm_str a, const char *prefix)
{
    size_t len = strlen(prefix);

    return a.len >= len && (len == 0 || memcmp(a.at, prefix, len) == 0);
}

bool cm_str_find(struct cm_str hay, const char *needle, size_t *at)
{
    const char *hit = hay.len ? memmem(hay.at, hay.len, needle, strlen(needle)) : NULL;

    if (!hit)
        return false;

    *at = (size_t)(hit - hay.at);
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct cm_str cm_str_trim(struct cm_str a)
{
    while (a.len && is_space(a.at[0])) {
        a.at++;
        a.len--;
    }
    while (a.len && is_space(a.at[a.len - 1]))
        a.len--;
    return a;
}

struct cm_str cm_str_trim_end(struct cm_str a, char c)
{
    while (a.len && a.at[a.len - 1] == c)
        a.len--;
    return a;
}

bool cm_str_split(struct cm_str *rest, char separator, struct cm_str *part)
{
    const char *end;

    if (!rest->at)
        return false;

    end = rest->len ? memchr(rest->at, separator, rest->len) : NULL;
    if (!end) {
        *part = *rest;
        *rest = (struct cm_str){ 0 };
        return true;
    }

    *part = (struct cm_str){ rest->at, (size_t)(end - rest->at) };
    rest->len -= part->len + 1;
    rest->at = end + 1;
    return true;
}

bool cm_str_i64(struct cm_str a, int64_t min, int64_t max, int64_t *out)
{
    bool negative = a.len && a.at[0] == '-';
    int64_t value = 0;

    if (a.len == (negative ? 1u : 0u))
        return false;
    for (size_t i = negative; i < a.len; i++) {
        int digit = a.at[i] - '0';

        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    /* Counted downwards, since only that way INT64_MIN fits. */
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
        return false;
    if (value < min || value > max)
        return false;

    *out = value;
    return true;
}

int cm_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Table 3-7 of Unicode, RFC 3629: the second byte's range depends on the first. */
size_t cm_utf8_step(struct cm_str a)
{
    const unsigned char *s = (const unsigned char *)a.at;
    unsigned char low = 0x80, high = 0xBF;
    size_t len;

    if (a.len == 0 || s[0] == 0 || (s[0] >= 0x80 && s[0] < 0xC2) || s[0] > 0xF4)
        return 0;
    len = s[0] < 0x80 ? 1 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    if (len > a.len)
        return 0;
    if (s[0] == 0xE0)
        low = 0xA0;
    if (s[0] == 0xED)
        high = 0x9F;
    if (s[0] == 0xF0)
        low = 0x90;
    if (s[0] == 0xF4)
        high = 0x8F;
    if (len > 1 && (s[1] < low || s[1] > high))
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

/* Are these eight bytes all ASCII and none of them NUL? */
static bool is_plain(const char *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t bytes;

    memcpy(&bytes, at, sizeof bytes);
    return ((bytes | (bytes - ones)) & ones << 7) == 0;
}

bool cm_str_utf8(struct cm_str a)
{
    while (a.len) {
        bool plain = a.len >= sizeof(uint64_t) && is_plain(a.at);
        size_t step = plain ? sizeof(uint64_t) : cm_utf8_step(a);

        if (!step)
            return false;
        a.at += step;
        a.len -= step;
    }
    return true;
}
