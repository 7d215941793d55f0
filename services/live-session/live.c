#include "live.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sid.h"
#include "line.h"

enum { BEGIN_MAX_MS = 5000, LEAVE_MS = 10000, SCRIBE_GRACE_MS = 10000, CAPTIONS_GRACE_MS = 15000 };
enum { TWILIO_MEDIA_MS = 20 }; /* of sound in one of its messages */

/* ---- open and close ---- */

static cm_rc open_account(struct live *live, const struct cm_config *config, struct cm_err *err)
{
    const char *tokens = cm_config_text(config, "TWILIO_AUTH_TOKEN");

    live->account_sid = cm_config_text(config, "TWILIO_ACCOUNT_SID");
    if (live->account_sid && !cm_is_sid(cm_str_of(live->account_sid), "AC"))
        return cm_fail(err, CM_FATAL, "TWILIO_ACCOUNT_SID '%s' is not AC and 32 hexadecimal digits",
                       live->account_sid);
    if (!live->account_sid || !tokens)
        cm_log(CM_LOG_WARN, "streams will be refused",
               "reason=TWILIO_ACCOUNT_SID_or_TWILIO_AUTH_TOKEN_is_not_set");
    return cm_twilio_keys_new(tokens, cm_config_text(config, "TWILIO_SHARED_KEYS"), NULL,
                              &live->keys, err);
}

/* The path of "wss://host:port/path". */
static struct cm_str path_of(struct cm_str url)
{
    size_t at;

    if (cm_str_find(url, "://", &at))
        url = (struct cm_str){ url.at + at + 3, url.len - at - 3 };
    if (!cm_str_find(url, "/", &at))
        return CM_STR("/");
    return (struct cm_str){ url.at + at, url.len - at };
}

static void open_stream(struct live *live, const struct cm_config *config)
{
    live->stream_url = cm_str_of(cm_config_text(config, "STREAM_URL"));
    live->stream_path = path_of(live->stream_url);
    live->token_required = cm_config_bool(config, "STREAM_TOKEN_REQUIRED");
    live->stream_limits = (struct cm_ws_limits){
        .message_max = (size_t)cm_config_int(config, "STREAM_MESSAGE_MAX_BYTES"),
        .queue_max = (size_t)cm_config_int(config, "STREAM_QUEUE_MAX_BYTES"),
    };
    live->captions_grace_ms = CAPTIONS_GRACE_MS;
}

