/* live.h - the service: what its parts share, and its description for the runner.
 *
 * Made by `open`, borrowed by lines, never changed in between. Thread: any may read.
 *
 *     Twilio == line == realtime model       exchange.h: the lines of a loop
 *               |  |                           line.h: one call; session.h: what follows of what
 *               |  ear -> captions' workers    ear.h: one speaker; captions.h: who writes down
 *             scribe -> PostgreSQL, outbox     scribe.h; keeper.h: what ends elsewhere
 */
#pragma once
#include "acts.h"
#include "captions.h"
#include "exchange.h"
#include "http/twilio_signature.h"
#include "http/ws/ws_server.h"
#include "keeper.h"
#include "roll.h"
#include "scribe.h"
#include "service/service.h"
#include "session.h"

struct live_metrics {
    struct cm_metric *lines[2];   /* open now, by session_kind */
    struct cm_metric *refused[5]; /* by live_answer */
    struct cm_metric *unsigned_upgrades, *ended[END_REFUSED + 1];
};

struct live {
    struct cm_service *service;
    struct cm_arena *arena; /* owns the texts */
    struct cm_twilio_keys *keys;
    struct cm_str stream_url, stream_path;
    const char *account_sid; /* NULL: not configured, so every stream is refused */
    bool token_required;
    struct cm_uuid holder_id;
    const char *model_url; /* with ?model=; NULL: no model is configured */
    const char *model_name;
    struct live_engine assistant, transcriber; /* what hears a call of each kind */
    const char **model_headers;
    int model_connect_ms;
    struct cm_ws_limits model_limits, stream_limits;
    int64_t captions_grace_ms;
    struct session_options session;
    struct session_metrics session_metrics;
    struct live_metrics metrics;

    struct cm_speech *speech; /* NULL: CAPTIONS=off */
    struct captions *captions;
    struct scribe *scribe;
    struct acts *acts;
    struct keeper *keeper;
    struct cm_ws_server *server;
    struct roll roll;
};

/** metrics.c: the series of lines and sessions. */
void live_open_metrics(struct live *live, struct cm_metrics *m);

extern const struct cm_service_spec live_session;
extern const struct cm_setting live_settings[];
