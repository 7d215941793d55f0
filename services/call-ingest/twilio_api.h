/* twilio_api.h - asks Twilio's REST API, with the meaning of callbacks.
 *
 * Every URL is built from TWILIO_API_URL, the account and a sid that was checked; nothing that a
 * webhook posted is ever fetched. Redirects are followed without the credentials, to public
 * addresses by https only, or anywhere where TWILIO_API_URL itself is http. Thread: any.
 */
#pragma once
#include "callback.h"
#include "http/twilio_rest.h"

struct twilio; /* opaque */

struct twilio_options {
    struct cm_twilio_rest_options rest;
    int timeout_ms; /* of a question; a recording has its own */
};

struct twilio *twilio_new(const struct twilio_options *options); /* texts are copied */
void twilio_free(struct twilio *twilio);
CM_DEFINE_OWN(twilio, twilio_free);

enum twilio_answer { TWILIO_FOUND, TWILIO_NONE };

/** The call as a status callback with numbers. CM_RETRY: Twilio could not be asked, or not now. */
cm_rc twilio_ask_call(struct twilio *twilio, struct cm_str call_sid, struct cm_arena *arena,
                      struct callback *out, enum twilio_answer *answer,
                      struct cm_err *err) CM_MUSTCHECK;

/** The call's recordings as recording callbacks. TWILIO_NONE: Twilio does not know the call. */
cm_rc twilio_ask_recordings(struct twilio *twilio, struct cm_str call_sid, struct cm_arena *arena,
                            struct callback **out, size_t *count, enum twilio_answer *answer,
                            struct cm_err *err) CM_MUSTCHECK;

struct twilio_media {
    struct cm_str account_sid, recording_sid;
    int fd; /* the MP3 goes there, from its present position on */
    size_t size_max;
    int timeout_ms;
    bool (*stop)(void *ctx);
    void *stop_ctx;
};

/** Fetches a recording, both channels where there are two. `*size`: bytes written; `*channels`: 2
 * or 1, as it was asked for. CM_RETRY: not ready yet, or ill; CM_REJECT: larger than `size_max`, or
 * a forbidden redirect. After a failure anything may have been written. */
cm_rc twilio_fetch_recording(struct twilio *twilio, const struct twilio_media *media,
                             struct cm_arena *arena, uint64_t *size, int *channels,
                             struct cm_err *err) CM_MUSTCHECK;

/** For tests: the callbacks in an answer's body. CM_RETRY: it is no such answer. */
cm_rc twilio_read_call(struct cm_str json, struct cm_arena *arena, struct callback *out,
                       struct cm_err *err) CM_MUSTCHECK;
cm_rc twilio_read_recordings(struct cm_str json, struct cm_arena *arena, struct callback **out,
                             size_t *count, struct cm_err *err) CM_MUSTCHECK;
