/* half_word.h - the last word of a search, which may not be typed to its end yet.
 *
 * A word that nothing follows also stands for every word that begins like it. PostgreSQL keeps
 * stems, not words ("organ" of "organizations"), and a stem may be shorter than what was typed
 * ("organiz"), so the beginning alone would lose the call between "organ" and "organization". Hence
 * three ways to be meant: a stem that begins with the beginning; the beginning as a word; and the
 * words that common endings make of it ("organiz" + "ing", "organizat" + "ion"), each by its stem.
 * Of the beginnings of 3,000 words one in fifteen would lose its word without the endings, and none
 * does with them; they are seldom more than three stems.
 *
 * Complete are words in quotes, words that are left out ("-without"), and, if other words are
 * looked for, those that the search leaves out anyway ("the"): "a refund for the" is not about
 * theaters.
 */
#pragma once
#include "base/arena.h"

struct half_word {
    struct cm_str query;     /* the search with HALF_WORD_PLACE where the word is */
    struct cm_str forms;     /* for websearch_to_tsquery: "organiz or organizing or ..." */
    struct cm_str beginning; /* for to_tsquery: "'organiz':*" */
};

/* A word and its own stem, in lower case. Whoever has it in their search finds it replaced too. */
#define HALF_WORD_PLACE "zqhalfword"

/* The tsquery of three parameters as above, NULL where there is no such word, and of `complete`,
 * the tsquery of the search as it is. */
#define HALF_WORD_TSQUERY(complete, query, forms, beginning)                                       \
    "CASE WHEN " query "::text IS NULL OR (numnode(to_tsquery('english', " beginning ")) = 0"      \
    " AND numnode(" complete ") > 0) THEN " complete                                               \
    " ELSE ts_rewrite(websearch_to_tsquery('english', " query "), '" HALF_WORD_PLACE "'::tsquery," \
    " websearch_to_tsquery('english', " forms ") || to_tsquery('simple', " beginning ")) END"

/** Finds the last word of `search`, if it may be half a word; otherwise all views are NULL. In the
 * arena. */
struct half_word half_word_of(struct cm_str search, struct cm_arena *arena);
