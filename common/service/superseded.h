/* superseded.h - events about a transcription that is no longer its call's.
 *
 * When a longer recording is transcribed, what was made of the shorter one is replaced. An event
 * about the shorter one may still come: again after a crash, or driven again out of the dead
 * letters. It has no effect, and the step's state stays that of the newer event. Only for
 * common/service.
 */
#pragma once
#include "service/service.h"

/** The transcription that the event is about; not set: it is about none. */
struct cm_opt_uuid superseded_subject(const struct cm_event *event);

/** Takes the events out of `items` whose transcription was replaced, or went with its call;
 * `*count` is what is left, in order. One round trip where any is about a transcription. */
cm_rc superseded_drop(struct cm_tx *tx, struct cm_arena *arena, struct cm_item *items[],
                      size_t *count, struct cm_err *err) CM_MUSTCHECK;
