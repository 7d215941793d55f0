/* store.h - the contacts of a batch of calls: locked, then written, each in one statement. */
#pragma once
#include "merge.h"
#include "service/service.h"

struct call_contact { /* whose contact is whose, and when the call began */
    struct cm_uuid call_id, contact_id;
    int64_t started_at_us;
};

/** Locks the contacts of the items' calls in order of id, so that batches cannot deadlock. `pairs`
 * are in order of the calls' start; calls without a contact have none. In `arena`. */
cm_rc store_lock_contacts(struct cm_tx *tx, struct cm_arena *arena, struct cm_item *const items[],
                          size_t count, struct call_contact **pairs, size_t *pair_count,
                          struct contact **contacts, size_t *contact_count,
                          struct cm_err *err) CM_MUSTCHECK;
/** Writes those that changed. */
cm_rc store_update_contacts(struct cm_tx *tx, struct cm_arena *arena,
                            const struct contact *contacts, size_t count, int64_t now_us,
                            struct cm_err *err) CM_MUSTCHECK;
