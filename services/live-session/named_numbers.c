#include "named_numbers.h"

#include <string.h>

enum { STRETCH_MAX = 60 }; /* of a number with all that stands between its digits */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* No letter of the alphabet, and no other number's beginning. */
static bool is_in_number(char c)
{
    return c != '+' && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Behind the plus; how far the stretch reaches in which one number stands. */
static size_t stretch_of(struct cm_str text)
{
    size_t len = 0;

    while (len < text.len && len < STRETCH_MAX && is_in_number(text.at[len]))
        len++;
    return len;
}

/* Both behind their plus. */
static bool begins_with(struct cm_str stretch, struct cm_str digits)
{
    size_t i = 0, found = 0;

    while (i < stretch.len && found < digits.len) {
        if (stretch.len - i >= 3 && memcmp(stretch.at + i, "(0)", 3) == 0)
            i += 3;
        else if (!is_digit(stretch.at[i]))
            i++;
        else if (stretch.at[i++] != digits.at[found++])
            return false;
    }
    return found == digits.len && (i == stretch.len || !is_digit(stretch.at[i]));
}

/* The next one; `*text` goes on behind it. */
static bool next_stretch(struct cm_str *text, struct cm_str *stretch)
{
    const char *plus = text->len ? memchr(text->at, '+', text->len) : NULL;

    if (!plus)
        return false;
    text->len -= (size_t)(plus + 1 - text->at);
    text->at = plus + 1;
    *stretch = (struct cm_str){ text->at, stretch_of(*text) };
    return true;
}

bool number_is_named(struct cm_str text, struct cm_str number)
{
    struct cm_str digits = { number.at + 1, number.len - 1 }, stretch;

    while (next_stretch(&text, &stretch))
        if (begins_with(stretch, digits))
            return true;
    return false;
}

void named_numbers_keep(struct cm_str text, struct cm_buf *out)
{
    struct cm_str stretch;

    while (next_stretch(&text, &stretch)) {
        cm_buf_char(out, '+');
        cm_buf_str(out, stretch);
    }
}
