/* arena.h - the memory of one event or one request, freed at once.
 *
 * Nothing in it is freed by itself, and nothing in it fails: when the system has no memory left the
 * process ends and is restarted, which the delivery promise makes safe (docs/architecture.md).
 * Thread: one at a time.
 */
#pragma once
#include <stdarg.h>
#include <stddef.h>

#include "base/own.h"
#include "base/str.h"

struct cm_arena; /* opaque */

struct cm_arena *cm_arena_new(void);
void cm_arena_free(struct cm_arena *arena); /* NULL is fine */
CM_DEFINE_OWN(cm_arena, cm_arena_free);

/** Forgets all values and keeps one block, for the next event. */
void cm_arena_reset(struct cm_arena *arena);

/** Zeroed, aligned for any type, never NULL; valid until reset or free. */
void *cm_arena_alloc(struct cm_arena *arena, size_t size_bytes);
#define CM_NEW(arena, type)      ((type *)cm_arena_alloc((arena), sizeof(type)))
#define CM_NEW_N(arena, type, n) ((type *)cm_arena_alloc((arena), sizeof(type) * (size_t)(n)))

char *cm_arena_text(struct cm_arena *arena, struct cm_str s);        /* a NUL-terminated copy */
struct cm_str cm_arena_str(struct cm_arena *arena, struct cm_str s); /* a copy */
struct cm_str cm_arena_printf(struct cm_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Says on stderr that memory is out and ends the process. */
_Noreturn void cm_out_of_memory(void);

/** What malloc() and its like gave; never NULL: the process ends instead. */
__attribute__((returns_nonnull)) static inline void *cm_must(void *memory)
{
    if (!memory)
        cm_out_of_memory();
    return memory;
}
