#include "engine/rules/digits.h"

#include <ctype.h>
#include <string.h>

static const char *const units[] = { "zero",    "one",     "two",       "three",    "four",
                                     "five",    "six",     "seven",     "eight",    "nine",
                                     "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                                     "fifteen", "sixteen", "seventeen", "eighteen", "nineteen" };
static const char *const tens[] = { "twenty", "thirty",  "forty",  "fifty",
                                    "sixty",  "seventy", "eighty", "ninety" };
static const char *const ordinals[] = { "first",       "second",     "third",     "fourth",
                                        "fifth",       "sixth",      "seventh",   "eighth",
                                        "ninth",       "tenth",      "eleventh",  "twelfth",
                                        "thirteenth",  "fourteenth", "fifteenth", "sixteenth",
                                        "seventeenth", "eighteenth", "nineteenth" };

static int find(const struct word *word, const char *const names[], int count)
{
    for (int i = 0; i < count; i++)
        if (names[i][0] == word->low.at[0] && word_is(word, names[i]))
            return i;
    return -1;
}

static int decimal(struct cm_str text)
{
    int64_t value;

    return text.len <= 9 && cm_str_i64(text, 0, 999999999, &value) && text.at[0] != '-' ? (int)value
                                                                                        : -1;
}

int number_of(const struct word *word)
{
    int value;

    if (isdigit((unsigned char)word->low.at[0]))
        return decimal(word->low);
    if (word_in(word, "a|an"))
        return 1;
    if (word_is(word, "couple"))
        return 2;
    value = find(word, units, 20);
    if (value >= 0)
        return value;
    value = find(word, tens, 8);
    return value < 0 ? -1 : 20 + 10 * value;
}

int ordinal_of(const struct word *word)
{
    struct cm_str low = word->low;
    int value;

    if (isdigit((unsigned char)low.at[0])) {
        struct cm_str digits = { low.at, low.len - 2 };
        struct cm_str ending = { low.at + low.len - 2, 2 };

        if (low.len < 3 || !(cm_str_is(ending, "st") || cm_str_is(ending, "nd") ||
                             cm_str_is(ending, "rd") || cm_str_is(ending, "th")))
            return -1;
        return decimal(digits);
    }
    value = find(word, ordinals, 19);
    if (value >= 0)
        return value + 1;
    return word_is(word, "twentieth") ? 20 : word_is(word, "thirtieth") ? 30 : -1;
}

static void push(struct digits *digits, const char *text, size_t len)
{
    for (size_t i = 0; i < len && digits->len < DIGITS_MAX; i++)
        digits->at[digits->len++] = text[i];
    digits->at[digits->len] = '\0';
}

static bool add_numeral(struct digits *digits, struct cm_str low)
{
    for (size_t i = 0; i < low.len; i++)
        if (!isdigit((unsigned char)low.at[i]))
            return false;

    for (int i = 0; i < (low.len == 1 ? digits->times : 1); i++)
        push(digits, low.at, low.len);
    return true;
}

static void add_value(struct digits *digits, int value)
{
    char text[2] = { (char)('0' + value / 10), (char)('0' + value % 10) };
    bool joins = digits->tens && value > 0 && value < 10 && digits->len;

    if (joins)
        digits->at[digits->len - 1] = text[1];
    else if (value >= 10)
        push(digits, text, 2);
    else
        for (int i = 0; i < digits->times; i++)
            push(digits, text + 1, 1);
}

bool digits_add(struct digits *digits, const struct word *word)
{
    int value;

    if (digits->times < 1)
        digits->times = 1;
    if (word_in(word, "double|triple")) {
        digits->times = word_is(word, "double") ? 2 : 3;
        digits->tens = false;
        return true;
    }
    if (isdigit((unsigned char)word->low.at[0])) {
        if (!add_numeral(digits, word->low))
            return false;
        digits->tens = false;
    } else {
        int ten = find(word, tens, 8);

        value = word_in(word, "oh|o") ? 0 : find(word, units, 20);
        if (value < 0 && ten < 0)
            return false;
        add_value(digits, ten < 0 ? value : 20 + 10 * ten);
        digits->tens = ten >= 0;
    }
    digits->times = 1;
    return true;
}

bool digits_luhn(const char *digits, size_t len)
{
    int sum = 0;

    for (size_t i = 0; i < len; i++) {
        int digit = digits[len - 1 - i] - '0';

        if (i % 2 == 1)
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return len > 1 && sum % 10 == 0;
}
