/* lexicon.h - what words and phrases say about a mood, on telephones.
 *
 * Of our own making: values from -400 (abusive) to 400 (delighted), 100 for a word that only leans.
 * A phrase beats the words in it, so that "thank you for calling" and "no problem" mean what they
 * mean.
 */
#pragma once
#include "engine/rules/phrases.h"

extern const struct phrase_row lexicon_moods[];

/* Words that change the mood of the next one: hundredths to multiply by. */
extern const struct phrase_row lexicon_degrees[];
/* Words that turn a mood around (1), and sayings with such a word that do not (2). */
extern const struct phrase_row lexicon_negations[];
