/* walker.h - checks Avro binary against a writer's schema before any decoder sees it.
 *
 * Every length and block count is within what is left, the number of values stays below
 * CM_WALK_VALUES_MAX (items may be empty, so bytes alone bound nothing), enum and union indexes are
 * in range, booleans are 0 or 1, strings are UTF-8 without NUL, and all input is consumed.
 * Allocates nothing and recurses no deeper than the schema, which schema.c holds to CM_WALK_DEPTH
 * levels. Source: Avro 1.11 specification, binary encoding.
 */
#pragma once
#include "event/codec.h"

enum { CM_WALK_DEPTH = 64, CM_WALK_VALUES_MAX = 200000 };

/** CM_REJECT: what is wrong and at which byte. Thread: any. */
cm_rc cm_walk(struct cm_str avro, const struct cm_schema *writer, struct cm_err *err) CM_MUSTCHECK;
