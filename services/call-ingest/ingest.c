#include "ingest.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "download.h"
#include "forget.h"
#include "webhooks.h"

#define SECONDS_UP_TO(n, dflt, low, high, h)                                                       \
    {                                                                                              \
        .name = (n), .type = CM_SET_INT, .fallback = (dflt), .min = (low), .max = (high),          \
        .help = (h)                                                                                \
    }
#define SECONDS(n, dflt, low, h) SECONDS_UP_TO(n, dflt, low, 2592000, h)
#define COUNT(n, dflt, high, h)                                                                    \
    {                                                                                              \
        .name = (n), .type = CM_SET_INT, .fallback = (dflt), .min = 1, .max = (high), .help = (h)  \
    }

const struct cm_setting ingest_settings[] = {
    { .name = "HTTP_ADDR",
      .type = CM_SET_ADDR,
      .fallback = "127.0.0.1:8081",
      .help = "Where Twilio's webhooks are listened for." },
    { .name = "PUBLIC_URL",
      .type = CM_SET_URL,
      .choices = "http|https",
      .required = true,
      .help = "How Twilio reaches HTTP_ADDR: every signature is checked against it." },
    { .name = "TWILIO_ACCOUNT_SID",
      .type = CM_SET_TEXT,
      .min = 34,
      .max = 34,
      .help = "The account whose webhooks are taken and whose recordings are fetched." },
    { .name = "TWILIO_AUTH_TOKEN",
      .type = CM_SET_TEXT,
      .secret = true,
      .help = "Its auth token, or several, comma separated, while rotating; unset: every webhook "
              "is refused." },
    { .name = "TWILIO_SHARED_KEYS",
      .type = CM_SET_TEXT,
      .secret = true,
      .help = "Keys of webhooks signed with HMAC-SHA256, as id:secret, comma separated." },
    { .name = "TWILIO_API_URL",
      .type = CM_SET_URL,
      .choices = "http|https",
      .fallback = "https://api.twilio.com",
      .help = "Twilio's REST API." },
    { .name = "TWILIO_API_TIMEOUT_MS",
      .type = CM_SET_INT,
      .fallback = "10000",
      .min = 100,
      .max = 120000,
      .help = "How long an answer of Twilio's REST API may take, in milliseconds." },
    { .name = "TWILIO_CALLBACK_OVERRIDES",
      .type = CM_SET_TEXT,
      .fallback = "rc=3&rp=all",
      .help = "Connection overrides for the recording callback's URL (behind its #); empty: "
              "Twilio's own." },
    { .name = "MESSAGE_MAX_S",
      .type = CM_SET_INT,
      .fallback = "120",
      .max = 3600,
      .help =
          "How long a greeted caller may speak, in seconds; 0: the call ends after the greeting." },
    { .name = "STREAM_URL",
      .type = CM_SET_URL,
      .choices = "wss|ws",
      .help = "Where Twilio opens a call's media stream, such as wss://host/twilio/stream: how it "
              "reaches live-session. Twilio drops a query. Unset: calls are not streamed." },
    SECONDS_UP_TO("STREAM_TOKEN_S", "60", 1, 3600,
                  "How long the answer to a voice webhook gives the right to open the call's media "
                  "stream, in seconds."),
    { .name = "REALTIME_URL",
      .type = CM_SET_URL,
      .choices = "wss|ws|https|http",
      .help = "As live-session has it; here only whether it is set counts: then its model answers "
              "for numbers that have an assistant and forward nothing." },
    { .name = "STREAM_FALLBACK",
      .type = CM_SET_TEXT,
      .min = 1,
      .max = 2000,
      .help = "What a caller hears when the model's stream has closed and the call goes on; unset: "
              "an excuse, and where the number records, the invitation to leave a message." },
    COUNT("HTTP_WORKERS", "16", 512, "Webhooks worked on at a time."),
    COUNT("HTTP_QUEUE_MAX", "1024", 65536, "Webhooks waiting for a worker; more are answered 503."),
    COUNT("HTTP_CONNECTIONS_MAX", "4000", 65536, "Connections at a time."),
    SECONDS("SWEEP_INTERVAL_S", "60", 1,
            "Pause between two sweeps for what never came, in seconds."),
    SECONDS("SWEEP_CALL_AFTER_S", "900", 1,
            "A call silent for so long is asked about, in seconds."),
    SECONDS("SWEEP_RECORDING_AFTER_S", "300", 1,
            "A recording not announced so long after its call is asked about, in seconds."),
    SECONDS("SWEEP_PENDING_AFTER_S", "30", 1,
            "The call of a callback kept for so long is asked about, in seconds."),
    SECONDS("SWEEP_GIVE_UP_S", "86400", 60,
            "After so long a call or recording is brought to its end without Twilio's word, in "
            "seconds"),
    COUNT("SWEEP_BATCH_MAX", "50", 1000, "Calls of each kind that one sweep asks about."),
    { .name = "SWEEP_FILES",
      .type = CM_SET_CHOICE,
      .fallback = "deleted",
      .choices = "deleted|unknown|none",
      .help = "Whose recordings are removed that outlived their call: those of calls that the "
              "database remembers as deleted; unknown: also of those that it has never heard of." },
    SECONDS("SWEEP_FILE_AFTER_S", "86400", 60,
            "A recording untouched for so long may have outlived its call, in seconds."),
    COUNT("SWEEP_FILES_MAX", "1000", 100000, "Kept recordings that one sweep looks at."),
    SECONDS("RETENTION_INTERVAL_S", "60", 1,
            "Pause between two deletions of calls that their organization keeps no longer, in "
            "seconds; SWEEP_INTERVAL_S at least."),
    COUNT("RETENTION_BATCH_MAX", "2000", 100000, "Calls that one of them deletes."),
    { 0 },
};

