/* render.h - what a report says, as plain text and as HTML. Thread: any.
 *
 * What was said in a call is untrusted: in HTML everything is escaped, also in attributes.
 */
#pragma once
#include "store.h"

struct cm_str render_subject(struct cm_arena *arena, const struct report_call *call);
/** `ui_url` may be NULL: then there is no link. */
struct cm_str render_text(struct cm_arena *arena, const struct report_call *call,
                          const char *ui_url);
struct cm_str render_html(struct cm_arena *arena, const struct report_call *call,
                          const char *ui_url);

/* For both. */
struct render_duration {
    char at[32]; /* "2 min 31 s" */
};
struct render_duration render_duration(int64_t ms);
struct render_clock {
    char at[16]; /* "01:12", "1:02:03" */
};
struct render_clock render_clock(int64_t ms);
struct cm_str render_number(struct cm_str number); /* a withheld one in words */
const char *render_role(struct cm_str role);       /* "Caller", "Agent" */
