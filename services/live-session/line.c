#include "line_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "live.h"

struct cm_uuid line_session_id(const struct line *line)
{
    return line->session_id;
}

void line_tick(struct line *line, int64_t now_ms)
{
    CM_OWN_TRACE struct cm_trace before = line_enter(line);

    if (!line->ended)
        session_tick(line->session, now_ms);
}

void line_end(struct line *line, enum session_end end)
{
    CM_OWN_TRACE struct cm_trace before = line_enter(line);

    session_end(line->session, end, cm_mono_ms());
}

/* ---- the end ---- */

static void leave(struct line *line)
{
    if (line->admitted)
        cm_metric_add(line_live(line)->metrics.lines[line->kind], -1);
    exchange_remove(line->at, line);
    session_free(line->session);
    free(line);
}

/* The end is written when nothing can be said any more; the line goes when nobody calls back. */
void line_settle(struct line *line)
{
    if (!line->ended || line->waiting)
        return;
    if (line->begun) {
        scribe_end(line_live(line)->scribe, line->session_id, session_end_text(line->end));
        roll_let_go(&line_live(line)->roll, line->session_id);
        line->begun = false;
    }
    if (!line->stream && !line->model)
        leave(line);
}

static void ear_finished(void *ctx)
{
    struct line_ear *one = ctx;
    struct line *line = one->line;
    CM_OWN_TRACE struct cm_trace before = line_enter(line);

    ear_free(one->ear);
    one->ear = NULL;
    line->waiting--;
    line_settle(line);
}

static enum cm_ws_close close_code(enum session_end end)
{
    switch (end) {
    case END_REFUSED:
        return CM_WS_POLICY;
    case END_SHUTDOWN:
        return CM_WS_GOING_AWAY;
    case END_MODEL_LOST:
        return CM_WS_INTERNAL;
    case END_STOPPED:
    case END_CLOSED:
    case END_SILENT:
    case END_STREAM_ERROR:
    case END_CALL_ENDED:
    case END_HUNG_UP:
    case END_FORWARDED:
    case END_TIME_LIMIT:
    case END_LOST:
        break;
    }
    return CM_WS_NORMAL;
}

/* From inside a call into the session, and maybe from inside a socket's event: nothing is freed
 * here. */
static void on_ended(void *ctx, enum session_end end)
{
    struct line *line = ctx;

    line->ended = true;
    line->end = end;
    cm_metric_add(line_live(line)->metrics.ended[end], 1);
    cm_log(CM_LOG_INFO, "live session over",
           "session_id=%s call_sid=%.*s reason=%s turns=%lld why=%s",
           cm_uuid_text(line->session_id).at, CM_STR_FMT(line->call.call_sid),
           session_end_text(end), (long long)line->turns, session_why(line->session));
    if (line->model)
        cm_ws_close(line->model, CM_WS_NORMAL, "");
    if (line->stream)
        cm_ws_close(line->stream, close_code(end), session_end_text(end));
    for (int i = 0; i < 2; i++)
        if (line->ears[i].ear)
            ear_finish(line->ears[i].ear, line_live(line)->captions_grace_ms);
}

/* ---- turns ---- */

static void write_turn(struct line *line, enum session_role role, int64_t start_ms, int64_t end_ms,
                       struct cm_str text, bool interrupted)
{
    const struct live_turn_row row = { .id = cm_uuid_v7(cm_now_us()),
                                       .session_id = line->session_id,
                                       .position = line->turns++,
                                       .start_ms = start_ms,
                                       .end_ms = end_ms,
                                       .by_caller = role == ROLE_CALLER,
                                       .interrupted = interrupted,
                                       .text = text };

    if (line->begun)
        scribe_turn(line_live(line)->scribe, &row, &line->call);
}

static void on_turn(void *ctx, const struct session_turn *turn)
{
    write_turn(ctx, turn->role, turn->start_ms, turn->end_ms, turn->text, turn->interrupted);
}

static void ear_heard(void *ctx, int64_t start_ms, int64_t end_ms, struct cm_str text)
{
    const struct line_ear *one = ctx;
    CM_OWN_TRACE struct cm_trace before = line_enter(one->line);

    write_turn(one->line, one->role, start_ms, end_ms, text, false);
}

