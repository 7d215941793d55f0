/* prompt.h - a transcript as data in a request.
 *
 * Every line is one segment, "[12] 00:42 Caller: ...", and nothing that was said can begin a line.
 * All lines stand between two marks that are made of the transcript's own hash, so that no speaker
 * can say them.
 */
#pragma once
#include "base/buf.h"
#include "engine/text.h"

struct prompt_cut {      /* what did not fit; count 0: all is there */
    size_t first, count; /* segments */
};

/** Appends the marks and at most about `max` bytes of lines; a longer one loses its middle. */
struct prompt_cut prompt_put_transcript(struct cm_buf *out, const struct cm_transcript *transcript,
                                        struct cm_arena *arena, size_t max);
/** "Monday, 2026-11-23", on the organization's calendar. */
struct cm_str prompt_day(const struct cm_transcript *transcript, struct cm_arena *arena);
/** "00:42" */
struct cm_str prompt_clock(const struct cm_transcript *transcript, size_t segment,
                           struct cm_arena *arena);
