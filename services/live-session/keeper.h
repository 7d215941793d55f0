/* keeper.h - what is known of sessions elsewhere: this process says that it lives, hears which of
 * its calls ended by another way, and ends what killed processes held.
 *
 * One thread. It is woken when a call with an open session ends or Twilio says that its stream
 * broke (0007), and looks every `beat_ms` all the same, so a lost notification costs a moment.
 */
#pragma once
#include "service/service.h"
#include "store.h"

struct keeper; /* opaque */

struct keeper_options {
    struct cm_service *service;
    struct cm_uuid holder_id;
    int64_t beat_ms; /* between two signs of life */
    int64_t lost_ms; /* a holder without one for so long is dead */
    /** The sessions that this process holds, copied into `arena`. Thread: the keeper's, as below.
     */
    struct cm_uuid *(*held)(void *ctx, struct cm_arena *arena, size_t *count);
    /** One of them is over. */
    void (*over)(void *ctx, const struct live_over *over);
    void *ctx;
};

/** Says that this process lives, once, before any session can be its own. */
cm_rc keeper_begin(struct cm_service *service, struct cm_uuid holder_id,
                   struct cm_err *err) CM_MUSTCHECK;
struct keeper *keeper_start(const struct keeper_options *options);
void keeper_free(struct keeper *keeper); /* NULL is fine */
