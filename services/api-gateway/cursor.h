/* cursor.h - where a page of a list ends, as an opaque text; and the link to the next page.
 *
 * A cursor names the last row that was shown by what its list is sorted by. It begins with its
 * list's letter, so that it opens no other list, and is made so that every text of the form that
 * schemas/openapi.yaml describes is a place in the list, whether or not a row is there.
 */
#pragma once
#include "base/buf.h"
#include "base/uuid.h"

enum cursor_list { CURSOR_CALLS, CURSOR_CONTACTS, CURSOR_TODOS };

struct cursor { /* the last row that was shown */
    enum cursor_list list;
    int32_t day; /* to-dos are sorted by the day first: when it is due */
    int64_t at_us;
    struct cm_uuid id;
};
struct cursor_text {
    char at[57]; /* NUL-terminated */
};

/** Before the first row: of the least day, the latest time and the greatest id. */
struct cursor cursor_start(enum cursor_list list);
/** Times are of the years 1 to 9999. */
struct cursor_text cursor_text(struct cursor cursor);
/** false: that is no cursor of this list; `*out` is untouched. */
bool cursor_parse(struct cm_str text, enum cursor_list list, struct cursor *out);

/** Appends `<path?query with this cursor>; rel="next"`: the query as it came, another cursor aside.
 */
void cursor_put_link(struct cm_buf *out, struct cm_str path, struct cm_str query,
                     struct cursor cursor);