/* ---- open and close ---- */

/* Nothing to check against is a configuration that refuses every webhook, and should not be a
 * surprise. */
static cm_rc check_account(const struct ingest *app, struct cm_err *err)
{
    bool token = cm_config_is_set(app->config, "TWILIO_AUTH_TOKEN");

    if (app->account_sid && !cm_is_sid(cm_str_of(app->account_sid), "AC"))
        return cm_fail(err, CM_FATAL, "TWILIO_ACCOUNT_SID '%s' is not AC and 32 hexadecimal digits",
                       app->account_sid);
    if (!app->account_sid || !token)
        cm_log(CM_LOG_WARN, "webhooks will be refused and recordings not fetched",
               "reason=TWILIO_ACCOUNT_SID_or_TWILIO_AUTH_TOKEN_is_not_set");
    return CM_OK;
}

static cm_rc open_stream(struct ingest *app, struct cm_err *err)
{
    const struct cm_config *config = app->config;
    bool assistants = cm_config_is_set(config, "REALTIME_URL");

    app->stream_url = cm_config_text(config, "STREAM_URL");
    app->stream_fallback = cm_config_text(config, "STREAM_FALLBACK");
    app->stream_callback =
        cm_arena_printf(app->arena, "%s/twilio/stream-status", app->public_url).at;
    if (assistants && !app->stream_url)
        cm_log(CM_LOG_WARN, "no assistant will answer",
               "reason=REALTIME_URL_is_set_and_STREAM_URL_is_not");
    if (!app->stream_url)
        return CM_OK;
    if (strpbrk(app->stream_url, "?#"))
        return cm_fail(
            err, CM_FATAL,
            "STREAM_URL '%s' has a query or a fragment: Twilio drops it, so leave it out",
            app->stream_url);

    app->intake.token_us = cm_config_int(config, "STREAM_TOKEN_S") * CM_US_PER_SEC;
    app->intake.assistants = assistants;
    return CM_OK;
}

