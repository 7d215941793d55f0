#include "rest.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "http/form.h"

enum { GRACE_MS = 10000 };

struct rest {
    struct world *world;
    struct cm_http_server *api, *media;
    char media_host[64];
    char authorization[128]; /* "Basic ..." */
    _Atomic uint64_t rng;
};

/* cm_base64 takes up to 32 bytes; of 30 at a time the texts follow each other without padding. */
static void make_authorization(struct rest *rest)
{
    const struct options *o = rest->world->options;
    char plain[80];
    size_t len = (size_t)snprintf(plain, sizeof plain, "%s:%s", o->account_sid, o->auth_token);
    char *to = rest->authorization + sprintf(rest->authorization, "Basic ");

    if (len >= sizeof plain)
        len = sizeof plain - 1;
    for (size_t i = 0; i < len; i += 30)
        to += sprintf(to, "%s", cm_base64(plain + i, len - i < 30 ? len - i : 30).at);
}

static void problem(struct cm_http_request *rq, unsigned status, int code, const char *message)
{
    CM_OWN_BUF struct cm_buf body = { 0 };
    struct cm_json j = cm_json(&body);

    cm_json_object(&j, NULL);
    cm_json_i64(&j, "code", code);
    cm_json_text(&j, "message", message);
    cm_json_i64(&j, "status", status);
    cm_json_end(&j);
    cm_http_reply(rq, status, "application/json", cm_buf_view(&body));
}

static void not_found(struct cm_http_request *rq)
{
    problem(rq, 404, 20404, "The requested resource was not found");
}

/* Latency, ill answers and authentication; true: the request was answered here. */
static bool gate(struct rest *rest, struct cm_http_request *rq)
{
    const struct options *o = rest->world->options;
    struct cm_str value;
    uint64_t rng = atomic_fetch_add(&rest->rng, UINT64_C(0x9e3779b97f4a7c15));

    if (o->latency_ms)
        cm_pause_ms(o->latency_ms);
    if (!cm_http_header(rq, "Authorization", &value) || !cm_str_is(value, rest->authorization)) {
        cm_http_set(rq, "WWW-Authenticate", "Basic realm=\"Twilio API\"");
        problem(rq, 401, 20003, "Authenticate");
        return true;
    }
    if (rng_chance(&rng, o->fail_percent)) {
        static const unsigned ill[] = { 500, 503, 429 };

        problem(rq, ill[rng_below(&rng, 3)], 20500, "callsim was told to fail now and then");
        return true;
    }
    if (!cm_str_is(cm_http_segment(rq, "account"), o->account_sid)) {
        not_found(rq);
        return true;
    }
    return false;
}

/* ---- calls ---- */

static const char *call_status(const struct world *world, const struct call *call)
{
    if (call->ended)
        return call->rejected ? "busy" : world->options->outcome;
    return call->answered ? "in-progress" : "ringing";
}

static void put_date(struct cm_json *j, const char *name, bool known, int64_t at_us)
{
    cm_json_text(j, name, known ? cm_time_rfc5322(at_us).at : NULL);
}

static void put_seconds(struct cm_json *j, const char *name, bool known, int64_t seconds)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)seconds);
    cm_json_text(j, name, known ? text : NULL);
}

static void serve_call(struct cm_http_request *rq, void *ctx)
{
    struct rest *rest = ctx;
    struct cm_str name = cm_http_segment(rq, "name");
    CM_OWN_BUF struct cm_buf body = { 0 };
    struct cm_json j = cm_json(&body);
    const struct call *call;

    if (gate(rest, rq))
        return;
    call = name.len == 39 ? world_call(rest->world, (struct cm_str){ name.at, 34 }) : NULL;
    pthread_mutex_lock(&rest->world->lock);
    if (call && call->placed) {
        cm_json_object(&j, NULL);
        cm_json_text(&j, "sid", call->sid);
        cm_json_text(&j, "account_sid", rest->world->options->account_sid);
        cm_json_text(&j, "from", call->from);
        cm_json_text(&j, "to", call->to);
        cm_json_text(&j, "direction", "inbound");
        cm_json_text(&j, "status", call_status(rest->world, call));
        put_date(&j, "start_time", call->answered || call->ended, call->started_us);
        put_date(&j, "end_time", call->ended, call->ended_us);
        put_seconds(&j, "duration", call->ended,
                    (call->ended_us - call->started_us) / CM_US_PER_SEC);
        cm_json_null(&j, "parent_call_sid");
        cm_json_end(&j);
    }
    pthread_mutex_unlock(&rest->world->lock);
    if (body.len)
        cm_http_reply(rq, 200, "application/json", cm_buf_view(&body));
    else
        not_found(rq);
}