static cm_rc open_model(struct live *live, const struct cm_config *config, struct cm_err *err)
{
    const char *url = cm_config_text(config, "REALTIME_URL");
    const char *key = cm_config_text(config, "REALTIME_API_KEY");
    const char *name = cm_config_text(config, "REALTIME_MODEL");

    live->model_name = name;
    live->model_connect_ms = (int)cm_config_int(config, "REALTIME_CONNECT_MS");
    live->model_limits = (struct cm_ws_limits){
        .message_max = (size_t)cm_config_int(config, "REALTIME_MESSAGE_MAX_BYTES"),
        .queue_max = (size_t)cm_config_int(config, "REALTIME_QUEUE_MAX_BYTES"),
    };
    if (!url)
        return CM_OK;
    for (const char *c = name ? name : ""; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/:@", *c))
            return cm_fail(err, CM_FATAL,
                           "REALTIME_MODEL '%s' has a character that no model's name has", name);
    live->model_url = !name ? url
                            : cm_arena_printf(live->arena, "%s%cmodel=%s", url,
                                              strchr(url, '?') ? '&' : '?', name)
                                  .at;
    live->model_headers = CM_NEW_N(live->arena, const char *, 2);
    if (key)
        live->model_headers[0] = cm_arena_printf(live->arena, "Authorization: Bearer %s", key).at;
    return CM_OK;
}

static enum realtime_dialect dialect_of(const char *name)
{
    if (strcmp(name, "ga") == 0)
        return DIALECT_GA;
    return strcmp(name, "beta") == 0 ? DIALECT_BETA : DIALECT_AUTO;
}

static void open_session_options(struct live *live, const struct cm_config *config)
{
    const char *audio = cm_config_text(config, "REALTIME_AUDIO");
    struct cm_str rate = cm_str_of(audio), codec;
    int64_t pcm_rate = 0; /* behind "pcm16@" */
    int64_t append_ms = 0;
    const char *voice = cm_config_text(config, "REALTIME_VOICE");
    const char *transcriber = cm_config_text(config, "REALTIME_TRANSCRIBER");

    if (cm_str_split(&rate, '@', &codec))
        (void)cm_str_i64(rate, 1, 48000, &pcm_rate);
    (void)cm_str_i64(cm_str_of(cm_config_text(config, "REALTIME_APPEND_MS")), 1, 1000, &append_ms);
    live->session = (struct session_options){
        .dialect = dialect_of(cm_config_text(config, "REALTIME_DIALECT")),
        .pcm_rate = (int)pcm_rate,
        .append_ms = append_ms > TWILIO_MEDIA_MS ? (int)append_ms : 0,
        .model = live->model_name ? live->model_name : "",
        .transcriber = transcriber ? transcriber : "",
        .voice = voice ? voice : "",
        .start_ms = (int)cm_config_int(config, "STREAM_START_MS"),
        .silence_ms = (int)cm_config_int(config, "STREAM_SILENCE_MS"),
        .model_ms = (int)cm_config_int(config, "REALTIME_READY_MS"),
        .limit_ms = (int)cm_config_int(config, "REALTIME_LIMIT_S") * 1000,
        .farewell_ms = (int)cm_config_int(config, "REALTIME_FAREWELL_S") * 1000,
        .epoch_ms = cm_now_us() / 1000 - cm_mono_ms(),
        .metrics = &live->session_metrics,
    };
}

static cm_rc open_captions(struct live *live, const struct cm_config *config, struct cm_err *err)
{
    cm_rc rc;

    live->assistant = (struct live_engine){ CM_STR("realtime"), cm_str_of(live->model_name) };
    if (!cm_config_bool(config, "CAPTIONS"))
        return CM_OK;
    rc = cm_speech_open(config, cm_service_http(live->service), &live->speech, err);
    if (rc)
        return cm_err_wrap(err, "captions (CAPTIONS=off does without)");
    live->transcriber =
        (struct live_engine){ cm_str_of(live->speech->engine), cm_str_of(live->speech->model) };
    return captions_start(config, live->speech, cm_service_metrics(live->service), &live->captions,
                          err);
}

static void close_live(void *app)
{
    struct live *live = app;

    if (!live)
        return;
    cm_ws_server_free(live->server);
    keeper_free(live->keeper);
    acts_free(live->acts);
    scribe_free(live->scribe);
    captions_free(live->captions);
    cm_speech_free(live->speech);
    cm_twilio_keys_free(live->keys);
    cm_arena_free(live->arena);
    roll_close(&live->roll);
    free(live);
}

static cm_rc open_live(struct cm_service *service, void **app, struct cm_err *err)
{
    const struct cm_config *config = cm_service_config(service);
    struct live *live = cm_must(calloc(1, sizeof *live));
    cm_rc rc;

    live->service = service;
    live->arena = cm_arena_new();
    roll_open(&live->roll);
    live->holder_id = cm_uuid_v7(cm_now_us());
    open_stream(live, config);
    rc = open_account(live, config, err);
    if (!rc)
        rc = open_model(live, config, err);
    if (!rc)
        rc = open_captions(live, config, err);
    if (!rc)
        rc = keeper_begin(service, live->holder_id, err);
    if (rc) {
        close_live(live);
        return rc;
    }
    live_open_metrics(live, cm_service_metrics(service));
    open_session_options(live, config);
    *app = live;
    return CM_OK;
}

/* ---- the listener ---- */

static struct cm_str header(const struct cm_ws_request *rq, const char *name)
{
    struct cm_str value = { 0 };

    return cm_ws_request_header(rq, name, &value) ? value : (struct cm_str){ 0 };
}

/* With or without a slash at its end, as the signature is looked at. */
static bool is_stream_path(const struct live *live, struct cm_str path)
{
    return cm_str_eq(cm_str_trim_end(path, '/'), cm_str_trim_end(live->stream_path, '/'));
}

static unsigned admit(void *ctx, const struct cm_ws_request *rq)
{
    struct live *live = ctx;
    CM_OWN(cm_arena) arena = NULL;
    enum cm_twilio_answer answer;

    if (!is_stream_path(live, rq->path))
        return 404;
    arena = cm_arena_new();
    answer = cm_twilio_check_upgrade(live->keys, live->stream_url, header(rq, "X-Twilio-Signature"),
                                     header(rq, "X-Twilio-Webhooks-Signature-Settings"), arena);
    if (answer == SIGNATURE_GOOD)
        return 101;
    cm_metric_add(live->metrics.unsigned_upgrades, 1);
    cm_log(CM_LOG_WARN, "stream refused", "reason=%s url=%.*s peer=%.*s",
           cm_twilio_answer_text(answer), CM_STR_FMT(live->stream_url), CM_STR_FMT(rq->peer));
    return 403;
}

static void opened(void *ctx, struct cm_ws *ws, const struct cm_ws_request *rq)
{
    struct live *live = ctx;
    struct exchange *exchange = roll_find(&live->roll, cm_ws_loop(ws));

    (void)rq;
    if (exchange)
        line_open(exchange, ws);
    else
        cm_ws_abort(ws);
}

static void loop_open(void *ctx, struct cm_loop *loop, unsigned index)
{
    struct live *live = ctx;
    struct exchange *exchange = NULL;
    struct cm_err err;

    if (exchange_open(live, loop, &exchange, &err))
        cm_log(CM_LOG_ERROR, "an event loop takes no streams", "loop=%u reason=%s", index, err.msg);
    roll_set(&live->roll, index, exchange);
}

static void loop_close(void *ctx, struct cm_loop *loop, unsigned index)
{
    struct live *live = ctx;
    struct exchange *exchange = roll_find(&live->roll, loop);

    roll_set(&live->roll, index, NULL);
    exchange_close(exchange);
}

static enum session_end end_of(enum live_over_how how)
{
    switch (how) {
    case LIVE_OVER_BY_STATUS:
        return END_CALL_ENDED;
    case LIVE_OVER_BY_STREAM:
        return END_STREAM_ERROR;
    case LIVE_OVER_GONE:
        break;
    }
    return END_LOST;
}

static void over(void *ctx, const struct live_over *session)
{
    struct live *live = ctx;

    roll_end(&live->roll, &session->session_id, end_of(session->how));
}

static struct cm_uuid *held(void *ctx, struct cm_arena *arena, size_t *count)
{
    struct live *live = ctx;

    return roll_held(&live->roll, arena, count);
}

/* ---- start and stop ---- */

static void start_parts(struct live *live, const struct cm_config *config)
{
    struct cm_service *service = live->service;

    live->scribe = scribe_start(&(struct scribe_options){
        .service = service,
        .workers = (int)cm_config_int(config, "LIVE_WORKERS"),
        .queue_max = (size_t)cm_config_int(config, "LIVE_QUEUE_MAX"),
        .begin_max_ms = BEGIN_MAX_MS,
    });
    live->acts = acts_start(&(struct acts_options){
        .twilio = { .client = cm_service_http(service),
                    .api_url = cm_config_text(config, "TWILIO_API_URL"),
                    .account_sid = live->account_sid,
                    .auth_tokens = cm_config_text(config, "TWILIO_AUTH_TOKEN") },
        .timeout_ms = (int)cm_config_int(config, "TWILIO_API_TIMEOUT_MS"),
        .workers = 2,
        .queue_max = 256,
    });
}

static cm_rc start_live(struct cm_service *service, void *app, struct cm_err *err)
{
    const struct cm_config *config = cm_service_config(service);
    struct live *live = app;
    cm_rc rc;

    start_parts(live, config);
    rc = cm_ws_server_start(
        &(struct cm_ws_server_options){
            .addr = cm_config_text(config, "HTTP_ADDR"),
            .loops = (int)cm_config_int(config, "LIVE_LOOPS"),
            .connections_max = (unsigned)cm_config_int(config, "LIVE_STREAMS_MAX"),
            .limits = live->stream_limits,
            .ctx = live,
            .admit = admit,
            .opened = opened,
            .loop_open = loop_open,
            .loop_close = loop_close,
            .metrics = cm_service_metrics(service),
        },
        &live->server, err);
    if (rc)
        return cm_err_wrap(err, "HTTP_ADDR");
    live->keeper = keeper_start(&(struct keeper_options){
        .service = service,
        .holder_id = live->holder_id,
        .beat_ms = cm_config_int(config, "HOLDER_BEAT_MS"),
        .lost_ms = cm_config_int(config, "HOLDER_LOST_MS"),
        .held = held,
        .over = over,
        .ctx = live,
    });
    return CM_OK;
}

/* New streams are refused first; calls on the line may end by themselves; what is left then goes on
 * with the TwiML behind the stream. What lines told is written before the service leaves. */
static void stop_live(struct cm_service *service, void *app)
{
    struct live *live = app;
    int64_t grace_ms = cm_config_int(cm_service_config(service), "GRACE_MS");

    if (!live->server) /* the start failed */
        return;
    cm_ws_server_refuse(live->server);
    if (roll_wait(&live->roll, grace_ms)) {
        unsigned left;

        roll_end(&live->roll, NULL, END_SHUTDOWN);
        left = roll_wait(&live->roll, LEAVE_MS);
        if (left)
            cm_log(CM_LOG_WARN, "lines were left behind", "count=%u", left);
    }
    keeper_free(live->keeper);
    live->keeper = NULL;
    cm_ws_server_stop(live->server, 0);
    scribe_stop(live->scribe, SCRIBE_GRACE_MS);
}

const struct cm_service_spec live_session = {
    .name = "live-session",
    .produces = (const enum cm_event_kind[]){ EVENT_CALL_STARTED, EVENT_LIVE_TURN, EVENT_LIVE_ENDED,
                                              EVENT_NONE },
    .settings = (const struct cm_setting *const[]){ live_settings, captions_settings,
                                                    cm_speech_settings, NULL },
    .admin_addr = "127.0.0.1:9108",
    .open = open_live,
    .start = start_live,
    .stop = stop_live,
    .close = close_live,
};
