/* inbox.h - what this service has seen to already. Only for common/service. */
#pragma once
#include "service/service.h"

/** Writes the events' rows; `is_new[i]` tells which were not there. One round trip. Rows of another
 *  process that are not committed yet are waited for. */
cm_rc inbox_add(struct cm_tx *tx, struct cm_arena *arena, const char *service,
                const struct cm_uuid ids[], size_t count, int64_t now_us, bool is_new[],
                struct cm_err *err) CM_MUSTCHECK;
/** Queues the row of an event that was given up. */
cm_rc inbox_bury(struct cm_tx *tx, struct cm_arena *arena, const char *service, struct cm_uuid id,
                 int64_t now_us, struct cm_err *err) CM_MUSTCHECK;
/** Deletes some of the rows that are older than any topic's memory; events that lie as dead letters
 * keep theirs, for they may be driven again. `*more`: there are more. */
cm_rc inbox_prune(struct cm_listener *listener, struct cm_arena *arena, const char *service,
                  int64_t before_us, bool *more, struct cm_err *err) CM_MUSTCHECK;
