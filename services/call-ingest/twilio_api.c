#include "twilio_api.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/clock.h"

enum { ANSWER_MAX = 1024 * 1024, REDIRECTS_MAX = 3 };

struct twilio {
    struct cm_twilio_rest *rest;
    bool in_the_clear; /* TWILIO_API_URL is http */
    int timeout_ms;
};

struct twilio *twilio_new(const struct twilio_options *options)
{
    struct twilio *twilio = cm_must(calloc(1, sizeof *twilio));

    twilio->rest = cm_twilio_rest_new(&options->rest);
    twilio->in_the_clear = cm_str_starts(cm_str_of(options->rest.api_url), "http://");
    twilio->timeout_ms = options->timeout_ms;
    return twilio;
}

void twilio_free(struct twilio *twilio)
{
    if (!twilio)
        return;
    cm_twilio_rest_free(twilio->rest);
    free(twilio);
}

/* ---- asking ---- */

/* What a status that is neither 200 nor the asker's own business means. */
static cm_rc refuse(const struct cm_http_answer *answer, const char *what, struct cm_err *err)
{
    cm_rc rc;

    switch (answer->status) {
    case 401:
    case 403:
        return cm_fail(
            err, CM_RETRY,
            "Twilio refuses the credentials for the %s (%u): check TWILIO_ACCOUNT_SID and "
            "TWILIO_AUTH_TOKEN",
            what, answer->status);
    case 404:
        return cm_fail(err, CM_RETRY, "Twilio does not have the %s yet (404)", what);
    default:
        rc = cm_fail(err, CM_RETRY, "Twilio answered %u when asked for the %s", answer->status,
                     what);
        if (err)
            err->retry_after_ms = cm_retry_after_ms(answer->retry_after, cm_now_us());
        return rc;
    }
}

static cm_rc ask(struct twilio *twilio, const char *url, const char *what, struct cm_arena *arena,
                 struct cm_str *body, enum twilio_answer *answer, struct cm_err *err)
{
    struct cm_http_ask question = { .url = url,
                                    .timeout_ms = twilio->timeout_ms,
                                    .answer_max = ANSWER_MAX };
    struct cm_http_answer got = { 0 };
    cm_rc rc = cm_twilio_rest_fetch(twilio->rest, &question, arena, &got, err);

    if (rc)
        return rc;
    if (got.status == 404) {
        *answer = TWILIO_NONE;
        return CM_OK;
    }
    if (got.status != 200)
        return refuse(&got, what, err);

    *answer = TWILIO_FOUND;
    *body = got.body;
    return CM_OK;
}

cm_rc twilio_ask_call(struct twilio *twilio, struct cm_str call_sid, struct cm_arena *arena,
                      struct callback *out, enum twilio_answer *answer, struct cm_err *err)
{
    struct cm_str account = cm_twilio_rest_url(twilio->rest, NULL, arena);
    struct cm_str url =
        cm_arena_printf(arena, "%.*s/Calls/%.*s.json", CM_STR_FMT(account), CM_STR_FMT(call_sid));
    struct cm_str body = { 0 };
    cm_rc rc = ask(twilio, url.at, "call", arena, &body, answer, err);

    if (rc || *answer == TWILIO_NONE)
        return rc;
    return twilio_read_call(body, arena, out, err);
}

cm_rc twilio_ask_recordings(struct twilio *twilio, struct cm_str call_sid, struct cm_arena *arena,
                            struct callback **out, size_t *count, enum twilio_answer *answer,
                            struct cm_err *err)
{
    struct cm_str account = cm_twilio_rest_url(twilio->rest, NULL, arena);
    struct cm_str url = cm_arena_printf(arena, "%.*s/Calls/%.*s/Recordings.json?PageSize=100",
                                        CM_STR_FMT(account), CM_STR_FMT(call_sid));
    struct cm_str body = { 0 };
    cm_rc rc = ask(twilio, url.at, "call's recordings", arena, &body, answer, err);

    if (rc || *answer == TWILIO_NONE)
        return rc;
    return twilio_read_recordings(body, arena, out, count, err);
}

/* ---- recordings ---- */

static bool is_audio(struct cm_str type)
{
    return cm_str_starts(type, "audio/") || cm_str_is(type, "application/octet-stream") ||
           cm_str_is(type, "binary/octet-stream");
}

cm_rc twilio_fetch_recording(struct twilio *twilio, const struct twilio_media *media,
                             struct cm_arena *arena, uint64_t *size, int *channels,
                             struct cm_err *err)
{
    struct cm_str account = cm_twilio_rest_url(twilio->rest, &media->account_sid, arena);
    struct cm_str base = cm_arena_printf(arena, "%.*s/Recordings/%.*s.mp3", CM_STR_FMT(account),
                                         CM_STR_FMT(media->recording_sid));
    struct cm_http_ask question = { .redirects_max = REDIRECTS_MAX,
                                    .redirect_anywhere = twilio->in_the_clear,
                                    .timeout_ms = media->timeout_ms,
                                    .answer_max = media->size_max,
                                    .sink_fd = media->fd,
                                    .stop = media->stop,
                                    .stop_ctx = media->stop_ctx };
    struct cm_http_answer got = { 0 };

