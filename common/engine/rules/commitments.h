/* commitments.h - what somebody said they would do, as to-dos.
 *
 * Precision before recall: questions, conditions, doubts, reports of what was said, and what is
 * done while the call lasts ("let me check that now") make no to-do.
 */
#pragma once
#include "engine/rules/keywords.h"

struct commitments {
    struct phrasebook *openers, *actions, *agreements, *bars;
    const struct keywords *keywords;
};
struct commitments commitments_new(struct cm_arena *arena, const struct keywords *keywords);

/** In order of being said, at most CM_COMMITMENTS_MAX; in the reading's arena. */
size_t commitments_find(const struct commitments *rules, const struct reading *reading,
                        struct cm_commitment **out);
