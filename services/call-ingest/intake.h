/* intake.h - one callback into rows and events, in one transaction.
 *
 * Vocabulary: a callback is *applied* when its call is known or can be made from it; it is *kept*
 * when it names no numbers and its call is not known yet, and applied later, by whichever callback
 * makes the call or is the next one of it, or by the sweeper. (The call's media stream may have
 * made it meanwhile: live-session.) Webhooks and the sweeper come in here and nowhere else.
 *
 * Invariants: a call belongs to the organization of its phone number, or is not made at all;
 * call.started goes out once, when the call is made; call.ended once, at its first end;
 * recording.available once a recording, when it is complete; the same callback again changes
 * nothing; any order of callbacks leaves the same rows (call_state.h). The call's root span is
 * recorded with call.ended.
 */
#pragma once
#include "base/credential.h"
#include "callback.h"
#include "service/service.h"

struct intake { /* what it works with; borrowed */
    struct cm_db *db;
    struct cm_service *service; /* whose outbox the events go to */
    int64_t token_us; /* how long a call's media stream may be opened; 0: calls are not streamed */
    bool assistants;  /* there is a model for the numbers that have an assistant */
    /** Told, in the thread, which call the callback is about, before anything of it is written, so
     * that its events are part of what the thread then stands in (base/trace.h). May be NULL. */
    void (*is_about)(void *ctx, struct cm_uuid call_id);
    void *ctx;
};

enum intake_answer {
    INTAKE_APPLIED,
    INTAKE_KEPT,
    INTAKE_NOT_OURS, /* no organization has the number */
    INTAKE_DELETED,  /* the call was deleted; nothing brings it back */
};

struct intake_plan { /* what the called number wants, where the answer is INTAKE_APPLIED to a voice
                        callback */
    struct cm_str forward_to, greeting; /* NULL: none */
    bool record;
    bool assistant;         /* a model answers: the number has one, forwards nothing, is streamed */
    struct cm_token stream; /* the right to open the call's media stream; empty: it has none */
};

/** `form` is what to keep of a callback that cannot be applied yet (the webhook's, urlencoded).
 * CM_OK: it is committed. CM_RETRY: it is not, or nobody knows; again is harmless. CM_REJECT: the
 * database refuses a value. Thread: any. `arena` holds what is handed out. */
cm_rc intake_take(const struct intake *intake, const struct callback *cb, struct cm_str form,
                  int64_t now_us, struct cm_arena *arena, enum intake_answer *answer,
                  struct intake_plan *plan, struct cm_err *err) CM_MUSTCHECK;

/** Says that no recording of this call will come. Nothing happens where the call is not known. */
cm_rc intake_no_recording(const struct intake *intake, struct cm_str call_sid, struct cm_str reason,
                          int64_t now_us, struct cm_arena *arena, struct cm_err *err) CM_MUSTCHECK;

/** Drops what is kept about a call that will never be known. `*dropped`: how many callbacks. */
cm_rc intake_forget(const struct intake *intake, struct cm_str call_sid, struct cm_arena *arena,
                    size_t *dropped, struct cm_err *err) CM_MUSTCHECK;
