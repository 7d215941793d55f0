/* merge.h - what is known about a contact, and what a call adds to it.
 *
 * A field that a person edited stays as it is. Else the newest call that told something wins, and
 * nothing is ever replaced by nothing. Pure: no database, no clock.
 */
#pragma once
#include "engine/text.h"

enum contact_field {
    CONTACT_NAME,
    CONTACT_EMAIL,
    CONTACT_COMPANY,
    CONTACT_SUMMARY,
    CONTACT_FIELDS
};

struct contact {
    struct cm_uuid id;
    struct {
        struct cm_str value, source; /* source: 'person' or 'call:<id> said at 00:12' */
        int64_t told_at_us;          /* start of the call that told it; 0: not known */
    } fields[CONTACT_FIELDS];
    bool changed;
};

/** New values are copied into `arena`. */
void contact_merge(struct contact *contact, const struct cm_contact_facts *facts,
                   struct cm_uuid call_id, int64_t started_at_us, struct cm_arena *arena);
/** By id, among contacts in order of id; NULL: it is not there. */
struct contact *contact_find(struct contact *contacts, size_t count, struct cm_uuid id);
