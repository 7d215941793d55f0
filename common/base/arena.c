#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 16 * 1024 };

struct block {
    struct block *next;
    size_t size, used;
    alignas(max_align_t) unsigned char bytes[];
};

struct cm_arena {
    struct block *top; /* the newest; the first one, BLOCK_BYTES long, is at the end of the chain */
};

_Noreturn void cm_out_of_memory(void)
{
    static const char message[] = "callmill: out of memory, the process ends to be restarted\n";
    ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);

    (void)ignored;
    _exit(75); /* EX_TEMPFAIL */
}

static struct block *block_new(size_t size, struct block *next)
{
    struct block *block = cm_must(malloc(sizeof *block + size));

    block->next = next;
    block->size = size;
    block->used = 0;
    return block;
}

struct cm_arena *cm_arena_new(void)
{
    struct cm_arena *arena = cm_must(malloc(sizeof *arena));

    arena->top = block_new(BLOCK_BYTES, NULL);
    return arena;
}

void cm_arena_reset(struct cm_arena *arena)
{
    while (arena->top->next) {
        struct block *block = arena->top;

        arena->top = block->next;
        free(block);
    }
    arena->top->used = 0;
}

void cm_arena_free(struct cm_arena *arena)
{
    if (!arena)
        return;

    cm_arena_reset(arena);
    free(arena->top);
    free(arena);
}

void *cm_arena_alloc(struct cm_arena *arena, size_t size_bytes)
{
    const size_t align = alignof(max_align_t);
    size_t size = (size_bytes + align - 1) & ~(align - 1);
    void *at;

    if (size < size_bytes)
        cm_out_of_memory();
    if (arena->top->size - arena->top->used < size)
        arena->top = block_new(size > BLOCK_BYTES ? size : BLOCK_BYTES, arena->top);

    at = arena->top->bytes + arena->top->used;
    arena->top->used += size;
    return memset(at, 0, size_bytes);
}

char *cm_arena_text(struct cm_arena *arena, struct cm_str s)
{
    char *copy = cm_arena_alloc(arena, s.len + 1);

    if (s.len)
        memcpy(copy, s.at, s.len);
    return copy;
}

struct cm_str cm_arena_str(struct cm_arena *arena, struct cm_str s)
{
    return (struct cm_str){ cm_arena_text(arena, s), s.len };
}

struct cm_str cm_arena_printf(struct cm_arena *arena, const char *format, ...)
{
    va_list args, again;
    char *text;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        len = 0;
    text = cm_arena_alloc(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return (struct cm_str){ text, (size_t)len };
}
