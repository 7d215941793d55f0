#include "gateway.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "calls/carrier.h"
#include "desk/try.h"
#include "endpoints.h"
#include "engine/text.h"
#include "live/hub.h"
#include "account/limiter.h"
#include "reply.h"

static const struct cm_setting settings[] = {
    { .name = "HTTP_ADDR",
      .type = CM_SET_ADDR,
      .fallback = "127.0.0.1:8080",
      .help = "Where the API listens." },
    { .name = "API_LOOPS",
      .type = CM_SET_INT,
      .fallback = "2",
      .min = 1,
      .max = GATEWAY_LOOPS_MAX,
      .help = "Event loops, each a thread of its own." },
    { .name = "API_CONNECTIONS",
      .type = CM_SET_INT,
      .fallback = "2",
      .min = 1,
      .max = 64,
      .help = "Connections to the database of each event loop, beside DATABASE_POOL." },
    { .name = "API_QUEUE_MAX",
      .type = CM_SET_INT,
      .fallback = "1024",
      .min = 1,
      .max = 100000,
      .help =
          "Requests of each event loop that may wait for the database; more are answered 503." },
    { .name = "API_WORKERS",
      .type = CM_SET_INT,
      .fallback = "6",
      .min = 1,
      .max = 256,
      .help = "Threads for what waits: logging in, changes, trying analyzers." },
    { .name = "API_CLIENTS_MAX",
      .type = CM_SET_INT,
      .fallback = "4000",
      .min = 16,
      .max = 100000,
      .help = "Client connections; more are answered 503." },
    { .name = "UI_URL",
      .type = CM_SET_URL,
      .choices = "http|https",
      .help =
          "Where browsers reach this service; with https the session's cookie is marked Secure." },
    { .name = "TRUSTED_PROXIES",
      .type = CM_SET_INT,
      .fallback = "0",
      .min = 0,
      .max = 10,
      .help = "How many proxies stand in front, each adding to X-Forwarded-For." },
    { .name = "RECORDINGS_DIR",
      .type = CM_SET_TEXT,
      .help = "The folder with the recordings; needed unless RECORDINGS_URL is file://." },
    { .name = "IMPORT_MAX_BYTES",
      .type = CM_SET_INT,
      .fallback = "67108864",
      .min = 1024,
      .max = INT64_C(1) << 40,
      .help = "An old recording with more bytes is not brought in." },
    { .name = "API_IMPORTS",
      .type = CM_SET_INT,
      .fallback = "4",
      .min = 1,
      .max = 256,
      .help = "Old recordings that are brought in at a time, each a file in RECORDINGS_DIR." },
    { .name = "API_RECORDINGS",
      .type = CM_SET_INT,
      .fallback = "16",
      .min = 1,
      .max = 256,
      .help = "Recordings that are sent from an object store at a time, each a thread." },
    { .name = "SESSION_IDLE_S",
      .type = CM_SET_INT,
      .fallback = "1800",
      .min = 60,
      .max = 2592000,
      .help = "After so many s without a request a session is over." },
    { .name = "SESSION_LIFETIME_S",
      .type = CM_SET_INT,
      .fallback = "43200",
      .min = 60,
      .max = 2592000,
      .help = "After so many s a session is over, used or not." },
    { .name = "LOGIN_ATTEMPTS",
      .type = CM_SET_INT,
      .fallback = "10",
      .min = 1,
      .max = 1000,
      .help = "Log-in attempts in LOGIN_WINDOW_S for one account from one address; ten times as "
              "many from one address." },
    { .name = "LOGIN_WINDOW_S",
      .type = CM_SET_INT,
      .fallback = "900",
      .min = 1,
      .max = 86400,
      .help = "The time in which attempts are counted, in s." },
    { .name = "LOGIN_HASHES",
      .type = CM_SET_INT,
      .fallback = "2",
      .min = 1,
      .max = 64,
      .help =
          "Passwords that are checked at a time; each takes 64 MiB and a core for about 80 ms." },
    { .name = "TRY_TIMEOUT_MS",
      .type = CM_SET_INT,
      .fallback = "30000",
      .min = 1000,
      .max = 600000,
      .help = "How long an analyzer that is tried may take, in milliseconds." },
    { .name = "TRIES_MAX",
      .type = CM_SET_INT,
      .fallback = "2",
      .min = 1,
      .max = 64,
      .help = "Analyzers that are tried on a model over the network at a time; each takes one of "
              "API_WORKERS, of which one is always left." },
    { .name = "LIVE_PAGES_MAX",
      .type = CM_SET_INT,
      .fallback = "1000",
      .min = 1,
      .max = 100000,
      .help = "Open live pages (GET /api/events)." },
    { .name = "LIVE_PAGES_PER_USER",
      .type = CM_SET_INT,
      .fallback = "8",
      .min = 1,
      .max = 1000,
      .help = "Open live pages of one user." },
    { .name = "LIVE_HEARTBEAT_MS",
      .type = CM_SET_INT,
      .fallback = "15000",
      .min = 100,
      .max = 600000,
      .help = "How often a live page hears something, in ms." },
    { .name = "LIVE_RECHECK_MS",
      .type = CM_SET_INT,
      .fallback = "60000",
      .min = 100,
      .max = 600000,
      .help = "How often a live page's session is looked at again, in ms." },
    { 0 },
};

