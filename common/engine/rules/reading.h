/* reading.h - a transcript as sentences and words, the way every rule looks at it.
 *
 * Words are lower case with contractions opened ("I'll" is `i` `will`, "won't" is `will` `not`), so
 * that a rule is written once. A sentence belongs to one speaker; it may run over several segments
 * when the speech engine cut it at a pause. One pass over the bytes, which need not be UTF-8.
 */
#pragma once
#include "engine/text.h"

enum side { SIDE_CALLER, SIDE_AGENT };

struct word {
    struct cm_str low; /* lower case; lent by the reading */
    struct cm_str raw; /* as written, with $ and %; empty for the rest of a contraction */
    uint32_t hash;     /* of low */
    uint32_t segment;
    char mark; /* what follows it: . ? ! , ; : - or 0 */
    bool capital;
};

struct sentence {
    const struct word *words;
    size_t count; /* never 0 */
    struct cm_str raw;
    size_t segment; /* in which it begins */
    enum side side;
    bool question;
};

struct reading {
    const struct cm_transcript *transcript;
    struct cm_arena *arena;
    struct sentence *sentences;
    size_t count, word_count;
    enum side other; /* the contact: the caller of an inbound call, the callee of an outbound one */
    bool one_voice;  /* all is said by one side: a mono recording or a monologue */
};

/** Lives in `arena`; borrows `transcript`. */
const struct reading *reading_new(const struct cm_transcript *transcript, struct cm_arena *arena);

bool word_is(const struct word *word, const char *low);
/** Is it one of "a|b|c"? */
bool word_in(const struct word *word, const char *choices);
uint32_t word_hash(struct cm_str low);

static inline enum side side_across(enum side side)
{
    return side == SIDE_CALLER ? SIDE_AGENT : SIDE_CALLER;
}
struct cm_str side_name(enum side side); /* caller | agent */
const char *side_label(enum side side);  /* Caller | Agent */
enum side segment_side(const struct cm_segment *segment);

/** When a segment starts, as "00:12" or "1:02:03". */
struct clock_text {
    char at[24];
};
struct clock_text segment_clock(const struct reading *reading, size_t segment);
/** `text` cut to `max` bytes at a character's edge, with "..." where something was cut. In the
 * arena or `text` itself. */
struct cm_str text_cut(struct cm_arena *arena, struct cm_str text, size_t max);
