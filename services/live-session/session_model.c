/* session_model.c - the model's life in a session: its setup, its responses, its errors, its end.
 */
#include "json_walk.h"
#include "session_inside.h"

enum { ASKED_MS = 10000, DAY_MS = 24 * 3600 * 1000, WHY_MAX = 100 };

static const char plain_instructions[] =
    "You answer the telephone. Speak the caller's language. Be brief, friendly and exact: one or "
    "two sentences at a time. Find out who is calling and what they want. Write down what has to "
    "be done after the call with note_todo. When the caller has nothing more to say, say goodbye "
    "and call end_call. Never make up facts.";

static const char farewell[] =
    "The time for this call is nearly over. In the language of the conversation, tell the caller "
    "so, and say goodbye, in two short sentences. Do not ask anything.";

bool model_send(struct session *s, const struct cm_buf *message)
{
    struct cm_str part = cm_buf_view(message);

    if (s->stage != STAGE_LIVE)
        return false;
    if (s->ports->to_model(s->ctx, SEND_CONTROL, &part, 1))
        return true;

    session_end_because(s, END_MODEL_LOST, "the model does not read what it is sent");
    return false;
}

void model_try(struct session *s, const struct cm_buf *message)
{
    struct cm_str part = cm_buf_view(message);

    if (s->stage == STAGE_LIVE)
        s->ports->to_model(s->ctx, SEND_CONTROL, &part, 1);
}

static void send_update(struct session *s)
{
    struct assistant *a = s->assistant;
    CM_OWN_BUF struct cm_buf update = { 0 };
    struct realtime_setup setup = {
        .beta = a->beta,
        .pcm_rate = s->options->pcm_rate,
        .instructions =
            a->instructions.len ? cm_buf_view(&a->instructions) : CM_STR(plain_instructions),
        .voice = cm_buf_view(&a->voice).at,
        .transcriber = s->options->transcriber ? s->options->transcriber : "",
    };

    realtime_write_update(&setup, &update);
    a->model = MODEL_SETUP;
    model_send(s, &update);
}

/* The model's session ends at a time of its own; a clock that is far off is not believed. */
static void watch_expiry(struct session *s, struct cm_str session)
{
    struct assistant *a = s->assistant;
    int64_t at_ms = realtime_expires_at_s(session) * 1000 - s->options->epoch_ms;

    if (!s->options->epoch_ms || at_ms <= s->now_ms || at_ms > s->now_ms + DAY_MS)
        return;
    if (!a->limit_at_ms || at_ms < a->limit_at_ms)
        a->limit_at_ms = at_ms;
}

static void created(struct session *s, struct cm_str session)
{
    struct assistant *a = s->assistant;

    if (a->model != MODEL_OPEN)
        return;

    watch_expiry(s, session);
    a->beta = s->options->dialect == DIALECT_BETA ||
              (s->options->dialect == DIALECT_AUTO && realtime_is_beta(session));
    send_update(s);
}

static void updated(struct session *s, struct cm_str session)
{
    struct assistant *a = s->assistant;
    struct cm_str found;

    if (a->model != MODEL_SETUP)
        return;
    if (!realtime_formats_agree(session, s->options->pcm_rate, &found)) {
        session_end_because(s, END_MODEL_LOST,
                            "the model was asked for %s and keeps to %.*s: ask it for what it has",
                            s->options->pcm_rate ? "PCM" : "audio/pcmu",
                            found.len > 40 ? 40 : (int)found.len, found.at);
        return;
    }

    a->model = MODEL_READY;
    watch_expiry(s, session);
    a->cancels_itself = realtime_cancels_itself(session);
    cm_buf_finish(&a->instructions);
    cm_buf_finish(&a->voice);
    if (a->greeting.len || a->speaks_first)
        a->due |= DUE_GREETING;
    model_pump(s);
}

static void greeting(const struct assistant *a, struct cm_buf *out)
{
    if (!a->greeting.len) {
        cm_buf_text(out, "Greet the caller in one short sentence, and ask what you can do.");
        return;
    }
    cm_buf_text(out, "Greet the caller. Say exactly this, and nothing else: ");
    cm_buf_str(out, cm_buf_view(&a->greeting));
}

