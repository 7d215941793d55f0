#include "calls/highlight.h"

#include <string.h>

/* In UTF-8. */
#define ON       "\xEE\x80\x80"
#define OFF      "\xEE\x80\x81"
#define ELLIPSIS "\xE2\x80\xA6"
enum { MARK_BYTES = 3 };

static size_t characters(struct cm_str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.at[i] & 0xC0) != 0x80;
    return count;
}

static struct cm_str behind(struct cm_str text, size_t bytes)
{
    return (struct cm_str){ text.at + bytes, text.len - bytes };
}

/* Where the excerpt begins or ends within a word, the rest of that word goes. Without a space there
 * are no words to tell apart, and it stays as it is. */
static struct cm_str whole_words(struct cm_str text, bool cut_front, bool cut_end)
{
    const char *space = cut_end ? memrchr(text.at, ' ', text.len) : NULL;
    size_t first;

    if (space)
        text.len = (size_t)(space - text.at);
    if (!cut_front || !cm_str_find(text, ON, &first))
        return text;
    space = memchr(text.at, ' ', first);
    return space ? behind(text, (size_t)(space - text.at)) : text;
}

static void put_piece(struct cm_json *json, struct cm_str text, bool match)
{
    if (text.len == 0)
        return;
    cm_json_object(json, NULL);
    cm_json_str(json, "text", text);
    cm_json_bool(json, "match", match);
    cm_json_end(json);
}

/* The excerpt with an ellipsis wherever it was cut. */
static void tidy(struct cm_str excerpt, struct cm_buf *to)
{
    bool cut_front = cm_str_starts(excerpt, ELLIPSIS), cut_end;

    if (cut_front)
        excerpt = behind(excerpt, strlen(ELLIPSIS));
    cut_end = characters(excerpt) >= HIGHLIGHT_MAX;
    if (cut_front)
        cm_buf_text(to, ELLIPSIS);
    cm_buf_str(to, whole_words(excerpt, cut_front, cut_end));
    if (cut_end)
        cm_buf_text(to, ELLIPSIS);
}

void highlight_put(struct cm_json *json, struct cm_str excerpt)
{
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct cm_str rest;
    bool match = false;
    size_t at;

    tidy(excerpt, &text);
    rest = cm_buf_view(&text);
    cm_json_array(json, "highlight");
    for (; cm_str_find(rest, match ? OFF : ON, &at); match = !match) {
        put_piece(json, (struct cm_str){ rest.at, at }, match);
        rest = behind(rest, at + MARK_BYTES);
    }
    put_piece(json, rest, match);
    cm_json_end(json);
}
