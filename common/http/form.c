#include "http/form.h"

#include <stdbool.h>

/* A broken escape or NUL is false. */
static bool decode(struct cm_str text, struct cm_arena *arena, struct cm_str *out)
{
    char *to = cm_arena_alloc(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];

        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < text.len ? cm_hex_digit(text.at[i + 1]) : -1;
            int low = i + 2 < text.len ? cm_hex_digit(text.at[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (c == '\0')
            return false;
        to[len++] = c;
    }

    *out = (struct cm_str){ to, len };
    return true;
}

static bool decode_field(struct cm_str text, struct cm_arena *arena, struct cm_form_field *out)
{
    struct cm_str name = { 0 };

    cm_str_split(&text, '=', &name);
    return decode(name, arena, &out->name) && decode(text, arena, &out->value);
}

cm_rc cm_form_parse(struct cm_str text, struct cm_arena *arena, size_t max,
                    struct cm_form_field **fields, size_t *count, struct cm_err *err)
{
    struct cm_str rest = text, part;
    struct cm_form_field *found;
    size_t n = 0;

    while (cm_str_split(&rest, '&', &part))
        n += part.len > 0;
    if (n > max)
        return cm_fail(err, CM_REJECT, "form: %zu fields, want at most %zu", n, max);

    found = CM_NEW_N(arena, struct cm_form_field, n + 1);
    n = 0;
    rest = text;
    while (cm_str_split(&rest, '&', &part)) {
        if (!part.len)
            continue;
        if (!decode_field(part, arena, &found[n++]))
            return cm_fail(err, CM_REJECT, "form: field %zu has a broken escape or NUL", n);
    }

    *fields = found;
    *count = n;
    return CM_OK;
}