void model_pump(struct session *s)
{
    struct assistant *a = s->assistant;
    CM_OWN_BUF struct cm_buf words = { 0 };
    CM_OWN_BUF struct cm_buf create = { 0 };

    if (a->model != MODEL_READY || a->open || a->caller_speaks || !a->due ||
        (a->asked && s->now_ms < a->asked_until_ms))
        return;

    a->asked = a->due & -a->due; /* the lowest bit: one at a time */
    if (a->asked != DUE_GREETING && acts_wait(s)) {
        a->asked = 0; /* about to hang up or forward, or not all tools have answered */
        return;
    }
    a->due &= ~a->asked;
    a->last_asked = a->asked;
    a->asked_until_ms = s->now_ms + ASKED_MS;
    if (a->asked == DUE_GREETING)
        greeting(a, &words);
    else if (a->asked == DUE_FAREWELL)
        cm_buf_text(&words, farewell);
    realtime_write_response(cm_buf_view(&words), &create);
    model_send(s, &create);
}

static void lost_by_error(struct session *s, struct cm_str error)
{
    CM_OWN_BUF struct cm_buf message = { 0 };

    json_unescape(json_find_str(error, "message"), WHY_MAX, &message);
    session_end_because(s, END_MODEL_LOST, "the model says: %s",
                        message.len ? message.at : "an error without a message");
}

static void speak_otherwise(struct session *s, bool beta, struct cm_str error)
{
    struct assistant *a = s->assistant;

    if (s->options->dialect != DIALECT_AUTO || a->fell_back || a->model != MODEL_SETUP ||
        a->beta == beta) {
        lost_by_error(s, error);
        return;
    }

    a->fell_back = true;
    a->beta = beta;
    send_update(s);
}

/* What was asked for is asked again when the response that is open already is done. */
static void ask_again(struct assistant *a)
{
    a->due |= a->last_asked;
    a->open = a->open || a->last_asked;
    a->asked = a->last_asked = 0;
}

static void trouble(struct session *s, struct cm_str error)
{
    struct assistant *a = s->assistant;
    enum realtime_trouble trouble = realtime_trouble(error);

    if (a->model == MODEL_READY && trouble == TROUBLE_NOT_GA)
        trouble = TROUBLE_PASSING;
    if (a->model != MODEL_READY && trouble == TROUBLE_PASSING)
        trouble = TROUBLE_FATAL; /* its settings were refused */
    switch (trouble) {
    case TROUBLE_BUSY:
        ask_again(a);
        COUNT(s, harmless_errors);
        break;
    case TROUBLE_HARMLESS:
    case TROUBLE_PASSING:
        COUNT(s, harmless_errors);
        break;
    case TROUBLE_NOT_GA:
    case TROUBLE_NOT_BETA:
        speak_otherwise(s, trouble == TROUBLE_NOT_GA, error);
        break;
    case TROUBLE_FATAL:
        lost_by_error(s, error);
        break;
    }
}

static void response_created(struct session *s, struct cm_str id)
{
    struct assistant *a = s->assistant;

    talk_response_done(s); /* of the one before, should it not have said so */
    a->open = a->told_created = true;
    a->asked = 0;
    a->caller_speaks = false;
    turns_caller_answered(&a->turns, s->clock_ms, s->now_ms);
    ident_set(&a->response, id);
}

static void response_done(struct session *s, const struct realtime_message *message)
{
    struct assistant *a = s->assistant;
    struct cm_str id = message->response_id;
    struct json_value error = json_find(message->detail, "status_details.error");

    for (size_t i = 0; i < DROPPED_MAX; i++)
        if (id.len && a->dropped[i] == ident_hash(id))
            a->dropped[i] = 0;
    if (!id.len || !a->response.len || ident_is(&a->response, id)) {
        a->open = false;
        if (a->last_asked == DUE_GREETING)
            cm_buf_finish(&a->greeting);
        a->asked = a->last_asked = 0;
        talk_response_done(s);
    }
    acts_response_done(s, id);
    if (error.kind == JSON_OBJECT && realtime_trouble(error.raw) == TROUBLE_FATAL) {
        lost_by_error(s, error.raw);
        return;
    }

    talk_settle(s);
    model_pump(s);
}

/* A server that doesn't tell when a response begins is known by what it says. */
static void adopt_response(struct assistant *a, struct cm_str id)
{
    if (a->told_created || (a->open && ident_is(&a->response, id)))
        return;

    a->open = true;
    a->asked = 0;
    ident_set(&a->response, id);
}

