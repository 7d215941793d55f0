/* acts.h - what Twilio is asked to do with a call that is on the line: end it, or forward it.
 *
 * By Twilio's REST API (a call is updated with Status=completed, or with TwiML of its own), in
 * threads that may wait. Every URL is built from TWILIO_API_URL, the account and a sid that was
 * checked. A call that is over already counts as done.
 */
#pragma once
#include "base/loop.h"
#include "http/twilio_rest.h"

struct acts; /* opaque */

struct acts_options {
    struct cm_twilio_rest_options twilio;
    int timeout_ms;
    int workers;
    size_t queue_max;
};

struct acts *acts_start(const struct acts_options *options);
void acts_free(struct acts *acts); /* what waits is answered with false first; NULL is fine */

/** Answered once, in `loop`. */
typedef void acts_done(void *ctx, bool done);
/** false: too many wait. */
bool acts_hang_up(struct acts *acts, struct cm_str call_sid, struct cm_loop *loop, acts_done *done,
                  void *ctx);
/** `number` is E.164. */
bool acts_forward(struct acts *acts, struct cm_str call_sid, struct cm_str number,
                  struct cm_loop *loop, acts_done *done, void *ctx);
