#include "webhooks.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "ingest.h"
#include "twiml.h"

enum { BODY_MAX = 64 * 1024, FIELDS_MAX = 200 };

/* What a request says, before anybody believes it. */
struct message {
    struct cm_str form; /* urlencoded: the body of a POST, the query of a GET */
    struct cm_form_field *fields;
    size_t count;
    struct cm_twilio_request signed_as;
};

static struct cm_str header(struct cm_http_request *rq, const char *name)
{
    struct cm_str value = { 0 };

    return cm_http_header(rq, name, &value) ? value : (struct cm_str){ 0 };
}

static bool is_form(struct cm_http_request *rq)
{
    struct cm_str type = header(rq, "Content-Type"), media;

    return cm_str_split(&type, ';', &media) &&
           cm_str_ieq(cm_str_trim(media), "application/x-www-form-urlencoded");
}

static cm_rc read_message(struct cm_http_request *rq, const struct ingest *app, struct message *out,
                          struct cm_err *err)
{
    struct cm_arena *arena = cm_http_arena(rq);
    bool post = strcmp(cm_http_method(rq), "POST") == 0, form = post && is_form(rq);
    cm_rc rc;

    out->form = form ? cm_http_body(rq) : cm_http_query_raw(rq);
    rc = cm_form_parse(out->form, arena, FIELDS_MAX, &out->fields, &out->count, err);
    if (rc)
        return rc;

    out->signed_as = (struct cm_twilio_request){
        .url = cm_arena_printf(arena, "%s%.*s", app->public_url, CM_STR_FMT(cm_http_target(rq))),
        .signature = header(rq, "X-Twilio-Signature"),
        .settings = header(rq, "X-Twilio-Webhooks-Signature-Settings"),
        .is_form = form,
        .fields = out->fields,
        .field_count = out->count,
        .body = cm_http_body(rq),
    };
    return CM_OK;
}

/* The URL is what an operator needs to find a wrong PUBLIC_URL; the query may hold what a caller
 * sent. */
static void log_refusal(const struct ingest *app, struct cm_http_request *rq, const char *reason)
{
    cm_metric_add(app->refused, 1);
    cm_log(CM_LOG_WARN, "webhook refused", "reason=%s url=%s%.*s peer=%.*s", reason,
           app->public_url, CM_STR_FMT(cm_http_path(rq)), CM_STR_FMT(cm_http_peer(rq)));
}

/* True: it is Twilio's; false: the request was answered. */
static bool is_signed(struct ingest *app, struct cm_http_request *rq, const struct message *message)
{
    enum cm_twilio_answer answer =
        cm_twilio_check(app->keys, &message->signed_as, cm_http_arena(rq));

    if (answer == SIGNATURE_GOOD)
        return true;
    log_refusal(app, rq, cm_twilio_answer_text(answer));
    cm_http_reply_empty(rq, 403);
    return false;
}

static bool is_of_account(struct ingest *app, struct cm_http_request *rq, const struct callback *cb)
{
    if (app->account_sid && cm_str_is(cb->account_sid, app->account_sid))
        return true;
    log_refusal(app, rq,
                app->account_sid ? "it is of another account" : "TWILIO_ACCOUNT_SID is not set");
    cm_http_reply_empty(rq, 403);
    return false;
}

static void answer_failure(struct cm_http_request *rq, const struct callback *cb,
                           const struct cm_err *err)
{
    switch (err->rc) {
    case CM_REJECT:
        cm_log(CM_LOG_WARN, "webhook not stored", "call_sid=%.*s kind=%s reason=%s",
               CM_STR_FMT(cb->call_sid), callback_kind_text(cb->kind), err->msg);
        cm_http_problem(rq, 400, "Bad Request", "a value cannot be stored");
        return;
    case CM_OK:
    case CM_RETRY:
    case CM_FATAL:
        break;
    }
    cm_log(err->rc == CM_FATAL ? CM_LOG_ERROR : CM_LOG_WARN, "webhook not stored",
           "call_sid=%.*s kind=%s reason=%s", CM_STR_FMT(cb->call_sid),
           callback_kind_text(cb->kind), err->msg);
    cm_http_set(rq, "Retry-After", "1");
    cm_http_problem(rq, 503, "Service Unavailable", "nothing was stored; please try again");
}

static void answer_voice(struct ingest *app, struct cm_http_request *rq, const struct callback *cb,
                         enum intake_answer answer, const struct intake_plan *plan)
{
    CM_OWN_BUF struct cm_buf body = { 0 };
    struct twiml_plan twiml = { .forward_to = plan->forward_to,
                                .greeting = plan->greeting,
                                .assistant = plan->assistant,
                                .fallback = cm_str_of(app->stream_fallback),
                                .message_s = app->message_s };