/* A live call is told to end, or to go on with TwiML of its own. */
static void change_call(struct cm_http_request *rq, void *ctx)
{
    struct rest *rest = ctx;
    struct cm_str name = cm_http_segment(rq, "name");
    struct cm_form_field *fields = NULL;
    size_t count = 0;
    struct cm_err err;
    struct call *call;
    bool known;

    if (gate(rest, rq))
        return;
    call = name.len == 39 ? world_call(rest->world, (struct cm_str){ name.at, 34 }) : NULL;
    if (!call || cm_form_parse(cm_http_body(rq), cm_http_arena(rq), 16, &fields, &count, &err) ||
        !count) {
        not_found(rq);
        return;
    }
    pthread_mutex_lock(&rest->world->lock);
    known = call->placed && call->live && !call->ended;
    if (known)
        snprintf(call->live->asked, sizeof call->live->asked, "%.*s=%.*s",
                 CM_STR_FMT(fields[0].name), CM_STR_FMT(fields[0].value));
    pthread_mutex_unlock(&rest->world->lock);
    if (known)
        cm_http_reply(rq, 200, "application/json", CM_STR("{}"));
    else
        not_found(rq);
}

/* ---- recordings ---- */

static void put_recording(struct cm_json *j, const struct rest *rest, const struct call *call,
                          const struct recording *recording)
{
    cm_json_object(j, NULL);
    cm_json_text(j, "sid", recording->sid);
    cm_json_text(j, "account_sid", rest->world->options->account_sid);
    cm_json_text(j, "call_sid", call->sid);
    cm_json_text(j, "status", recording->done ? "completed" : "processing");
    cm_json_text(j, "source", "StartCallRecordingTwiML");
    cm_json_i64(j, "channels", rest->world->options->mono ? 1 : 2);
    put_seconds(j, "duration", recording->done, (recording->audio->duration_ms + 999) / 1000);
    put_date(j, "start_time", true, call->started_us);
    cm_json_null(j, "error_code");
    cm_json_null(j, "encryption_details");
    cm_json_end(j);
}

static void serve_call_recordings(struct cm_http_request *rq, void *ctx)
{
    struct rest *rest = ctx;
    CM_OWN_BUF struct cm_buf body = { 0 };
    struct cm_json j = cm_json(&body);
    const struct call *call;

    if (gate(rest, rq))
        return;
    call = world_call(rest->world, cm_http_segment(rq, "sid"));
    pthread_mutex_lock(&rest->world->lock);
    if (call && call->placed) {
        cm_json_object(&j, NULL);
        cm_json_array(&j, "recordings");
        for (int i = 0; i < call->recording_count; i++)
            if (call->recordings[i].started || call->recordings[i].done)
                put_recording(&j, rest, call, &call->recordings[i]);
        cm_json_end(&j);
        cm_json_null(&j, "next_page_uri");
        cm_json_end(&j);
    }
    pthread_mutex_unlock(&rest->world->lock);
    if (body.len)
        cm_http_reply(rq, 200, "application/json", cm_buf_view(&body));
    else
        not_found(rq);
}

static bool is_ready(struct rest *rest, struct recording *recording)
{
    const struct options *o = rest->world->options;
    bool ready;

    pthread_mutex_lock(&rest->world->lock);
    ready = recording->done && recording->tries++ >= o->not_ready_tries &&
            cm_mono_ms() - recording->done_ms >= o->not_ready_ms;
    pthread_mutex_unlock(&rest->world->lock);
    return ready;
}

static void serve_file(struct rest *rest, struct cm_http_request *rq, struct recording *recording)
{
    int fd = open(recording->audio->path, O_RDONLY | O_CLOEXEC);
    char etag[80];

    if (fd < 0) {
        problem(rq, 500, 20500, "the audio file is gone");
        return;
    }
    pthread_mutex_lock(&rest->world->lock);
    recording->fetched++;
    pthread_mutex_unlock(&rest->world->lock);
    snprintf(etag, sizeof etag, "\"%s\"", recording->audio->sha256.at);
    cm_http_reply_file(rq, fd, recording->audio->size_bytes, "audio/mpeg", etag);
}

static void serve_media(struct cm_http_request *rq, void *ctx)
{
    struct rest *rest = ctx;
    struct recording *recording = NULL;
    struct cm_str credentials;

    if (cm_http_header(rq, "Authorization", &credentials)) {
        cm_http_reply(rq, 400, "application/xml",
                      CM_STR("<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism "
                             "allowed</Message></Error>"));
        return;
    }
    if (world_recording(rest->world, cm_http_segment(rq, "sid"), &recording))
        serve_file(rest, rq, recording);
    else
        not_found(rq);
}

