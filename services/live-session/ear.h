/* ear.h - one speaker of one call, heard by the captions (captions.h). Thread: its loop's. */
#pragma once
#include "captions.h"

struct ear; /* opaque */

/** What an ear says. Never from inside the functions below; ear_free may be called from both. */
struct ear_options {
    struct cm_loop *loop;
    /** A turn is over, at `end_ms` of the stream; `text` is lent, one line, never empty. Loop's
     *  thread. */
    void (*turn)(void *ctx, int64_t start_ms, int64_t end_ms, struct cm_str text);
    /** Once, after ear_finish: everything was told. Loop's thread. */
    void (*finished)(void *ctx);
    void *ctx;
};

struct ear *ear_new(struct captions *captions, const struct ear_options *options);
/** 8 kHz mu-law that begins `at_ms` after the stream's start, in pieces of any size. A gap of more
 *  than 100 ms counts as silence; a time that lies behind what was heard before is not believed,
 *  and neither is one of more than 30 days. After ear_finish: nothing. */
void ear_hear(struct ear *ear, int64_t at_ms, const uint8_t *mulaw, size_t count);
/** The line is over: what is left is heard, then `finished` is called; at most `grace_ms` later,
 *  with what could be heard until then. Again: nothing. */
void ear_finish(struct ear *ear, int64_t grace_ms);
/** Forgets it at once; nothing is called any more. NULL is fine. */
void ear_free(struct ear *ear);
CM_DEFINE_OWN(ear, ear_free);