static void open_texts(struct ingest *app)
{
    const char *overrides = cm_config_text(app->config, "TWILIO_CALLBACK_OVERRIDES");
    const char *hash = overrides && *overrides ? "#" : "";

    app->public_url = cm_arena_text(
        app->arena, cm_str_trim_end(cm_str_of(cm_config_text(app->config, "PUBLIC_URL")), '/'));
    app->account_sid = cm_config_text(app->config, "TWILIO_ACCOUNT_SID");
    app->message_s = (int)cm_config_int(app->config, "MESSAGE_MAX_S");
    app->recording_callback = cm_arena_printf(app->arena, "%s/twilio/recording%s%s",
                                              app->public_url, hash, *hash ? overrides : "")
                                  .at;
}

static void open_metrics(struct ingest *app)
{
    struct cm_metrics *m = cm_service_metrics(app->service);
    static const char name[] = "callmill_webhooks_total",
                      help[] = "Webhooks by what became of them";

    app->accepted = cm_counter(m, name, help, "outcome=\"applied\"");
    app->kept = cm_counter(m, name, help, "outcome=\"kept\"");
    app->not_ours = cm_counter(m, name, help, "outcome=\"unknown_number\"");
    app->refused = cm_counter(m, name, help, "outcome=\"refused\"");
}

static void close_ingest(void *at)
{
    struct ingest *app = at;

    if (!app)
        return;
    cm_http_server_free(app->server);
    sweeper_free(app->sweeper);
    strays_free(app->strays);
    twilio_free(app->twilio);
    cm_recordings_free(app->recordings);
    cm_twilio_keys_free(app->keys);
    cm_arena_free(app->arena);
    free(app);
}

static cm_rc open_parts(struct ingest *app, struct cm_err *err)
{
    const struct cm_config *config = app->config;
    struct twilio_options twilio = {
        .rest = { .client = cm_service_http(app->service),
                  .api_url = cm_config_text(config, "TWILIO_API_URL"),
                  .account_sid = app->account_sid,
                  .auth_tokens = cm_config_text(config, "TWILIO_AUTH_TOKEN") },
        .timeout_ms = (int)cm_config_int(config, "TWILIO_API_TIMEOUT_MS"),
    };
    cm_rc rc = check_account(app, err);

    if (!rc)
        rc = open_stream(app, err);
    if (!rc)
        rc = cm_recordings_new(config, cm_service_http(app->service),
                               cm_service_metrics(app->service), &app->recordings, err);
    if (!rc)
        rc = cm_twilio_keys_new(cm_config_text(config, "TWILIO_AUTH_TOKEN"),
                                cm_config_text(config, "TWILIO_SHARED_KEYS"),
                                cm_config_text(config, "TWILIO_CALLBACK_OVERRIDES"), &app->keys,
                                err);
    if (rc)
        return rc;
    app->twilio = twilio_new(&twilio);
    return CM_OK;
}

static cm_rc open_ingest(struct cm_service *service, void **out, struct cm_err *err)
{
    struct ingest *app = cm_must(calloc(1, sizeof *app));
    cm_rc rc;

    app->arena = cm_arena_new();
    app->service = service;
    app->config = cm_service_config(service);
    app->intake = (struct intake){ .db = cm_service_db(service), .service = service };
    open_texts(app);
    open_metrics(app);
    rc = open_parts(app, err);
    if (rc) {
        close_ingest(app);
        return rc;
    }
    *out = app;
    return CM_OK;
}

/* ---- start and stop ---- */

static struct strays *make_strays(const struct ingest *app)
{
    const struct cm_config *config = app->config;
    struct cm_metrics *m = cm_service_metrics(app->service);
    const char *which = cm_config_text(config, "SWEEP_FILES");
    const struct strays_options options = {
        .recordings = app->recordings,
        .after_us = cm_config_int(config, "SWEEP_FILE_AFTER_S") * CM_US_PER_SEC,
        .files_max = (int)cm_config_int(config, "SWEEP_FILES_MAX"),
        .unknown_too = strcmp(which, "unknown") == 0,
        .removed = cm_counter(m, "callmill_stray_recordings_removed_total",
                              "Recordings that outlived their call and were removed.", NULL),
        .unknown = cm_gauge(m, "callmill_unknown_recordings",
                            "Recordings of calls that the database has never heard of.", NULL),
    };

    return strcmp(which, "none") == 0 ? NULL : strays_new(&options);
}

