/* store_sweep.h - finds what is silent, and marks it as asked about; deletes what is old. Each is a
 * transaction of its own where it takes none. */
#pragma once
#include "db/db.h"

struct silent_row {
    struct cm_str call_sid;
    struct cm_opt_uuid call_id; /* none of one that nobody knows */
    int64_t since_us;           /* when the call was made, or ended, or its callback came */
};

struct silence { /* older than these is silent; all are times */
    int64_t changed_before_us, asked_before_us, now_us;
    int limit;
};

/** Calls without an end. */
cm_rc store_silent_calls(struct cm_db *db, struct cm_arena *arena, const struct silence *silence,
                         struct silent_row **out, size_t *count, struct cm_err *err) CM_MUSTCHECK;
/** Ended calls whose recording is awaited. */
cm_rc store_silent_recordings(struct cm_db *db, struct cm_arena *arena,
                              const struct silence *silence, struct silent_row **out, size_t *count,
                              struct cm_err *err) CM_MUSTCHECK;
/** Calls that nobody knows but that callbacks are kept for; each once. */
cm_rc store_silent_pending(struct cm_db *db, struct cm_arena *arena, const struct silence *silence,
                           struct silent_row **out, size_t *count, struct cm_err *err) CM_MUSTCHECK;
struct expired_row {
    struct cm_uuid call_id, organization_id;
    struct cm_str call_sid; /* in the arena */
};
/** Deletes up to `limit` calls that their organization keeps no longer, an organization's oldest
 * first, with all that hangs on them; of those that nobody has locked. */
cm_rc store_delete_expired(struct cm_tx *tx, struct cm_arena *arena, int64_t now_us, int limit,
                           struct expired_row **out, size_t *count,
                           struct cm_err *err) CM_MUSTCHECK;
/** Forgets the sids of calls that were deleted before `before_us`. */
cm_rc store_forget_deleted(struct cm_db *db, struct cm_arena *arena, int64_t before_us,
                           struct cm_err *err) CM_MUSTCHECK;

enum call_memory { CALL_THERE, CALL_DELETED, CALL_UNKNOWN };
/** What the database knows of the calls whose sids the `names` begin with; in the arena. */
cm_rc store_call_memories(struct cm_db *db, struct cm_arena *arena, const struct cm_str names[],
                          size_t count, enum call_memory **out, struct cm_err *err) CM_MUSTCHECK;

extern const struct cm_stmt store_sweeper_lock; /* "am I the one?", on a session of its own */
extern const struct cm_stmt store_sweeper_alive;
