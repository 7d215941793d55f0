/* store.h - transcriptions with their segments, and waveforms, in the database. */
#pragma once
#include "base/arena.h"
#include "db/db.h"
#include "event/event.h"
#include "recording.h"

/** Is `recording_sid` no longer the recording of which the call's file is made? */
cm_rc store_is_superseded(struct cm_db *db, struct cm_arena *arena, struct cm_uuid call_id,
                          struct cm_str recording_sid, bool *superseded,
                          struct cm_err *err) CM_MUSTCHECK;

struct stored_call { /* what the transaction shows about the call of one event */
    bool wanted;     /* it is there, and its file is the event's recording */
    struct cm_uuid organization_id;
    struct cm_opt_uuid contact_id;
};

struct waveform {
    int channels;
    struct cm_str roles[CHANNELS_MAX]; /* caller | agent; the NULL view: both speak on it */
    struct cm_str peaks;               /* a byte each, one channel after the other */
};

struct transcript { /* one call's; borrowed */
    struct cm_uuid call_id, organization_id;
    struct cm_str recording_sid;
    const struct cm_call_transcribed *transcribed;
    const struct waveform *waveform;
};

/** Looks the calls of `recorded` up and holds them until the end of the transaction, so that none
 * is deleted in between. `out[i]` is about `recorded[i]`. */
cm_rc store_calls(struct cm_tx *tx, struct cm_arena *arena, const struct cm_event *const recorded[],
                  size_t count, struct stored_call *out, struct cm_err *err) CM_MUSTCHECK;

/** Queues: these are the transcriptions and waveforms of their calls now, instead of earlier ones.
 */
cm_rc store_replace(struct cm_tx *tx, struct cm_arena *arena, const struct transcript *transcripts,
                    size_t count, struct cm_err *err) CM_MUSTCHECK;
