/* store.h - the to-dos of a batch of calls. */
#pragma once
#include "service/service.h"

struct extraction { /* of one call; in its arena */
    struct cm_todo *todos;
    struct cm_str *fingerprints;
    size_t count;
};
struct call_todos {
    struct cm_todo *todos;
    size_t count;
};

/** Seconds from UTC to the clocks of the call's organization, when the call began. */
cm_rc store_read_offset(struct cm_db *db, const struct cm_item *item, int64_t *utc_offset_s,
                        struct cm_err *err) CM_MUSTCHECK;
cm_rc store_read_offsets(struct cm_tx *tx, struct cm_item *const items[], size_t count,
                         int64_t *utc_offsets_s, struct cm_err *err) CM_MUSTCHECK;

/** Makes `found` the calls' to-dos: new ones are added, old ones refreshed, those that are found no
 * more removed; what a person ticked, edited or put away stays as it is. Calls that are gone are
 * passed over.
 */
cm_rc store_replace_todos(struct cm_tx *tx, struct cm_item *const items[],
                          const struct extraction *found, size_t count, int64_t now_us,
                          struct cm_err *err) CM_MUSTCHECK;
/** Each call's to-dos but those that a person put away or added, into its item's arena. */
cm_rc store_read_todos(struct cm_tx *tx, struct cm_item *const items[], size_t count,
                       struct call_todos *out, struct cm_err *err) CM_MUSTCHECK;
