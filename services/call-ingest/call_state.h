/* call_state.h - what became of a call, from all that was said about it.
 *
 * Vocabulary: a *saying* is one statement about a call's status: a callback, an answer of Twilio's
 * REST API, the beginning of its media stream, or the sweeper's own when it gave up. The state is a
 * function of the set of sayings: no order in which they came, and no repetition, can make a
 * difference; one more can only move the status forward. Pure; Thread: any.
 */
#pragma once
#include "callback.h"

struct saying {
    enum call_status status;
    enum callback_source source;
    int64_t sequence; /* Twilio's; -1: it had none */
    int64_t at_us;    /* when it happened, or came where Twilio did not say */
    bool is_timed;    /* at_us is Twilio's */
    struct cm_opt_i64 duration_ms;
};

struct call_state {
    enum call_status status;
    struct cm_opt_i64 started_at_us, ended_at_us, duration_ms;
};

/** `count` is at least 1. */
struct call_state call_state_of(const struct saying *sayings, size_t count);
