/* utterances.h - what was heard, as it is noted down: one clean line an utterance, sounds left out.
 */
#pragma once
#include "engine/speech.h"

struct cm_utterances { /* grows in its arena; { .arena = a } is an empty one */
    struct cm_arena *arena;
    struct cm_utterance *at;
    size_t count, room;
};

/** Adds `raw` as cm_spoken makes it, unless nothing is left of it. */
void cm_utterances_add(struct cm_utterances *utterances, int64_t start_ms, int64_t end_ms,
                       struct cm_str raw);

/** `raw` as one line of valid UTF-8 in the arena. Empty when it tells no words: a remark in
 * brackets ("[BLANK_AUDIO]", "(ringing)", "*music*"), notes, punctuation, a few words over and
 * over. */
struct cm_str cm_spoken(struct cm_arena *arena, struct cm_str raw);
