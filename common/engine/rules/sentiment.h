/* sentiment.h - the mood of a call: whose, how it moved, and by which words. */
#pragma once
#include "engine/rules/phrases.h"

struct sentiment {
    struct phrasebook *moods, *degrees, *negations;
};
struct sentiment sentiment_new(struct cm_arena *arena);

/** The mood of a sentence, in (-1, 1); 0 where no word tells one. */
double sentence_mood(const struct sentiment *rules, const struct sentence *sentence);

/** "Positive (score +0.42). Caller: ..."; the text begins with its sentiment's word. */
struct cm_analysis sentiment_analysis(const struct sentiment *rules, const struct reading *reading);
