/* glance.h - what a list of calls shows of a summary. */
#pragma once
#include "base/arena.h"
#include "base/str.h"

enum { GLANCE_MAX = 200 }; /* characters */

/** The first line that says something, cut between two words where it is longer. In the arena or
 * `summary` itself; the NULL view: no line says anything. */
struct cm_str glance_of(struct cm_str summary, struct cm_arena *arena);
