/* digits.h - numbers that are read aloud, digit by digit or in pairs. */
#pragma once
#include "engine/rules/reading.h"

enum { DIGITS_MAX = 24 };

/* Digits as they pile up, word by word. */
struct digits {
    char at[DIGITS_MAX + 1];
    size_t len;
    int times; /* "double", "triple": how often the next one counts */
    bool tens; /* ended in "twenty", so that "one" makes it 21 */
};

/** Adds what the word says ("4111", "four", "double", "forty"); false: it is no number. */
bool digits_add(struct digits *digits, const struct word *word);

/** A plain small number, "3", "three", "twenty", "a": -1: none. */
int number_of(const struct word *word);
/** "third", "3rd": 3. -1: none. */
int ordinal_of(const struct word *word);
/** The check digit of payment cards (ISO/IEC 7812-1, Luhn). */
bool digits_luhn(const char *digits, size_t len);
