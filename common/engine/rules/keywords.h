/* keywords.h - the answer to a prompt that no rule understands: the sentences that speak of it. */
#pragma once
#include "engine/rules/phrases.h"

struct keywords {
    struct phrasebook *stop_words, *prompt_words;
};
struct keywords keywords_new(struct cm_arena *arena);

/** Does word `at` say nothing by itself ("the", "please")? */
bool is_stop_word(const struct keywords *rules, const struct sentence *sentence, size_t at);
/** The word without its ending: "refund" of "refunded". */
struct cm_str word_stem(struct cm_str low);

struct cm_str keywords_text(const struct keywords *rules, const struct reading *reading,
                            struct cm_str prompt);
