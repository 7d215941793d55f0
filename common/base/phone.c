#include "base/phone.h"

#include <string.h>

/* What networks put in place of a number, in their own words. */
static const char *const withheld_words[] = { "anonymous", "unavailable", "restricted", "private",
                                              "unknown",   "blocked",     "withheld",   "hidden" };

enum { WORDS = sizeof withheld_words / sizeof withheld_words[0], DIGITS_MAX = 15 };

static bool all_digits(struct cm_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return text.len > 0;
}

bool cm_is_e164(struct cm_str text)
{
    return text.len >= 3 && text.len <= DIGITS_MAX + 1 && text.at[0] == '+' && text.at[1] != '0' &&
           all_digits((struct cm_str){ text.at + 1, text.len - 1 });
}

static bool is_withheld_word(struct cm_str text)
{
    for (size_t i = 0; i < WORDS; i++)
        if (cm_str_ieq(text, withheld_words[i]))
            return true;
    return false;
}

/* The digit under which a letter stands on a telephone's keypad (ITU-T E.161). */
static char keypad(char letter)
{
    static const char digits[] = "22233344455566677778889999";

    return digits[letter - 'a'];
}

static bool is_withheld_digits(struct cm_str text)
{
    if (text.len && text.at[0] == '+')
        text = (struct cm_str){ text.at + 1, text.len - 1 };
    for (size_t i = 0; i < WORDS; i++) {
        size_t n = 0;

        while (n < text.len && withheld_words[i][n] && text.at[n] == keypad(withheld_words[i][n]))
            n++;
        if (n == text.len && !withheld_words[i][n])
            return true;
    }
    return false;
}

/* sip:anonymous@anonymous.invalid, and whatever else has such a word before the @. */
static bool is_withheld_sip(struct cm_str text)
{
    struct cm_str rest = text, scheme, user;

    cm_str_split(&rest, ':', &scheme);
    if (!cm_str_split(&rest, '@', &user))
        return true;
    return !user.len || is_withheld_word(user) || cm_str_starts(rest, "anonymous.invalid");
}

static bool starts_any_case(struct cm_str text, const char *prefix)
{
    size_t len = strlen(prefix);

    return text.len > len && cm_str_ieq((struct cm_str){ text.at, len }, prefix);
}

static enum cm_phone_kind kind_of(struct cm_str text)
{
    if (is_withheld_word(text) || is_withheld_digits(text))
        return PHONE_WITHHELD;
    if (cm_is_e164(text))
        return PHONE_E164;
    if (all_digits(text) && text.len <= DIGITS_MAX)
        return PHONE_SHORT;
    if (starts_any_case(text, "client:"))
        return PHONE_CLIENT;
    if (starts_any_case(text, "sip:") || starts_any_case(text, "sips:"))
        return is_withheld_sip(text) ? PHONE_WITHHELD : PHONE_SIP;
    return PHONE_WITHHELD;
}

struct cm_phone cm_phone_read(struct cm_str raw)
{
    struct cm_phone number = { .text = cm_str_trim(raw) };

    number.kind = kind_of(number.text);
    if (number.kind == PHONE_WITHHELD)
        number.text = CM_STR("anonymous");
    return number;
}

bool cm_phone_is_somebody(struct cm_phone number)
{
    return number.kind != PHONE_WITHHELD;
}
