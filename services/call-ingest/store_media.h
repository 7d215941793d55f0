/* store_media.h - the statements about recordings, steps, streams, and callbacks of calls not known
 * yet; one function each.
 *
 * Under the lock of store_call.h. What is handed out lives in the arena. Errors are db.h's. Thread:
 * the transaction's.
 */
#pragma once
#include "base/digest.h"
#include "store_call.h"

enum recording_state { /* as the column has them */
                       RECORDING_STATE_IN_PROGRESS,
                       RECORDING_STATE_AVAILABLE,
                       RECORDING_STATE_STORED,
                       RECORDING_STATE_ABSENT,
                       RECORDING_STATE_FAILED,
};

struct recording_row {
    struct cm_str sid;
    enum recording_state state;
};

struct pending_row {
    enum callback_kind kind;
    struct cm_str form;
    int64_t received_at_us;
};

cm_rc store_list_recordings(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                            struct recording_row **out, size_t *count,
                            struct cm_err *err) CM_MUSTCHECK;
/** Inserts, or moves on one that was in progress. */
cm_rc store_put_recording(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                          const struct callback *cb, enum recording_state state, int64_t now_us,
                          struct cm_err *err) CM_MUSTCHECK;
/** The steps that wait for this recording; a record step that had failed waits again. */
cm_rc store_open_steps(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                       int64_t now_us, struct cm_err *err) CM_MUSTCHECK;
/** Tells that there is nothing to record, unless steps are open already. */
cm_rc store_fail_record_step(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                             struct cm_str reason, int64_t now_us, struct cm_err *err) CM_MUSTCHECK;

cm_rc store_insert_stream(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                          const struct callback *cb, int64_t now_us,
                          struct cm_err *err) CM_MUSTCHECK;

/** The right to open the call's media stream, in place of an earlier one that nobody used. `kind`
 * is the stream's: assistant | captions. */
cm_rc store_put_token(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                      struct cm_sha256 hash, const char *kind, int64_t expires_at_us,
                      struct cm_err *err) CM_MUSTCHECK;
cm_rc store_insert_pending(struct cm_tx *tx, struct cm_arena *arena, const struct callback *cb,
                           struct cm_str form, int64_t now_us, struct cm_err *err) CM_MUSTCHECK;
/** Removes and returns what waits for this call. */
cm_rc store_take_pending(struct cm_tx *tx, struct cm_arena *arena, struct cm_str call_sid,
                         struct pending_row **out, size_t *count, struct cm_err *err) CM_MUSTCHECK;
