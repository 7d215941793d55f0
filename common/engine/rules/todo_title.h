/* todo_title.h - "I will send you the quote by Friday" as "Send the quote". */
#pragma once
#include "engine/rules/dates.h"

/* The words of a commitment from its verb on. */
struct todo_words {
    const struct sentence *sentence;
    size_t from, end;         /* words of the sentence */
    size_t due_from, due_end; /* the day among them, left out; equal: none */
    struct cm_str
        verb; /* in place of the first word, where that is no infinitive ("sending"); or empty */
    struct cm_str lead; /* in front: "Have our technician"; or empty */
    enum side owner;
};

/** Where the clause that begins at `from` ends: before "because", ", so", "and you ...". */
size_t clause_end(const struct sentence *sentence, size_t from);

/** At most CM_TITLE_MAX bytes, in the arena. Empty: nothing is left but the day. */
struct cm_str todo_title(const struct todo_words *words, struct cm_arena *arena);
