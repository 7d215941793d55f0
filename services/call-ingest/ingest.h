/* ingest.h - the service: what its parts share, and its description for the runner.
 *
 * Everything here is made by `open`, borrowed by webhooks, downloads and the sweeper, and freed by
 * `close`. It never changes in between. Thread: any may read.
 */
#pragma once
#include "engine/recordings.h"
#include "http/twilio_signature.h"
#include "intake.h"
#include "service/service.h"
#include "sweeper.h"
#include "twilio_api.h"

struct ingest {
    struct cm_service *service;
    const struct cm_config *config;
    const char *public_url;         /* without a slash at its end */
    const char *account_sid;        /* NULL: not configured, so every webhook is refused */
    const char *recording_callback; /* absolute, with the fragment of overrides */
    const char *stream_url;         /* NULL: calls are not streamed */
    const char *stream_callback;    /* absolute */
    const char *stream_fallback;    /* NULL: a plain one */
    int message_s;
    struct intake intake;
    struct cm_twilio_keys *keys;
    struct twilio *twilio;
    struct cm_recordings *recordings;
    struct strays *strays; /* NULL: SWEEP_FILES=none */
    struct sweeper *sweeper;
    struct cm_http_server *server;
    struct cm_metric *accepted, *refused, *kept, *not_ours; /* webhooks */
    struct cm_arena *arena;                                 /* owns the texts */
};

extern const struct cm_service_spec call_ingest;
extern const struct cm_setting ingest_settings[];