static struct sweeper_options sweeper_options_of(const struct ingest *app)
{
    const struct cm_config *config = app->config;
    struct cm_metrics *m = cm_service_metrics(app->service);

    return (struct sweeper_options){
        .sweep = { .call_after_us = cm_config_int(config, "SWEEP_CALL_AFTER_S") * CM_US_PER_SEC,
                   .recording_after_us =
                       cm_config_int(config, "SWEEP_RECORDING_AFTER_S") * CM_US_PER_SEC,
                   .pending_after_us =
                       cm_config_int(config, "SWEEP_PENDING_AFTER_S") * CM_US_PER_SEC,
                   .give_up_us = cm_config_int(config, "SWEEP_GIVE_UP_S") * CM_US_PER_SEC,
                   .batch_max = (int)cm_config_int(config, "SWEEP_BATCH_MAX") },
        .interval_ms = cm_config_int(config, "SWEEP_INTERVAL_S") * 1000,
        .retention = { .intake = &app->intake,
                       .batch_max = (int)cm_config_int(config, "RETENTION_BATCH_MAX"),
                       .expired = cm_counter(m, "callmill_calls_expired_total",
                                             "Calls deleted as their organization keeps them no "
                                             "longer",
                                             NULL) },
        .retention_interval_ms = cm_config_int(config, "RETENTION_INTERVAL_S") * 1000,
        .intake = &app->intake,
        .twilio = app->twilio,
        .strays = app->strays,
        .asked = cm_counter(m, "callmill_sweeps_asked_total",
                            "Questions to Twilio about what never came", NULL),
        .given_up = cm_counter(m, "callmill_sweeps_given_up_total",
                               "What was brought to its end unheard", NULL),
    };
}

static cm_rc start_ingest(struct cm_service *service, void *at, struct cm_err *err)
{
    struct ingest *app = at;
    struct sweeper_options sweeper;
    struct cm_http_options http = {
        .addr = cm_config_text(app->config, "HTTP_ADDR"),
        .routes = webhook_routes,
        .ctx = app,
        .loops = 1,
        .workers = (int)cm_config_int(app->config, "HTTP_WORKERS"),
        .queue_max = (size_t)cm_config_int(app->config, "HTTP_QUEUE_MAX"),
        .connections_max = (unsigned)cm_config_int(app->config, "HTTP_CONNECTIONS_MAX"),
        .close_always = true,
        .metrics = cm_service_metrics(service),
    };
    cm_rc rc = cm_http_server_start(&http, &app->server, err);

    if (rc)
        return cm_err_wrap(err, "HTTP_ADDR");
    app->strays = make_strays(app);
    sweeper = sweeper_options_of(app);
    return sweeper_start(&sweeper, &app->sweeper, err);
}

static void stop_ingest(struct cm_service *service, void *at)
{
    struct ingest *app = at;

    if (app->server) /* not when the start failed */
        cm_http_server_stop(app->server,
                            (int)cm_config_int(cm_service_config(service), "GRACE_MS"));
    sweeper_free(app->sweeper);
    app->sweeper = NULL;
}

const struct cm_service_spec call_ingest = {
    .name = "call-ingest",
    .routes = (const struct cm_route[]){ { .consumes = EVENT_RECORDING_AVAILABLE,
                                           .prepare = download_recording,
                                           .persist = store_recording,
                                           .step = "record" },
                                         { .consumes = EVENT_CALL_DELETED, .prepare = forget_call },
                                         { 0 } },
    .produces = (const enum cm_event_kind[]){ EVENT_CALL_STARTED, EVENT_CALL_ENDED,
                                              EVENT_RECORDING_AVAILABLE, EVENT_CALL_RECORDED,
                                              EVENT_CALL_DELETED, EVENT_NONE },
    .settings = (const struct cm_setting *const[]){ ingest_settings, download_settings,
                                                    cm_recordings_settings, NULL },
    .admin_addr = "127.0.0.1:9101",
    .open = open_ingest,
    .start = start_ingest,
    .stop = stop_ingest,
    .close = close_ingest,
};
