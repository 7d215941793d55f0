/* persist.h - the transaction around a route's persist step. Only for common/service. */
#pragma once
#include "service/inside.h"

/** inbox, persist, outbox, steps and commit in two round trips; in three for events about a
 * transcription, of which those that are superseded have no effect. `is_new[i]`: false for an event
 * that was seen before, which then had no effect either. Fills cx->emitter. `arena` holds what the
 * transaction needs. */
cm_rc persist_items(struct cm_context *cx, const struct cm_route *route, struct cm_arena *arena,
                    struct cm_item *const items[], size_t count, bool is_new[],
                    struct cm_err *err) CM_MUSTCHECK;
