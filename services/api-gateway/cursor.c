#include "cursor.h"

#include <string.h>

/* LETTER [DAY] TIME ID, in lower-case hex: the day with its sign bit turned over, the time in us
 * since the year 1. Of the time's 60 bits each value is a time that PostgreSQL holds. */
enum { DAY_DIGITS = 8, TIME_DIGITS = 15 };

#define YEAR_1_US      INT64_C(-62135596800000000)
#define END_OF_TIME_US INT64_C(253402300799999999) /* of the year 9999 */
#define SIGN_BIT       (UINT32_C(1) << 31)

static const struct {
    char letter;
    bool has_day;
} lists[] = {
    [CURSOR_CALLS] = { 'c', false },
    [CURSOR_CONTACTS] = { 'p', false }, /* people */
    [CURSOR_TODOS] = { 't', true },
};

struct cursor cursor_start(enum cursor_list list)
{
    struct cursor start = { .list = list,
                            .day = lists[list].has_day ? INT32_MIN : 0,
                            .at_us = END_OF_TIME_US };

    memset(start.id.at, 0xff, sizeof start.id.at);
    return start;
}

static char *put_hex(char *to, uint64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--, value >>= 4)
        to[i] = "0123456789abcdef"[value & 15];
    return to + digits;
}

struct cursor_text cursor_text(struct cursor cursor)
{
    struct cursor_text text = { { lists[cursor.list].letter } };
    char *end = text.at + 1;

    if (lists[cursor.list].has_day)
        end = put_hex(end, (uint32_t)cursor.day ^ SIGN_BIT, DAY_DIGITS);
    end = put_hex(end, (uint64_t)(cursor.at_us - YEAR_1_US), TIME_DIGITS);
    for (size_t i = 0; i < sizeof cursor.id.at; i++)
        end = put_hex(end, cursor.id.at[i], 2);
    return text;
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* Takes that many digits off the front. */
static bool take_hex(struct cm_str *rest, size_t digits, uint64_t *out)
{
    uint64_t value = 0;

    if (rest->len < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        int digit = nibble(rest->at[i]);

        if (digit < 0)
            return false;
        value = value << 4 | (unsigned)digit;
    }
    *rest = (struct cm_str){ rest->at + digits, rest->len - digits };
    *out = value;
    return true;
}

bool cursor_parse(struct cm_str text, enum cursor_list list, struct cursor *out)
{
    struct cursor cursor = { .list = list };
    uint64_t day = SIGN_BIT, at, byte;

    if (text.len == 0 || text.at[0] != lists[list].letter)
        return false;
    text = (struct cm_str){ text.at + 1, text.len - 1 };
    if (lists[list].has_day && !take_hex(&text, DAY_DIGITS, &day))
        return false;
    if (!take_hex(&text, TIME_DIGITS, &at))
        return false;
    for (size_t i = 0; i < sizeof cursor.id.at; i++) {
        if (!take_hex(&text, 2, &byte))
            return false;
        cursor.id.at[i] = (uint8_t)byte;
    }
    if (text.len != 0)
        return false;

    cursor.day = (int32_t)((uint32_t)day ^ SIGN_BIT);
    cursor.at_us = (int64_t)at + YEAR_1_US;
    *out = cursor;
    return true;
}

/* What came over the wire goes into a header again: keep it within what a URI may hold. */
static void put_safely(struct cm_buf *out, struct cm_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        if (c <= ' ' || c >= 0x7f || strchr("<>\"\\^`{|}", c))
            cm_buf_printf(out, "%%%02X", c);
        else
            cm_buf_char(out, (char)c);
    }
}

void cursor_put_link(struct cm_buf *out, struct cm_str path, struct cm_str query,
                     struct cursor cursor)
{
    struct cm_str field;

    cm_buf_char(out, '<');
    put_safely(out, path);
    cm_buf_printf(out, "?cursor=%s", cursor_text(cursor).at);
    while (cm_str_split(&query, '&', &field)) {
        if (field.len == 0 || cm_str_starts(field, "cursor="))
            continue;
        cm_buf_char(out, '&');
        put_safely(out, field);
    }
    cm_buf_text(out, ">; rel=\"next\"");
}
