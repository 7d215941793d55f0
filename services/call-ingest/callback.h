/* callback.h - what Twilio says about a call, read and checked.
 *
 * A callback comes from a webhook's form or, with the same meaning, from an answer of the REST API
 * (twilio_api.h); whoever applies it (intake.h) sees no difference but `source`. Sids are checked
 * against their patterns here, before anything is looked up or named by them. Thread: any.
 */
#pragma once
#include "base/sid.h"
#include "base/error.h"
#include "event/event.h"
#include "http/form.h"

enum callback_kind { CALLBACK_VOICE, CALLBACK_STATUS, CALLBACK_RECORDING, CALLBACK_STREAM };

enum callback_source {
    SOURCE_WEBHOOK, /* Twilio posted it */
    SOURCE_TWILIO,  /* Twilio was asked */
    SOURCE_STREAM,  /* its media stream began: live-session says so, by its own clock */
    SOURCE_SWEEPER, /* nobody knows any more: given up */
};

/* In the order in which a call goes through them; the last five are ends. */
enum call_status {
    CALL_QUEUED,
    CALL_INITIATED,
    CALL_RINGING,
    CALL_IN_PROGRESS,
    CALL_COMPLETED,
    CALL_BUSY,
    CALL_FAILED,
    CALL_NO_ANSWER,
    CALL_CANCELED,
};

enum recording_status {
    RECORDING_IN_PROGRESS,
    RECORDING_COMPLETED,
    RECORDING_ABSENT,
    RECORDING_FAILED
};
enum stream_event { STREAM_STARTED, STREAM_STOPPED, STREAM_ERROR };

struct callback { /* views are lent by what was parsed */
    enum callback_kind kind;
    enum callback_source source;
    struct cm_str call_sid, account_sid;
    bool has_numbers;       /* recording and stream callbacks have none */
    struct cm_str from, to; /* as sent */
    bool outbound;

    enum call_status status; /* voice, status */
    int64_t sequence;        /* -1: it had none */
    struct cm_opt_i64 at_us; /* when it happened, by Twilio's clock */
    struct cm_opt_i64 duration_ms;

    struct cm_str recording_sid, recording_source;
    enum recording_status recording_status;
    struct cm_opt_i64 channels, recording_duration_ms;
    int64_t error_code; /* 0: none */

    struct cm_str stream_sid, stream_error;
    enum stream_event stream_event;
};

/** Reads a webhook's fields. CM_REJECT: names the field that is missing or no such thing. */
cm_rc callback_read(enum callback_kind kind, const struct cm_form_field *fields, size_t count,
                    struct callback *out, struct cm_err *err) CM_MUSTCHECK;

bool call_status_read(struct cm_str text, enum call_status *out);
const char *call_status_text(enum call_status status);
bool call_status_is_end(enum call_status status);
bool recording_status_read(struct cm_str text, enum recording_status *out); /* the REST API's too */
const char *stream_event_text(enum stream_event event);
const char *callback_kind_text(enum callback_kind kind); /* voice | status | recording | stream */
const char *callback_source_text(enum callback_source source); /* webhook | ... */