    /* 400 says that there is one channel only. */
    for (*channels = 2; *channels > 0; --*channels) {
        cm_rc rc;

        question.url =
            *channels == 2 ? cm_arena_printf(arena, "%s?RequestedChannels=2", base.at).at : base.at;
        rc = cm_twilio_rest_fetch(twilio->rest, &question, arena, &got, err);
        if (rc)
            return rc;
        if (got.status != 400)
            break;
    }
    if (got.status != 200)
        return refuse(&got, "recording", err);
    if (!is_audio(got.type))
        return cm_fail(err, CM_RETRY, "Twilio sent '%.*s' in place of a recording",
                       CM_STR_FMT(got.type));

    *size = got.size;
    return CM_OK;
}

/* ---- reading answers ---- */

/* A member that is a string, or a number's text; the empty view where it is neither. */
static struct cm_str member(const json_t *object, const char *name, struct cm_arena *arena)
{
    const json_t *value = json_object_get(object, name);

    if (json_is_string(value))
        return cm_arena_str(arena,
                            (struct cm_str){ json_string_value(value), json_string_length(value) });
    if (json_is_integer(value))
        return cm_arena_printf(arena, "%lld", (long long)json_integer_value(value));
    return (struct cm_str){ 0 };
}

static struct cm_opt_i64 number_member(const json_t *object, const char *name, int64_t factor,
                                       struct cm_arena *arena)
{
    struct cm_opt_i64 n = { 0 };

    n.set = cm_str_i64(member(object, name, arena), 0, INT32_MAX, &n.value);
    n.value = n.set ? n.value * factor : 0;
    return n;
}

static struct cm_opt_i64 date_member(const json_t *object, const char *name, struct cm_arena *arena)
{
    struct cm_opt_i64 at = { 0 };

    at.set = cm_time_parse_rfc2822(member(object, name, arena), &at.value);
    return at;
}

static json_t *parse(struct cm_str json)
{
    json_t *root = json_loadb(json.at, json.len, JSON_REJECT_DUPLICATES, NULL);

    if (root && json_is_object(root))
        return root;
    json_decref(root);
    return NULL;
}

cm_rc twilio_read_call(struct cm_str json, struct cm_arena *arena, struct callback *out,
                       struct cm_err *err)
{
    struct callback cb = { .kind = CALLBACK_STATUS, .source = SOURCE_TWILIO, .sequence = -1 };
    json_t *root = parse(json);
    bool good;

    cb.call_sid = member(root, "sid", arena);
    cb.account_sid = member(root, "account_sid", arena);
    cb.from = member(root, "from", arena);
    cb.to = member(root, "to", arena);
    cb.has_numbers = cb.to.len > 0;
    cb.outbound = cm_str_starts(member(root, "direction", arena), "outbound");
    cb.duration_ms = number_member(root, "duration", 1000, arena);
    good = cm_is_sid(cb.call_sid, "CA") && cm_is_sid(cb.account_sid, "AC") &&
           call_status_read(member(root, "status", arena), &cb.status);
    if (good && call_status_is_end(cb.status))
        cb.at_us = date_member(root, "end_time", arena);
    else if (good && cb.status == CALL_IN_PROGRESS)
        cb.at_us = date_member(root, "start_time", arena);
    if (good && !call_status_is_end(cb.status))
        cb.duration_ms = (struct cm_opt_i64){ 0 };
    json_decref(root);
    if (!good)
        return cm_fail(err, CM_RETRY, "Twilio's answer to the question for a call is no call");

    *out = cb;
    return CM_OK;
}

static bool read_recording(const json_t *object, struct cm_arena *arena, struct callback *out)
{
    struct callback cb = { .kind = CALLBACK_RECORDING, .source = SOURCE_TWILIO, .sequence = -1 };
    struct cm_opt_i64 error = number_member(object, "error_code", 1, arena);

    cb.call_sid = member(object, "call_sid", arena);
    cb.account_sid = member(object, "account_sid", arena);
    cb.recording_sid = member(object, "sid", arena);
    cb.recording_source = member(object, "source", arena);
    cb.channels = number_member(object, "channels", 1, arena);
    cb.recording_duration_ms = number_member(object, "duration", 1000, arena);
    cb.error_code = error.value;
    *out = cb;
    return cm_is_sid(cb.call_sid, "CA") && cm_is_sid(cb.account_sid, "AC") &&
           cm_is_sid(cb.recording_sid, "RE") &&
           recording_status_read(member(object, "status", arena), &out->recording_status);
}

cm_rc twilio_read_recordings(struct cm_str json, struct cm_arena *arena, struct callback **out,
                             size_t *count, struct cm_err *err)
{
    json_t *root = parse(json);
    const json_t *list = json_object_get(root, "recordings");
    size_t n = json_array_size(list);
    struct callback *callbacks = CM_NEW_N(arena, struct callback, n + 1);
    bool good = json_is_array(list);

    for (size_t i = 0; i < n && good; i++)
        good = read_recording(json_array_get(list, i), arena, &callbacks[i]);
    json_decref(root);
    if (!good)
        return cm_fail(err, CM_RETRY,
                       "Twilio's answer to the question for recordings is no list of them");

    *out = callbacks;
    *count = n;
    return CM_OK;
}
