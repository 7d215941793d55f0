#include "glance.h"

enum { DOTS = 3 }; /* "..." stands where something was cut */

/* Where the character after the first `count` ones begins. Bytes that are no UTF-8 count each. */
static size_t after(struct cm_str text, size_t count)
{
    struct cm_str rest = text;

    while (count-- && rest.len) {
        size_t step = cm_utf8_step(rest);

        rest.at += step ? step : 1;
        rest.len -= step ? step : 1;
    }
    return text.len - rest.len;
}

/* The last word goes as a whole, unless it is all there is. */
static size_t without_half_a_word(struct cm_str line, size_t len)
{
    size_t end = len;

    while (end && line.at[end] != ' ')
        end--;
    while (end && line.at[end - 1] == ' ')
        end--;
    return end ? end : len;
}

struct cm_str glance_of(struct cm_str summary, struct cm_arena *arena)
{
    struct cm_str line = { 0 };
    size_t len;

    while (!line.len && cm_str_split(&summary, '\n', &line))
        line = cm_str_trim(line);
    if (!line.len)
        return (struct cm_str){ 0 };
    if (after(line, GLANCE_MAX) == line.len)
        return line;

    len = without_half_a_word(line, after(line, GLANCE_MAX - DOTS));
    return cm_arena_printf(arena, "%.*s...", (int)len, line.at);
}
