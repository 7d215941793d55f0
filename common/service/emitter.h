/* emitter.h - turns events into rows of the outbox. Only for common/service.
 *
 * Thread: one at a time.
 */
#pragma once
#include "service/inside.h"

struct cm_emitter; /* opaque; lives in the arena it was made in */

struct cm_emitter *emitter_new(struct cm_service *service, struct cm_arena *arena, int64_t now_us);
/** Events are emitted on behalf of these: they lend their trace to events of the same call. */
void emitter_on_behalf(struct cm_emitter *emitter, struct cm_item *const items[], size_t count);
cm_rc emitter_add(struct cm_emitter *emitter, const struct cm_event *event,
                  struct cm_err *err) CM_MUSTCHECK;

/** A message as it came, for the dead letters' topic. */
struct emitter_raw {
    struct cm_str topic; /* without prefix */
    struct cm_str key, value;
    const struct cm_header *headers;
    size_t header_count;
};
void emitter_add_raw(struct cm_emitter *emitter, const struct emitter_raw *message);

/** Queues the rows; none: does nothing. */
cm_rc emitter_write(struct cm_emitter *emitter, struct cm_tx *tx, struct cm_err *err) CM_MUSTCHECK;
