/* summary.h - a call in a few of its own sentences: why, what, how it ended, what comes next. */
#pragma once
#include "engine/rules/commitments.h"
#include "engine/rules/facts.h"
#include "engine/rules/sentiment.h"

struct summary {
    struct phrasebook *cues;
    const struct keywords *keywords;
    const struct commitments *commitments;
    const struct sentiment *sentiment;
    const struct facts *facts;
};
struct summary summary_new(struct cm_arena *arena, const struct keywords *keywords,
                           const struct commitments *commitments, const struct sentiment *sentiment,
                           const struct facts *facts);

struct cm_str summary_text(const struct summary *rules, const struct reading *reading);

/** The sentence in which the contact says why they call; NULL: none does. */
const struct sentence *summary_reason(const struct summary *rules, const struct reading *reading);