static void on_heard(void *ctx, enum session_role role, int64_t at_ms, const uint8_t *mulaw,
                     size_t count)
{
    struct line *line = ctx;
    struct captions *captions = line_live(line)->captions;
    struct line_ear *one = &line->ears[role];

    if (!captions)
        return;
    if (!one->ear) {
        const struct ear_options options = {
            .loop = line->at->loop, .turn = ear_heard, .finished = ear_finished, .ctx = one
        };

        *one = (struct line_ear){ line, role, ear_new(captions, &options) };
        line->waiting++;
    }
    ear_hear(one->ear, at_ms, mulaw, count);
}

/* Sound leaves room for the few short messages that must get through. */
static bool queue(struct cm_ws *ws, size_t queue_max, enum session_send what,
                  const struct cm_str parts[], size_t count)
{
    if (!ws || (what == SEND_SOUND && cm_ws_queued(ws) + queue_max / 8 >= queue_max))
        return false;
    return cm_ws_send(ws, parts, count);
}

/* ---- the model ---- */

static void model_opened(void *ctx, struct cm_ws *ws)
{
    struct line *line = ctx;
    CM_OWN_TRACE struct cm_trace before = line_enter(line);

    (void)ws;
    session_model_opened(line->session, cm_mono_ms());
}

static void model_message(void *ctx, struct cm_ws *ws, struct cm_str text)
{
    struct line *line = ctx;
    CM_OWN_TRACE struct cm_trace before = line_enter(line);

    (void)ws;
    session_model_text(line->session, text, cm_mono_ms());
}

static void model_closed(void *ctx, unsigned code, const char *why)
{
    struct line *line = ctx;
    CM_OWN_TRACE struct cm_trace before = line_enter(line);

    line->model = NULL;
    if (!line->ended)
        cm_log(CM_LOG_WARN, "the realtime model is gone", "session_id=%s code=%u reason=%s",
               cm_uuid_text(line->session_id).at, code, why);
    session_model_closed(line->session, code, why, cm_mono_ms());
    line_settle(line);
}

static const struct cm_ws_events model_events = { .opened = model_opened,
                                                  .message = model_message,
                                                  .closed = model_closed };

static void dial_model(struct line *line)
{
    const struct live *live = line_live(line);
    struct cm_err err = { 0 };
    cm_rc rc = CM_OK;

    if (!live->model_url)
        rc = cm_fail(&err, CM_REJECT, "REALTIME_URL is not set here, but it is for call-ingest");
    if (rc || cm_ws_dial(line->at->dialer,
                         &(struct cm_ws_dial){ .url = live->model_url,
                                               .headers = live->model_headers,
                                               .connect_ms = live->model_connect_ms,
                                               .limits = live->model_limits },
                         &model_events, line, &line->model, &err)) {
        cm_log(CM_LOG_ERROR, "the realtime model cannot be dialled", "reason=%s", err.msg);
        line->model = NULL;
        session_model_closed(line->session, CM_WS_BROKEN, err.msg, cm_mono_ms());
    }
}

static bool to_model(void *ctx, enum session_send what, const struct cm_str parts[], size_t count)
{
    struct line *line = ctx;

    return queue(line->model, line_live(line)->model_limits.queue_max, what, parts, count);
}

/* ---- its beginning ---- */

static void remember(struct line *line, const struct live_taken *taken)
{
    line->call = taken->head;
    line->call.call_sid = (struct cm_str){ line->sid, CALL_SID_LEN };
    line->trace = told_trace(line->call.call_id, line->session_id);
    cm_trace_enter(&line->trace);
    line->begun = true;
    roll_hold(&line_live(line)->roll, line->session_id);
}

static void admit(struct line *line, const struct live_taken *taken)
{
    struct live *live = line_live(line);
    const struct session_plan plan = { .kind =
                                           taken->assistant ? SESSION_ASSISTANT : SESSION_CAPTIONS,
                                       .instructions = taken->instructions,
                                       .voice = taken->voice,
                                       .greeting = taken->greeting,
                                       .speaks_first = true, /* who calls waits to be spoken to */
                                       .caller_is_inbound = !taken->outbound };

    line->kind = plan.kind;
    line->admitted = true;
    cm_metric_add(live->metrics.lines[line->kind], 1);
    session_admit(line->session, &plan, cm_mono_ms());
    if (taken->assistant && !line->ended)
        dial_model(line);
}

