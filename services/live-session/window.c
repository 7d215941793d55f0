#include "window.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { FIRST_ROOM = 16 * 1024 }; /* two seconds; doubled from there */

struct window *window_new(struct sound_budget *budget, int64_t from_ms)
{
    struct window *window = cm_must(calloc(1, sizeof *window));

    window->budget = budget;
    window->from_ms = from_ms;
    return window;
}

static bool take(struct sound_budget *budget, size_t bytes)
{
    size_t held = atomic_load(&budget->held);

    do
        if (bytes > budget->most - held)
            return false;
    while (!atomic_compare_exchange_weak(&budget->held, &held, held + bytes));
    return true;
}

static size_t room_for(const struct window *window, size_t count)
{
    size_t room = window->room ? window->room : FIRST_ROOM, longest = window->budget->longest;

    while (room < count)
        room *= 2;
    return room > longest && count <= longest ? longest : room;
}

bool window_add(struct window *window, const uint8_t *mulaw, size_t count)
{
    size_t room = room_for(window, window->count + count);

    if (room > window->room) {
        if (!take(window->budget, room - window->room))
            return false;
        window->mulaw = cm_must(realloc(window->mulaw, room));
        window->room = room;
    }
    memcpy(window->mulaw + window->count, mulaw, count);
    window->count += count;
    return true;
}

void windows_free(struct window *first)
{
    while (first) {
        struct window *next = first->next;

        atomic_fetch_sub(&first->budget->held, first->room);
        free(first->mulaw);
        free(first);
        first = next;
    }
}
