#include "engine/rules/commitment_list.h"

#include <string.h>

enum { MERGE_REACH = 8 }; /* sentences after which "send it" is something else */

static void stem_title(struct found *found, const struct keywords *keywords, struct cm_arena *arena)
{
    struct cm_segment said = { .role = CM_STR("agent"), .text = found->title };
    struct cm_transcript transcript = { .segments = &said, .segment_count = 1 };
    const struct reading *reading = reading_new(&transcript, arena);

    for (size_t i = 0; i < reading->count; i++)
        for (size_t k = 0; k < reading->sentences[i].count && found->stem_count < STEMS_MAX; k++)
            if (!is_stop_word(keywords, &reading->sentences[i], k) &&
                !word_in(&reading->sentences[i].words[k], "caller|caller's|agent|agent's|new"))
                found->stems[found->stem_count++] = word_stem(reading->sentences[i].words[k].low);
}

/* Is the thing itself only pointed at: "send it", "get that over to the caller"? */
static bool is_vague(const struct found *found)
{
    const struct todo_words *words = &found->words;
    size_t i = words->from + 1;

    if (i < words->end && word_in(&words->sentence->words[i], "you|me|us"))
        i++;
    return i < words->end &&
           word_in(&words->sentence->words[i], "it|that|this|them|those|these|everything") &&
           found->stem_count <= 1;
}

static bool has_stem(const struct found *found, struct cm_str stem)
{
    for (size_t i = 0; i < found->stem_count; i++)
        if (cm_str_eq(found->stems[i], stem))
            return true;
    return false;
}

static bool is_same(const struct found *old, const struct found *new)
{
    size_t shared = 0, less, more;
    bool days_differ =
        old->has_due && new->has_due &&memcmp(&old->due, &new->due, sizeof old->due) != 0;

    if (old->words.owner != new->words.owner || !old->stem_count || !new->stem_count)
        return false;
    if (cm_str_eq(old->title, new->title) || old->answer == new->words.sentence)
        return true;
    if (new->vague || old->vague)
        return cm_str_eq(old->stems[0], new->stems[0]) &&
               new->sentence_number - old->sentence_number <= MERGE_REACH;
    for (size_t i = 0; i < new->stem_count; i++)
        shared += has_stem(old, new->stems[i]);
    less = old->stem_count < new->stem_count ? old->stem_count : new->stem_count;
    more = old->stem_count + new->stem_count - shared;
    if (less == 1 && (days_differ || more > 2))
        return shared == 1 && more == 1;
    return shared == less || (shared * 10 >= more * 6 && !days_differ);
}

void commitment_list_add(struct commitment_list *list, struct found *new,
                         const struct keywords *keywords, struct cm_arena *arena)
{
    stem_title(new, keywords, arena);
    new->vague = is_vague(new);
    for (size_t i = list->count; i-- > 0;) {
        struct found *old = &list->found[i];

        if (!is_same(old, new))
            continue;
        if (new->has_due) {
            old->has_due = true;
            old->due = new->due;
        }
        if (old->vague && !new->vague)
            old->title = new->title;
        return;
    }
    if (list->count < CM_COMMITMENTS_MAX)
        list->found[list->count++] = *new;
}
