#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void cm_buf_finish(struct cm_buf *buf)
{
    free(buf->at);
    *buf = (struct cm_buf){ 0 };
}

char *cm_buf_reserve(struct cm_buf *buf, size_t more)
{
    size_t need, room = buf->room ? buf->room : 256;

    if (__builtin_add_overflow(buf->len + 1, more, &need))
        cm_out_of_memory();
    while (room < need)
        if (__builtin_mul_overflow(room, 2, &room))
            cm_out_of_memory();
    if (room != buf->room) {
        char *at = cm_must(realloc(buf->at, room));

        buf->at = at;
        buf->room = room;
    }
    return buf->at + buf->len;
}

void cm_buf_put(struct cm_buf *buf, const void *bytes, size_t len)
{
    char *at = cm_buf_reserve(buf, len);

    if (len)
        memcpy(at, bytes, len);
    buf->len += len;
    buf->at[buf->len] = '\0';
}

void cm_buf_str(struct cm_buf *buf, struct cm_str s)
{
    cm_buf_put(buf, s.at, s.len);
}

void cm_buf_text(struct cm_buf *buf, const char *text)
{
    cm_buf_put(buf, text, strlen(text));
}

void cm_buf_char(struct cm_buf *buf, char c)
{
    cm_buf_put(buf, &c, 1);
}

static const char *markup_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;"; /* &apos; is not HTML 4's */
    default:
        return NULL;
    }
}

void cm_buf_markup(struct cm_buf *buf, struct cm_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        const char *escaped = markup_of(c);

        if (escaped)
            cm_buf_text(buf, escaped);
        else if ((unsigned char)c >= ' ' || c == '\t' || c == '\n' || c == '\r')
            cm_buf_char(buf, c);
    }
}

void cm_buf_printf(struct cm_buf *buf, const char *format, ...)
{
    va_list args, again;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len > 0) {
        vsnprintf(cm_buf_reserve(buf, (size_t)len), (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

void cm_buf_clear(struct cm_buf *buf)
{
    buf->len = 0;
    if (buf->at)
        buf->at[0] = '\0';
}

struct cm_str cm_buf_view(const struct cm_buf *buf)
{
    return (struct cm_str){ buf->at ? buf->at : "", buf->len };
}