static void serve_mp3(struct rest *rest, struct cm_http_request *rq, struct recording *recording)
{
    struct cm_str channels;

    if (!is_ready(rest, recording)) {
        not_found(rq);
    } else if (cm_http_query(rq, "RequestedChannels", &channels) && cm_str_is(channels, "2") &&
               rest->world->options->mono) {
        problem(rq, 400, 21232, "Requested channels are not available for this recording");
    } else if (rest->media) {
        struct cm_str location = cm_arena_printf(cm_http_arena(rq), "http://%s/media/%s",
                                                 rest->media_host, recording->sid);

        cm_http_set(rq, "Location", location.at);
        cm_http_reply_empty(rq, 302);
    } else {
        serve_file(rest, rq, recording);
    }
}

static void serve_recording(struct cm_http_request *rq, void *ctx)
{
    struct rest *rest = ctx;
    struct cm_str name = cm_http_segment(rq, "name");
    struct recording *recording = NULL;
    CM_OWN_BUF struct cm_buf body = { 0 };
    struct cm_json j = cm_json(&body);
    struct call *call;

    if (gate(rest, rq))
        return;
    call = name.len > 34 ? world_recording(rest->world, (struct cm_str){ name.at, 34 }, &recording)
                         : NULL;
    name = name.len > 34 ? (struct cm_str){ name.at + 34, name.len - 34 } : name;
    if (call && cm_str_is(name, ".mp3")) {
        serve_mp3(rest, rq, recording);
    } else if (call && cm_str_is(name, ".json")) {
        pthread_mutex_lock(&rest->world->lock);
        put_recording(&j, rest, call, recording);
        pthread_mutex_unlock(&rest->world->lock);
        cm_http_reply(rq, 200, "application/json", cm_buf_view(&body));
    } else {
        not_found(rq);
    }
}

/* ---- the listeners ---- */

#define ACCOUNT "/2010-04-01/Accounts/{account}"

static const struct cm_http_route api_routes[] = {
    { "GET", ACCOUNT "/Calls/{name}", serve_call, CM_HTTP_WORKER, 0 },
    { "POST", ACCOUNT "/Calls/{name}", change_call, CM_HTTP_WORKER, 16384 },
    { "GET", ACCOUNT "/Calls/{sid}/Recordings.json", serve_call_recordings, CM_HTTP_WORKER, 0 },
    { "GET", ACCOUNT "/Recordings/{name}", serve_recording, CM_HTTP_WORKER, 0 },
    { 0 },
};
static const struct cm_http_route media_routes[] = {
    { "GET", "/media/{sid}", serve_media, CM_HTTP_WORKER, 0 },
    { 0 },
};

static cm_rc listen_on(struct rest *rest, const char *addr, const struct cm_http_route *routes,
                       struct cm_http_server **out, struct cm_err *err)
{
    struct cm_http_options options = {
        .addr = addr, .routes = routes, .ctx = rest, .loops = 1, .workers = 8, .queue_max = 4096
    };

    return cm_http_server_start(&options, out, err);
}

cm_rc rest_start(struct world *world, struct rest **out, struct cm_err *err)
{
    CM_OWN(rest) rest = cm_must(calloc(1, sizeof *rest));
    cm_rc rc;

    rest->world = world;
    rest->rng = world->options->seed;
    make_authorization(rest);
    if (world->options->redirect) {
        rc = listen_on(rest, "127.0.0.1:0", media_routes, &rest->media, err);
        if (rc)
            return rc;
        snprintf(rest->media_host, sizeof rest->media_host, "127.0.0.1:%u",
                 cm_http_server_port(rest->media));
    }
    rc = listen_on(rest, world->options->listen, api_routes, &rest->api, err);
    if (rc)
        return cm_err_wrap(err, "--listen %s", world->options->listen);

    *out = CM_STEAL(rest);
    return CM_OK;
}

unsigned rest_port(const struct rest *rest)
{
    return cm_http_server_port(rest->api);
}

void rest_free(struct rest *rest)
{
    if (!rest)
        return;
    /* A recording counts as fetched when its first byte goes out: let the last byte follow. */
    if (rest->api)
        cm_http_server_stop(rest->api, GRACE_MS);
    if (rest->media)
        cm_http_server_stop(rest->media, GRACE_MS);
    cm_http_server_free(rest->api);
    cm_http_server_free(rest->media);
    free(rest);
}