    if (app->stream_url)
        twiml.stream = (struct twiml_stream){ .url = cm_str_of(app->stream_url),
                                              .callback = cm_str_of(app->stream_callback),
                                              .token = cm_str_of(plan->stream.at),
                                              .from = cb->from,
                                              .to = cb->to };
    if (plan->record)
        twiml.recording_callback = cm_str_of(app->recording_callback);
    if (answer == INTAKE_APPLIED)
        twiml_answer(&twiml, &body);
    else
        twiml_reject(&body);
    cm_http_reply(rq, 200, TWIML_TYPE, cm_buf_view(&body));
}

/* The last two digits are enough to find one's own number by, and no caller's number. */
static void log_outcome(struct ingest *app, const struct callback *cb, enum intake_answer answer)
{
    struct cm_str ours = cb->outbound ? cb->from : cb->to;
    size_t shown = ours.len < 2 ? ours.len : 2;

    switch (answer) {
    case INTAKE_APPLIED:
        cm_metric_add(app->accepted, 1);
        cm_log(CM_LOG_DEBUG, "callback applied", "call_sid=%.*s kind=%s", CM_STR_FMT(cb->call_sid),
               callback_kind_text(cb->kind));
        break;
    case INTAKE_KEPT:
        cm_metric_add(app->kept, 1);
        cm_log(CM_LOG_INFO, "callback kept until its call is known", "call_sid=%.*s kind=%s",
               CM_STR_FMT(cb->call_sid), callback_kind_text(cb->kind));
        break;
    case INTAKE_NOT_OURS:
        cm_metric_add(app->not_ours, 1);
        cm_log(CM_LOG_WARN,
               "call refused: no organization has the number; callmill number add makes it known",
               "call_sid=%.*s number_ends_in=%.*s", CM_STR_FMT(cb->call_sid), (int)shown,
               shown ? ours.at + ours.len - shown : "");
        break;
    case INTAKE_DELETED:
        cm_log(CM_LOG_INFO, "callback of a deleted call ignored", "call_sid=%.*s kind=%s",
               CM_STR_FMT(cb->call_sid), callback_kind_text(cb->kind));
        break;
    }
}

static void is_about(void *rq, struct cm_uuid call_id)
{
    cm_http_of_call(rq, call_id);
}

static void take(struct ingest *app, struct cm_http_request *rq, enum callback_kind kind)
{
    struct message message = { 0 };
    struct intake intake = app->intake;
    struct callback cb;
    struct cm_err err = { 0 };
    enum intake_answer answer;
    struct intake_plan plan;

    if (read_message(rq, app, &message, &err)) {
        log_refusal(app, rq, "its parameters cannot be read");
        cm_http_problem(rq, 400, "Bad Request", err.msg);
        return;
    }
    if (!is_signed(app, rq, &message))
        return;
    if (callback_read(kind, message.fields, message.count, &cb, &err)) {
        log_refusal(app, rq, err.msg);
        cm_http_problem(rq, 400, "Bad Request", err.msg);
        return;
    }
    if (!is_of_account(app, rq, &cb))
        return;
    intake.is_about = is_about;
    intake.ctx = rq;
    if (intake_take(&intake, &cb, message.form, cm_now_us(), cm_http_arena(rq), &answer, &plan,
                    &err)) {
        answer_failure(rq, &cb, &err);
        return;
    }

    log_outcome(app, &cb, answer);
    if (kind == CALLBACK_VOICE)
        answer_voice(app, rq, &cb, answer, &plan);
    else
        cm_http_reply_empty(rq, 204);
}

static void take_voice(struct cm_http_request *rq, void *ctx)
{
    take(ctx, rq, CALLBACK_VOICE);
}

static void take_status(struct cm_http_request *rq, void *ctx)
{
    take(ctx, rq, CALLBACK_STATUS);
}

static void take_recording(struct cm_http_request *rq, void *ctx)
{
    take(ctx, rq, CALLBACK_RECORDING);
}

static void take_stream(struct cm_http_request *rq, void *ctx)
{
    take(ctx, rq, CALLBACK_STREAM);
}

const struct cm_http_route webhook_routes[] = {
    { "POST", "/twilio/voice", take_voice, CM_HTTP_WORKER, BODY_MAX },
    { "GET", "/twilio/voice", take_voice, CM_HTTP_WORKER, 0 },
    { "POST", "/twilio/status", take_status, CM_HTTP_WORKER, BODY_MAX },
    { "GET", "/twilio/status", take_status, CM_HTTP_WORKER, 0 },
    { "POST", "/twilio/recording", take_recording, CM_HTTP_WORKER, BODY_MAX },
    { "GET", "/twilio/recording", take_recording, CM_HTTP_WORKER, 0 },
    { "POST", "/twilio/stream-status", take_stream, CM_HTTP_WORKER, BODY_MAX },
    { "GET", "/twilio/stream-status", take_stream, CM_HTTP_WORKER, 0 },
    { 0 },
};
