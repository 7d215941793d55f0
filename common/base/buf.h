/* buf.h - bytes that grow: a response, a mail, an encoded event.
 *
 *     struct cm_buf body = { 0 };      an empty one needs no memory
 *     ... cm_buf_finish(&body);        or CM_OWN_BUF struct cm_buf body = { 0 };
 *
 * Nothing in it fails: without memory the process ends (arena.h). Thread: one at a time.
 */
#pragma once
#include <stddef.h>

#include "base/str.h"

struct cm_buf {
    char *at; /* always NUL-terminated once something was put in */
    size_t len, room;
};

void cm_buf_finish(struct cm_buf *buf);
#define CM_OWN_BUF __attribute__((cleanup(cm_buf_finish)))

void cm_buf_put(struct cm_buf *buf, const void *bytes, size_t len);
void cm_buf_str(struct cm_buf *buf, struct cm_str s);
void cm_buf_text(struct cm_buf *buf, const char *text);
void cm_buf_char(struct cm_buf *buf, char c);
void cm_buf_printf(struct cm_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Appends text so that it stays text in HTML and XML, between tags and in quoted attributes alike.
 *  Control characters go, but for tab and line ends. */
void cm_buf_markup(struct cm_buf *buf, struct cm_str text);

/** Makes room for `more` bytes behind the content and returns where they go; then raise `len`. */
char *cm_buf_reserve(struct cm_buf *buf, size_t more);
void cm_buf_clear(struct cm_buf *buf);               /* empties it, keeps the memory */
struct cm_str cm_buf_view(const struct cm_buf *buf); /* lent until the next change */
