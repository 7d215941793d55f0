/* scribe.h - writes to the database what lines tell, in threads that may wait.
 *
 * Each worker has a queue of its own and a session always has the same one, so what a line tells is
 * written in the order in which it was told. Turns that wait are written together. While the
 * database is away what was told waits, within the queue's bound: then turns and notes are refused
 * and counted, beginnings are refused, and ends still find room.
 */
#pragma once
#include "base/loop.h"
#include "service/service.h"
#include "store.h"

struct scribe; /* opaque */

struct scribe_options {
    struct cm_service *service; /* database, outbox, metrics; borrowed */
    int workers;
    size_t queue_max;     /* of one worker */
    int64_t begin_max_ms; /* a beginning that takes longer is given up: the caller waits */
};

struct scribe *scribe_start(const struct scribe_options *options);
/** Writes what is queued, for up to `grace_ms`, and ends the threads. */
void scribe_stop(struct scribe *scribe, int64_t grace_ms);
void scribe_free(struct scribe *scribe); /* stops at once; NULL is fine */

/* All of these are called from loops and copy what they are given; false: the queue is full. */

/** Answered once, in `loop`; `taken` is lent and filled in with CM_OK and LIVE_TAKEN. */
typedef void scribe_begun(void *ctx, cm_rc rc, enum live_answer answer,
                          const struct live_taken *taken);
bool scribe_begin(struct scribe *scribe, const struct live_start *start, struct cm_loop *loop,
                  scribe_begun *begun, void *ctx);
bool scribe_turn(struct scribe *scribe, const struct live_turn_row *turn,
                 const struct cm_event_head *call);
/** Answered once, in `loop`. */
typedef void scribe_noted(void *ctx, bool done);
bool scribe_note(struct scribe *scribe, const struct live_note *note, struct cm_loop *loop,
                 scribe_noted *noted, void *ctx);
bool scribe_end(struct scribe *scribe, struct cm_uuid session_id, const char *reason);

/** live.ended of what store.h ended, into the outbox; for who ends sessions elsewhere. */
cm_rc scribe_tell_ended(struct cm_service *service, struct cm_tx *tx, struct cm_arena *arena,
                        const struct live_ended_row rows[], size_t count, int64_t now_us,
                        struct cm_err *err) CM_MUSTCHECK;
