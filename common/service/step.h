/* step.h - the state of a call's step, for the people who look at the call. Only for
 * common/service. */
#pragma once
#include "service/work.h"

enum step_answer {
    STEP_GO,
    STEP_SEEN, /* this service has seen to the event already */
    STEP_GONE, /* the call was deleted, or what the event says of it was replaced */
};

/** Before slow work: is it still wanted? If so, its step runs now, and what waits behind it says no
 * more that it failed. Two round trips; waits for a transaction that is ending the step elsewhere.
 */
cm_rc step_begin(struct cm_db *db, const char *service, const struct work *work, int64_t now_us,
                 enum step_answer *answer, struct cm_err *err) CM_MUSTCHECK;
/** The attempt failed and there will be another one: tells why. */
cm_rc step_wait(struct cm_db *db, const struct work *work, int64_t now_us,
                struct cm_err *err) CM_MUSTCHECK;
/** Queues: the step of all of these calls is done. */
cm_rc step_done(struct cm_tx *tx, struct cm_arena *arena, const char *step,
                struct cm_item *const items[], size_t count, int64_t now_us,
                struct cm_err *err) CM_MUSTCHECK;
/** Queues: the step has failed for good. What waits behind it says so. */
cm_rc step_failed(struct cm_tx *tx, const struct work *work, struct cm_str reason, int64_t now_us,
                  struct cm_err *err) CM_MUSTCHECK;
