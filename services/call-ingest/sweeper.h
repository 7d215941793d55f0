/* sweeper.h - asks Twilio about what never came, so that every call comes to its end.
 *
 * Three kinds of silence: a call without an end; an ended call whose recording was not announced;
 * callbacks kept for a call that nobody knows. Twilio's answers go through intake.h like callbacks.
 * What Twilio does not know, or has said nothing about for SWEEP_GIVE_UP_S, is brought to an end
 * here.
 *
 * And one of too much: recordings whose call is gone (strays.h).
 *
 * One replica sweeps at a time: the one that holds an advisory lock, on a connection of its own. A
 * sweep takes a bounded batch, marks it as asked before it asks, and holds no transaction
 * meanwhile. Between sweeps the thread of every replica deletes what is old (retention.h).
 */
#pragma once
#include "retention.h"
#include "strays.h"
#include "twilio_api.h"

struct sweeper; /* opaque: a thread */

struct sweep_options {
    int64_t call_after_us, recording_after_us, pending_after_us, give_up_us;
    int batch_max;
};

struct sweeper_options {
    struct sweep_options sweep;
    int64_t interval_ms;
    struct retention_options retention;
    int64_t retention_interval_ms;
    const struct intake *intake; /* borrowed */
    struct twilio *twilio;       /* borrowed */
    struct strays *strays;       /* borrowed; NULL: files are left alone */
    struct cm_metric *asked, *given_up;
};

cm_rc sweeper_start(const struct sweeper_options *options, struct sweeper **out,
                    struct cm_err *err) CM_MUSTCHECK;
/** Waits for the question that is being asked. NULL is fine. */
void sweeper_free(struct sweeper *sweeper);
CM_DEFINE_OWN(sweeper, sweeper_free);

/** One sweep, in the caller's thread; for tests too. `stop` may be NULL. CM_RETRY: the database is
 * away; that Twilio is away is no failure, since the next sweep asks again. */
cm_rc sweep(const struct sweeper_options *options, int64_t now_us, bool (*stop)(void *ctx),
            void *ctx, struct cm_err *err) CM_MUSTCHECK;
