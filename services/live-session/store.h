/* store.h - the statements about live sessions; one function each.
 *
 * A stream is taken under lock_call, as call-ingest takes callbacks, so that a callback and a
 * stream, or two streams, that come together never see each other half done. What is written later
 * holds the call's row, so that a call which is being deleted gets nothing more. What is handed out
 * lives in the arena. Errors are db.h's. Thread: the transaction's.
 */
#pragma once
#include "db/db.h"
#include "event/event.h"

struct live_engine { /* what hears a call; empty: nothing does */
    struct cm_str engine, model;
};

struct live_start { /* who asks, and with what */
    struct cm_uuid session_id, holder_id;
    struct cm_str call_sid, stream_sid;
    struct cm_str token;    /* as it came; empty: none */
    struct cm_str from, to; /* as they came; believed only where no token is required */
    bool both_tracks;       /* one-way: a captions' session */
    bool token_required; /* false: a stream signed by Twilio is enough, and its call may be new */
    struct live_engine assistant, captions; /* what would hear the call in a session of that kind */
};

enum live_answer {
    LIVE_TAKEN,
    LIVE_BAD_TOKEN, /* none where one is required; or unknown, used, expired, another call's */
    LIVE_NO_NUMBER, /* the call is not known, and neither is the number */
    LIVE_HELD,      /* another stream of the call is open */
    LIVE_OVER,      /* the call has ended, or was deleted */
};

struct live_taken {
    struct cm_event_head head; /* organization_id, call_id, call_sid; event_id and time zero */
    bool created;              /* the call's row: `started` is to be emitted */
    struct cm_call_started started;
    bool outbound;  /* Twilio dialled: the inbound track is the callee's */
    bool assistant; /* a model is to talk: the token was made for that; without a token, because the
                       number is an assistant's and the stream brings one track */
    struct cm_str instructions, voice, greeting; /* NULL: none */
};

/** Takes the token and the call's line: token used, session's row, call in progress. Only
 *  LIVE_TAKEN writes anything; commit whatever the answer is. */
cm_rc live_store_start(struct cm_tx *tx, struct cm_arena *arena, const struct live_start *start,
                       int64_t now_us, enum live_answer *answer, struct live_taken *out,
                       struct cm_err *err) CM_MUSTCHECK;

struct live_turn_row {
    struct cm_uuid id, session_id;
    int64_t position, start_ms, end_ms;
    bool by_caller, interrupted;
    struct cm_str text;
};
/** `count` turns of any sessions, set-wise; one that is there already changes nothing, one of a
 * call that is gone is left out. `written[i]`: the turn is there because of this. */
cm_rc live_store_turns(struct cm_tx *tx, struct cm_arena *arena, const struct live_turn_row turns[],
                       size_t count, int64_t now_us, bool written[],
                       struct cm_err *err) CM_MUSTCHECK;

struct live_ended_row {
    struct cm_event_head head;
    struct cm_uuid session_id;
    int64_t started_at_us, ended_at_us, turn_count;
    struct cm_str reason, kind, engine, model;
};
/** Ends it; `*ended` false: it had ended, or is gone. */
cm_rc live_store_end(struct cm_tx *tx, struct cm_arena *arena, struct cm_uuid session_id,
                     const char *reason, int64_t now_us, bool *ended, struct live_ended_row *out,
                     struct cm_err *err) CM_MUSTCHECK;

/** Says that this process lives. */
cm_rc live_store_holder(struct cm_tx *tx, struct cm_arena *arena, struct cm_uuid holder_id,
                        int64_t now_us, struct cm_err *err) CM_MUSTCHECK;
/** Ends, as lost, sessions whose holder was not seen since `before_us`, at most `most`: their end
 * is when it was seen last. Forgets such holders, and as many tokens that expired. */
cm_rc live_store_lost(struct cm_tx *tx, struct cm_arena *arena, int64_t before_us, int64_t now_us,
                      int64_t most, struct live_ended_row **out, size_t *count,
                      struct cm_err *err) CM_MUSTCHECK;

enum live_over_how {
    LIVE_OVER_BY_STATUS, /* the call has ended */
    LIVE_OVER_BY_STREAM, /* Twilio said that the stream broke or stopped */
    LIVE_OVER_GONE, /* its call was deleted, or it was ended as lost: nothing is to be written */
};
struct live_over { /* a session that is held, and whose end came by another way */
    struct cm_uuid session_id;
    enum live_over_how how;
};
/** Which of these are over? Ask when `callmill_live` was notified, and now and then. */
cm_rc live_store_over(struct cm_tx *tx, struct cm_arena *arena, const struct cm_uuid sessions[],
                      size_t session_count, struct live_over **out, size_t *count,
                      struct cm_err *err) CM_MUSTCHECK;

struct live_note {
    struct cm_uuid id, session_id;
    struct cm_str title, due, said; /* due: YYYY-MM-DD or empty */
};
/** A to-do of ours, with what the caller said last as its evidence. Again changes nothing. */
cm_rc live_store_note(struct cm_tx *tx, struct cm_arena *arena, const struct live_note *note,
                      int64_t now_us, struct cm_err *err) CM_MUSTCHECK;
