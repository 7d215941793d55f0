/* words.h - one word off the front of what was said. */
#pragma once
#include "engine/rules/reading.h"

bool is_word_byte(unsigned char c);
/** Typographic punctuation (U+2010..U+203A) is three bytes, E2 80 xx: what it stands for in ASCII;
 * 0: it is none. */
char typographic(const char *at, size_t left);

/** Reads the word that `rest` begins with ("$5", "I'll", "ada@example.com") as one or two words
 * without segment and mark. Returns how many bytes it takes, at least 1. */
size_t word_take(struct cm_str rest, struct cm_arena *arena, struct word out[2], size_t *count);