enum {
    LIMITER_KEYS = 16 * 1024,
    ATTEMPTS_BY_ADDRESS = 10,
    STOP_GRACE_MS = 10 * 1000,
    WORKER_QUEUE_MAX = 64
};

static void loop_open(void *ctx, struct cm_loop *loop, unsigned index)
{
    struct gateway *gateway = ctx;
    const struct cm_config *config = cm_service_config(gateway->service);
    struct cm_err err;

    if (cm_pipe_new(loop, cm_config_text(config, "DATABASE_URL"),
                    (int)cm_config_int(config, "API_CONNECTIONS"),
                    (size_t)cm_config_int(config, "API_QUEUE_MAX"),
                    (int)cm_config_int(config, "DATABASE_TIMEOUT_MS"), "api-gateway",
                    cm_service_metrics(gateway->service), &gateway->pipes[index], &err)) {
        cm_log(CM_LOG_ERROR, "an event loop has no database", "loop=%u reason=%s", index, err.msg);
        return;
    }
    hub_lane_open(gateway->hub, loop, index, gateway->pipes[index]);
}

static void loop_close(void *ctx, struct cm_loop *loop, unsigned index)
{
    struct gateway *gateway = ctx;

    (void)loop;
    if (!gateway->pipes[index])
        return;
    hub_lane_close(gateway->hub, index);
    cm_pipe_free(CM_STEAL(gateway->pipes[index]));
}

static cm_rc open_login(struct gateway *gateway, const struct cm_config *config, struct cm_err *err)
{
    struct cm_token nobodys = cm_token_new();
    unsigned attempts = (unsigned)cm_config_int(config, "LOGIN_ATTEMPTS");
    int64_t window_ms = cm_config_int(config, "LOGIN_WINDOW_S") * 1000;

    gateway->by_account = limiter_new(LIMITER_KEYS, attempts, window_ms);
    gateway->by_address = limiter_new(LIMITER_KEYS, ATTEMPTS_BY_ADDRESS * attempts, window_ms);
    sem_init(&gateway->hashes, 0, (unsigned)cm_config_int(config, "LOGIN_HASHES"));
    return cm_password_hash(cm_str_of(nobodys.at), &gateway->nobodys_hash, err);
}

static void gateway_close(void *app)
{
    struct gateway *gateway = app;

    if (!gateway)
        return;

    if (gateway->server)
        cm_http_server_stop(gateway->server, 0);
    carrier_free(gateway->carrier); /* its threads know the server's loops */
    cm_http_server_free(gateway->server);
    hub_free(gateway->hub);
    tries_free(gateway->tries);
    cm_recordings_free(gateway->recordings);
    limiter_free(gateway->by_account);
    limiter_free(gateway->by_address);
    sem_destroy(&gateway->hashes);
    free(gateway);
}

static cm_rc open_recordings(struct gateway *gateway, struct cm_err *err)
{
    const struct cm_config *config = cm_service_config(gateway->service);
    struct cm_metrics *metrics = cm_service_metrics(gateway->service);
    cm_rc rc = cm_recordings_new(config, cm_service_http(gateway->service), metrics,
                                 &gateway->recordings, err);

    if (rc || !cm_recordings_are_remote(gateway->recordings))
        return rc;
    return carrier_new(gateway->recordings, (unsigned)cm_config_int(config, "API_RECORDINGS"),
                       metrics, &gateway->carrier, err);
}

