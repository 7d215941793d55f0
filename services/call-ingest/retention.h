/* retention.h - calls go by themselves when their organization no longer keeps them.
 *
 * A pass deletes those whose time is over, oldest first, up to a bound: in short transactions, each
 * with a call.deleted for every call in it, by which whoever keeps something of the call (its
 * recording's file, say) forgets it. Rows that somebody has locked are left to the next pass, so
 * that replicas share the work.
 */
#pragma once
#include "intake.h"

struct retention_options {
    const struct intake *intake; /* borrowed */
    int batch_max;               /* of one pass */
    struct cm_metric *expired;   /* calls */
};

/** One pass, in the caller's thread. `stop` may be NULL; it is asked between transactions.
 * CM_RETRY: the database is away; what was committed before stays done. */
cm_rc retention_pass(const struct retention_options *options, int64_t now_us,
                     bool (*stop)(void *ctx), void *ctx, struct cm_err *err) CM_MUSTCHECK;
