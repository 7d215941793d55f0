/* arena_fixture.h - an arena for a test, or a group of tests: `arena` between the two. */
#pragma once
#include "base/arena.h"

static struct cm_arena *arena;

static inline int arena_open(void **state)
{
    (void)state;
    arena = cm_arena_new();
    return 0;
}

static inline int arena_close(void **state)
{
    (void)state;
    cm_arena_free(arena);
    return 0;
}
