#include "twiml_reader.h"

#include <string.h>

#include "base/buf.h"

/* The text between "<element" and ">", of the n-th such element. */
static bool find_tag(struct cm_str xml, const char *element, int n, struct cm_str *inside)
{
    size_t len = strlen(element);
    struct cm_str part;

    cm_str_split(&xml, '<', &part);
    while (cm_str_split(&xml, '<', &part)) {
        struct cm_str tag;

        if (!cm_str_starts(part, element) || part.len == len || !strchr(" \t\r\n/>", part.at[len]))
            continue;
        part = (struct cm_str){ part.at + len, part.len - len };
        if (cm_str_split(&part, '>', &tag) && n-- == 0) {
            *inside = tag;
            return true;
        }
    }
    return false;
}

bool twiml_has(struct cm_str xml, const char *element)
{
    struct cm_str inside;

    return find_tag(xml, element, 0, &inside);
}

static struct cm_str unescape(struct cm_str text, struct cm_arena *arena)
{
    static const struct {
        const char *name;
        char is;
    } entities[] = {
        { "&amp;", '&' },  { "&lt;", '<' },    { "&gt;", '>' },
        { "&quot;", '"' }, { "&apos;", '\'' }, { "&#39;", '\'' },
    };
    CM_OWN_BUF struct cm_buf to = { 0 };

    while (text.len) {
        size_t step = 1;
        char c = text.at[0];

        for (size_t i = 0; c == '&' && i < sizeof entities / sizeof entities[0]; i++) {
            if (cm_str_starts(text, entities[i].name)) {
                c = entities[i].is;
                step = strlen(entities[i].name);
                break;
            }
        }
        cm_buf_char(&to, c);
        text = (struct cm_str){ text.at + step, text.len - step };
    }
    return cm_arena_str(arena, cm_buf_view(&to));
}

bool twiml_attribute(struct cm_str xml, const char *element, const char *attribute,
                     struct cm_arena *arena, struct cm_str *value)
{
    return twiml_nth_attribute(xml, element, 0, attribute, arena, value);
}

bool twiml_nth_attribute(struct cm_str xml, const char *element, int n, const char *attribute,
                         struct cm_arena *arena, struct cm_str *value)
{
    struct cm_str tag, start;
    size_t at, len = strlen(attribute);

    if (!find_tag(xml, element, n, &tag))
        return false;
    while (cm_str_find(tag, attribute, &at)) {
        bool whole = at > 0 && strchr(" \t\r\n", tag.at[at - 1]) && tag.len > at + len + 1 &&
                     tag.at[at + len] == '=' && tag.at[at + len + 1] == '"';

        tag = (struct cm_str){ tag.at + at + len, tag.len - at - len };
        if (!whole)
            continue;
        start = (struct cm_str){ tag.at + 2, tag.len - 2 };
        cm_str_split(&start, '"', &tag);
        *value = unescape(tag, arena);
        return true;
    }
    return false;
}
