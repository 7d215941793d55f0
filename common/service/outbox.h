/* outbox.h - events of a program that is no service: a service that produces them publishes them.
 *
 * Thread: one at a time.
 */
#pragma once
#include "bus/codec_cache.h"
#include "service/service.h"

/** As cm_outbox_write, for `producer`, whose relay takes the rows along; `codec` has the events'
 * schemas registered. */
cm_rc cm_outbox_write_for(const char *producer, struct cm_codec *codec, struct cm_tx *tx,
                          struct cm_arena *arena, const struct cm_event *events, size_t count,
                          int64_t now_us, struct cm_err *err) CM_MUSTCHECK;