static cm_rc gateway_open(struct cm_service *service, void **app, struct cm_err *err)
{
    const struct cm_config *config = cm_service_config(service);
    struct gateway *gateway = cm_must(calloc(1, sizeof *gateway));
    const char *ui_url = cm_config_text(config, "UI_URL");
    cm_rc rc;

    gateway->service = service;
    gateway->ui_url = cm_str_of(ui_url);
    gateway->secure = cm_str_starts(gateway->ui_url, "https:");
    gateway->cookie = gateway->secure ? "__Host-callmill_session" : "callmill_session";
    gateway->idle_s = (int)cm_config_int(config, "SESSION_IDLE_S");
    gateway->lifetime_s = (int)cm_config_int(config, "SESSION_LIFETIME_S");
    gateway->proxies = (int)cm_config_int(config, "TRUSTED_PROXIES");
    rc = open_recordings(gateway, err);
    if (!rc)
        rc = open_login(gateway, config, err);
    if (!rc)
        rc = tries_new(service, &gateway->tries, err);
    if (rc) {
        gateway_close(gateway);
        return rc;
    }

    *app = gateway;
    return CM_OK;
}

static cm_rc gateway_start(struct cm_service *service, void *app, struct cm_err *err)
{
    const struct cm_config *config = cm_service_config(service);
    struct gateway *gateway = app;
    cm_rc rc;

    rc = hub_new(
        &(struct hub_options){
            .config = config,
            .codec = cm_service_codec(service),
            .metrics = cm_service_metrics(service),
            .viewers_max = (unsigned)cm_config_int(config, "LIVE_PAGES_MAX"),
            .viewers_per_user = (unsigned)cm_config_int(config, "LIVE_PAGES_PER_USER"),
            .heartbeat_ms = (int)cm_config_int(config, "LIVE_HEARTBEAT_MS"),
            .recheck_ms = (int)cm_config_int(config, "LIVE_RECHECK_MS"),
        },
        &gateway->hub, err);
    if (rc)
        return rc;

    return cm_http_server_start(
        &(struct cm_http_options){
            .addr = cm_config_text(config, "HTTP_ADDR"),
            .routes = gateway_routes,
            .lost = show_lost_page,
            .headers = reply_headers,
            .query_fields_once = true,
            .ctx = gateway,
            .loops = (int)cm_config_int(config, "API_LOOPS"),
            .workers = (int)cm_config_int(config, "API_WORKERS"),
            .queue_max = WORKER_QUEUE_MAX,
            .connections_max = (unsigned)cm_config_int(config, "API_CLIENTS_MAX"),
            .long_bodies = { .folder = cm_recordings_folder(gateway->recordings),
                             .max_bytes = (uint64_t)cm_config_int(config, "IMPORT_MAX_BYTES"),
                             .at_a_time = (unsigned)cm_config_int(config, "API_IMPORTS"),
                             .admit = admit_import },
            .metrics = cm_service_metrics(service),
            .loop_open = loop_open,
            .loop_close = loop_close,
        },
        &gateway->server, err);
}

static void gateway_stop(struct cm_service *service, void *app)
{
    struct gateway *gateway = app;

    (void)service;
    hub_stop_reading(gateway->hub);
    if (gateway->server)
        cm_http_server_stop(gateway->server, STOP_GRACE_MS);
}

const struct cm_service_spec api_gateway = {
    .name = "api-gateway",
    .produces =
        (const enum cm_event_kind[]){ EVENT_CALL_STARTED, EVENT_CALL_ENDED, EVENT_CALL_RECORDED,
                                      EVENT_CALL_RERUN_REQUESTED, EVENT_CALL_DELETED, EVENT_NONE },
    .settings = (const struct cm_setting *const[]){ settings, cm_recordings_settings,
                                                    cm_text_settings, NULL },
    .admin_addr = "127.0.0.1:9100",
    .open = gateway_open,
    .start = gateway_start,
    .stop = gateway_stop,
    .close = gateway_close,
};
