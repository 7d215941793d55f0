/* phrases.h - tables of phrases, found in a sentence in one pass.
 *
 * A table is rows of { value, "pattern, pattern" }. A pattern is words in the reading's form (lower
 * case, contractions opened):
 *
 *     fed up                 these words
 *     call|phone you? back   one of several; one that may be missing
 *     guarantee .. return    up to four words between
 *     ^ this is              only at the start of a sentence;  `goodbye $` only at its end
 *
 * A pattern starts with a plain word or choice (behind `^`), so that a word finds its patterns by a
 * look-up. A book never changes once it is made. Thread: any may read.
 */
#pragma once
#include "engine/rules/reading.h"

struct phrase_row {
    int value; /* what a hit means to the table's owner */
    const char *patterns;
};

struct phrasebook; /* lives in the arena it was made in */

struct phrase_hit {
    size_t first, end; /* words of the sentence */
    int value;
};

/** A table's rows end with { 0, NULL }. */
struct phrasebook *phrasebook_new(struct cm_arena *arena, const struct phrase_row rows[]);
/** The longest phrase that begins at word `at`; the first of the table among equals. */
bool phrase_at(const struct phrasebook *book, const struct sentence *sentence, size_t at,
               struct phrase_hit *hit);
/** The first phrase at or behind `*at`; moves `*at` behind it. */
bool phrase_next(const struct phrasebook *book, const struct sentence *sentence, size_t *at,
                 struct phrase_hit *hit);
/** Is any phrase of the book in it? */
bool phrase_any(const struct phrasebook *book, const struct sentence *sentence);