static const char *const why_not[] = {
    [LIVE_TAKEN] = "",
    [LIVE_BAD_TOKEN] = "its token is none of ours, was used, or is too old",
    [LIVE_NO_NUMBER] = "no organization has the number; callmill number add makes it known",
    [LIVE_HELD] = "another stream of the call is open",
    [LIVE_OVER] = "the call is over",
};

static void refuse(struct line *line, cm_rc rc, enum live_answer answer)
{
    cm_metric_add(line_live(line)->metrics.refused[rc ? 0 : answer], 1);
    cm_log(CM_LOG_WARN, "stream refused", "call_sid=%.*s reason=%s",
           CM_STR_FMT(line->call.call_sid),
           rc ? "its beginning could not be written down" : why_not[answer]);
    line_end(line, END_REFUSED);
}

static void on_begun(void *ctx, cm_rc rc, enum live_answer answer, const struct live_taken *taken)
{
    struct line *line = ctx;
    CM_OWN_TRACE struct cm_trace before = line_enter(line);

    line->waiting--;
    if (!rc && answer == LIVE_TAKEN) {
        remember(line, taken);
        if (!line->ended)
            admit(line, taken);
    } else if (!line->ended) {
        refuse(line, rc, answer);
    }
    line_settle(line);
}

static void on_started(void *ctx, const struct session_start *start)
{
    struct line *line = ctx;
    struct live *live = line_live(line);
    const struct live_start begin = { .session_id = line->session_id,
                                      .holder_id = live->holder_id,
                                      .call_sid = start->call_sid,
                                      .stream_sid = start->stream_sid,
                                      .token = start->token,
                                      .from = start->from,
                                      .to = start->to,
                                      .both_tracks = start->inbound && start->outbound,
                                      .token_required = live->token_required,
                                      .assistant = live->assistant,
                                      .captions = live->transcriber };
    bool ours = live->account_sid && cm_str_is(start->account_sid, live->account_sid);

    memcpy(line->sid, start->call_sid.at, CALL_SID_LEN);
    line->call.call_sid = (struct cm_str){ line->sid, CALL_SID_LEN };
    if (ours && scribe_begin(live->scribe, &begin, line->at->loop, on_begun, line)) {
        line->waiting++;
        return;
    }
    cm_log(CM_LOG_WARN, "stream refused", "call_sid=%.*s reason=%s", CM_STR_FMT(start->call_sid),
           ours ? "too many streams begin at once" : "it is of another account");
    cm_ws_close(line->stream, CM_WS_POLICY, "refused");
}

/* ---- the stream ---- */

static bool to_stream(void *ctx, enum session_send what, const struct cm_str parts[], size_t count)
{
    struct line *line = ctx;

    return queue(line->stream, line_live(line)->stream_limits.queue_max, what, parts, count);
}

static void stream_message(void *ctx, struct cm_ws *ws, struct cm_str text)
{
    struct line *line = ctx;
    CM_OWN_TRACE struct cm_trace before = line_enter(line);

    (void)ws;
    session_stream_text(line->session, text, cm_mono_ms());
}

static void stream_closed(void *ctx, unsigned code, const char *why)
{
    struct line *line = ctx;
    CM_OWN_TRACE struct cm_trace before = line_enter(line);

    (void)code;
    (void)why;
    line->stream = NULL;
    line_end(line, END_CLOSED);
    line_settle(line);
}

static const struct cm_ws_events stream_events = { .message = stream_message,
                                                   .closed = stream_closed };
static const struct session_ports ports = { .to_stream = to_stream,
                                            .to_model = to_model,
                                            .started = on_started,
                                            .turn = on_turn,
                                            .heard = on_heard,
                                            .act = line_run_errand,
                                            .ended = on_ended };

void line_open(struct exchange *exchange, struct cm_ws *stream)
{
    struct line *line = cm_must(calloc(1, sizeof *line));

    line->at = exchange;
    line->stream = stream;
    line->session_id = cm_uuid_v7(cm_now_us());
    line->session = session_new(&exchange->live->session, &ports, line, cm_mono_ms());
    exchange_add(exchange, line);
    cm_ws_own(stream, &stream_events, line);
}
