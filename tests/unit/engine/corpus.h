/* corpus.h - conversations in a text file, with what the rules must make of them.
 *
 * A case is lines "caller: ..." and "agent: ...", then lines "> ..." with what is expected; an
 * empty line ends it. "outbound" as a line of its own turns the direction. Calls begin on Monday,
 * 2026-11-23, 15:00 UTC.
 */
#pragma once
#include "engine/text.h"

enum { CASE_LINES = 16, CASE_WANTS = 8, CORPUS_CASES = 200 };

struct corpus_case {
    int line; /* of the file, for messages */
    struct cm_segment segments[CASE_LINES];
    struct cm_transcript transcript;
    struct cm_str wants[CASE_WANTS];
    size_t want_count;
};
struct corpus {
    struct corpus_case cases[CORPUS_CASES];
    size_t count;
};

/** In the arena; fails the test when the file cannot be read. */
const struct corpus *corpus_read(const char *name, struct cm_arena *arena);

/* How well a rule did. */
struct score {
    size_t right, wrong, missed;
};
double score_precision(const struct score *score);
double score_recall(const struct score *score);
