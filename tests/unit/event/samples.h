/* samples.h - events of every kind with made-up values, and how to compare two. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "event/codec.h"
#include "event/fields.h"
#include "event/schema.h"

enum sample_fill {
    SAMPLE_FULL,   /* every field has a value, lists have two items */
    SAMPLE_SPARSE, /* what may be null is null, lists are empty */
};

/** The same kind and fill give the same values, each field another one. */
struct cm_event a_sample(struct cm_arena *arena, enum cm_event_kind kind, enum sample_fill fill);

/** Fails the test, naming the field, unless all of both are the same. */
void assert_same_event(const struct cm_event *a, const struct cm_event *b);

/** The text of a file of this checkout, in the arena; fails the test when it is not there. */
struct cm_str file_text(struct cm_arena *arena, const char *path);

/** "00 0a ff" as bytes, in the arena. */
struct cm_str from_hex(struct cm_arena *arena, const char *hex);

#define FOR_EACH_KIND(kind)                                                                        \
    for (enum cm_event_kind kind = EVENT_CALL_STARTED; (kind) < EVENT_KINDS; (kind)++)
