/* commitment_list.h - the to-dos of a call, each once however often it is promised. */
#pragma once
#include "engine/rules/keywords.h"
#include "engine/rules/todo_title.h"

enum { STEMS_MAX = 16 };

struct found {
    struct todo_words words;
    struct cm_str title;
    size_t sentence_number;
    struct cm_str stems[STEMS_MAX];
    size_t stem_count;
    bool vague;                    /* "send it" */
    const struct sentence *answer; /* in which the other side named the day, for a request */
    bool has_due;
    struct day due;
};

struct commitment_list {
    struct found *found; /* room for CM_COMMITMENTS_MAX */
    size_t count;
};

/** Adds `new`, or what it adds (a day, a name for "it") to the one that is there already. More than
 *  CM_COMMITMENTS_MAX are passed over. Fills in `new`'s stems. */
void commitment_list_add(struct commitment_list *list, struct found *new,
                         const struct keywords *keywords, struct cm_arena *arena);
