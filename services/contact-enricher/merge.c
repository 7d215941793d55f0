#include "merge.h"

#include <string.h>
#include <strings.h>

/* "Peter" tells nothing new about "Peter Miller". */
static bool is_within(struct cm_str whole, struct cm_str part)
{
    for (size_t i = 0; i + part.len <= whole.len; i++)
        if ((i == 0 || whole.at[i - 1] == ' ') &&
            (i + part.len == whole.len || whole.at[i + part.len] == ' ') &&
            strncasecmp(whole.at + i, part.at, part.len) == 0)
            return true;
    return false;
}

static void merge_field(struct contact *contact, enum contact_field field,
                        const struct cm_fact *fact, struct cm_uuid call_id, int64_t started_at_us,
                        struct cm_arena *arena)
{
    struct cm_str *value = &contact->fields[field].value, *source = &contact->fields[field].source;

    if (!fact->value.len || cm_str_is(*source, "person"))
        return;
    if (value->len && started_at_us < contact->fields[field].told_at_us)
        return;
    if (field == CONTACT_NAME && value->len > fact->value.len && is_within(*value, fact->value))
        return;

    *value = cm_arena_str(arena, fact->value);
    *source =
        cm_arena_printf(arena, "call:%s %.*s", cm_uuid_text(call_id).at, CM_STR_FMT(fact->source));
    contact->fields[field].told_at_us = started_at_us;
    contact->changed = true;
}

void contact_merge(struct contact *contact, const struct cm_contact_facts *facts,
                   struct cm_uuid call_id, int64_t started_at_us, struct cm_arena *arena)
{
    const struct cm_fact *const by_field[CONTACT_FIELDS] = { [CONTACT_NAME] = &facts->name,
                                                             [CONTACT_EMAIL] = &facts->email,
                                                             [CONTACT_COMPANY] = &facts->company,
                                                             [CONTACT_SUMMARY] = &facts->summary };

    for (int field = 0; field < CONTACT_FIELDS; field++)
        merge_field(contact, (enum contact_field)field, by_field[field], call_id, started_at_us,
                    arena);
}

struct contact *contact_find(struct contact *contacts, size_t count, struct cm_uuid id)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = memcmp(contacts[middle].id.at, id.at, sizeof id.at);

        if (order == 0)
            return &contacts[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