static void said(struct session *s, const struct realtime_message *message)
{
    struct assistant *a = s->assistant;

    if (talk_is_dropped(s, message->response_id))
        return;

    adopt_response(a, message->response_id);
    if (message->event == REALTIME_AUDIO)
        talk_from_model(s, message);
    else if (message->event == REALTIME_AUDIO_DONE)
        talk_mark(s);
    else
        turns_agent_text(&a->turns, message->item_id, message->text,
                         message->event == REALTIME_SAID_DONE,
                         playback_generated(&a->playback, message->item_id));
}

static void heard(struct session *s, const struct realtime_message *message)
{
    struct turns *turns = &s->assistant->turns;

    if (message->event != REALTIME_HEARD)
        s->assistant->caller_speaks = false;
    if (message->event == REALTIME_SPEECH_STOPPED)
        turns_caller_stopped(turns, message->item_id, talk_stream_ms(s, message->audio_ms),
                             s->now_ms);
    else if (message->event == REALTIME_HEARD_FAILED)
        turns_caller_failed(turns, message->item_id);
    else
        turns_caller_text(turns, message->item_id, message->text,
                          message->event == REALTIME_HEARD_DONE, s->clock_ms);
    talk_settle(s);
}

static void take(struct session *s, const struct realtime_message *message)
{
    switch (message->event) {
    case REALTIME_SESSION_CREATED:
        created(s, message->detail);
        break;
    case REALTIME_SESSION_UPDATED:
        updated(s, message->detail);
        break;
    case REALTIME_AUDIO:
    case REALTIME_AUDIO_DONE:
    case REALTIME_SAID:
    case REALTIME_SAID_DONE:
        said(s, message);
        break;
    case REALTIME_SPEECH_STARTED:
        talk_barge_in(s, message);
        break;
    case REALTIME_SPEECH_STOPPED:
    case REALTIME_HEARD:
    case REALTIME_HEARD_DONE:
    case REALTIME_HEARD_FAILED:
        heard(s, message);
        break;
    case REALTIME_RESPONSE_CREATED:
        response_created(s, message->response_id);
        break;
    case REALTIME_RESPONSE_DONE:
        response_done(s, message);
        break;
    case REALTIME_CALL:
        acts_call(s, message);
        break;
    case REALTIME_ERROR:
        trouble(s, message->detail);
        break;
    case REALTIME_OTHER:
        break;
    }
}

void session_model_opened(struct session *s, int64_t now_ms)
{
    if (s->stage != STAGE_LIVE || !s->assistant || s->assistant->model != MODEL_AWAY)
        return;

    s->now_ms = now_ms;
    s->assistant->model = MODEL_OPEN;
}

void session_model_text(struct session *s, struct cm_str text, int64_t now_ms)
{
    struct realtime_message message;

    if (s->stage != STAGE_LIVE || !s->assistant || s->assistant->model == MODEL_AWAY)
        return;

    s->now_ms = now_ms;
    if (!realtime_read(text, &message))
        COUNT(s, bad_messages);
    else if (s->assistant->model == MODEL_READY || message.event == REALTIME_ERROR ||
             message.event == REALTIME_SESSION_CREATED || message.event == REALTIME_SESSION_UPDATED)
        take(s, &message);
}

void session_model_closed(struct session *s, unsigned code, const char *why, int64_t now_ms)
{
    if (s->stage == STAGE_ENDED)
        return;

    s->now_ms = now_ms;
    session_end_because(s, END_MODEL_LOST, "the model's connection closed with %u%s%.80s", code,
                        why && why[0] ? ": " : "", why ? why : "");
}

void model_tick(struct session *s)
{
    struct assistant *a = s->assistant;

    if (a->model != MODEL_READY && s->now_ms >= a->model_until_ms) {
        session_end_because(s, END_MODEL_LOST, "the model was not ready within %d ms",
                            s->options->model_ms);
        return;
    }
    if (a->limit_at_ms && s->now_ms >= a->limit_at_ms) {
        session_end_because(s, END_TIME_LIMIT, "the longest time for a session was over");
        return;
    }

    if (a->limit_at_ms && !a->farewell_said && a->model == MODEL_READY &&
        s->now_ms >= a->limit_at_ms - s->options->farewell_ms) {
        a->farewell_said = true;
        a->due |= DUE_FAREWELL;
    }
    caller_tick(s);
    talk_settle(s);
    model_pump(s);
}
