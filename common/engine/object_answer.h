/* object_answer.h - what an object store says: its errors, and the little XML of its listings.
 * Thread: any. */
#pragma once
#include "base/arena.h"
#include "http/client.h"

struct object_answer_context { /* for messages */
    struct cm_str bucket;
    const char *endpoint, *region; /* the endpoint may be NULL */
    bool reads; /* one object: that one alone may be forbidden, which HEAD does not tell apart */
};

/** CM_OK: 2xx, or 404 of an object. Else what object_store.h says of errors. */
cm_rc object_answer_judge(const struct object_answer_context *context,
                          const struct cm_http_answer *answer, int64_t now_us,
                          struct cm_err *err) CM_MUSTCHECK;

/** The next <name>...</name> of `*rest`, which then begins behind it. Elements of one name are not
 * nested in each other in these documents, and have no attributes. */
bool object_answer_next(struct cm_str *rest, const char *name, struct cm_str *inner);

/** The text of the first <name>, its references resolved, in the arena; empty: there is none. */
struct cm_str object_answer_text(struct cm_arena *arena, struct cm_str in, const char *name);
