#include "base/percent.h"

struct cm_str cm_percent_decode(struct cm_arena *arena, struct cm_str text)
{
    char *decoded = cm_arena_alloc(arena, text.len + 1), *to = decoded;

    for (size_t i = 0; i < text.len; i++) {
        int high = i + 2 < text.len && text.at[i] == '%' ? cm_hex_digit(text.at[i + 1]) : -1;
        int low = high >= 0 ? cm_hex_digit(text.at[i + 2]) : -1;

        if (low < 0) {
            *to++ = text.at[i];
        } else {
            *to++ = (char)(high << 4 | low);
            i += 2;
        }
    }
    return (struct cm_str){ decoded, (size_t)(to - decoded) };
}

bool cm_percent_pairs(struct cm_arena *arena, struct cm_str list, struct cm_pair **out,
                      size_t *count)
{
    struct cm_str rest = list, part;
    struct cm_pair *pairs;
    size_t n = 0;

    while (cm_str_split(&rest, ',', &part))
        n++;
    pairs = CM_NEW_N(arena, struct cm_pair, n + 1);
    n = 0;
    while (cm_str_split(&list, ',', &part)) {
        struct cm_str name = { 0 };

        if (cm_str_trim(part).len == 0)
            continue; /* a comma too many */
        cm_str_split(&part, '=', &name);
        name = cm_str_trim(name);
        if (!part.at || name.len == 0) /* no "=", or nothing before it */
            return false;
        pairs[n++] = (struct cm_pair){ name, cm_percent_decode(arena, cm_str_trim(part)) };
    }

    *out = pairs;
    *count = n;
    return true;
}
