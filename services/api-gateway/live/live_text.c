#include "live/live_text.h"

#include "base/json.h"

/* Which step an event moves, and to where. */
static const struct move {
    const char *step, *state;
} moves[EVENT_KINDS] = {
    [EVENT_RECORDING_AVAILABLE] = { "record", "running" },
    [EVENT_CALL_RECORDED] = { "record", "done" },
    [EVENT_CALL_TRANSCRIBED] = { "transcribe", "done" },
    [EVENT_CALL_ENRICHED] = { "enrich", "done" },
    [EVENT_CALL_ANALYZED] = { "analyze", "done" },
    [EVENT_CALL_TODOS_EXTRACTED] = { "extract-todos", "done" },
    [EVENT_CALL_REPORT_DUE] = { "report", "running" },
    [EVENT_CALL_REPORTED] = { "report", "done" },
    [EVENT_CALL_RERUN_REQUESTED] = { "analyze", "running" },
};

static void put_move(struct cm_json *json, const struct cm_event *event)
{
    const struct move *move = &moves[event->kind];
    const char *state = move->state;

    if (event->kind == EVENT_CALL_STEP_FAILED) {
        cm_json_str(json, "step", event->call_step_failed.step);
        cm_json_text(json, "state", "failed");
        return;
    }
    if (event->kind == EVENT_CALL_STEP_SKIPPED) {
        cm_json_str(json, "step", event->call_step_skipped.step);
        cm_json_text(json, "state", "done");
        return;
    }
    if (!move->step)
        return;
    if (event->kind == EVENT_CALL_ANALYZED &&
        event->call_analyzed.run_index + 1 < event->call_analyzed.run_count)
        state = "running";
    cm_json_text(json, "step", move->step);
    cm_json_text(json, "state", state);
}

/* Only who may read the call gets the stream, and its page shows what is said while it is said. */
static void put_turn(struct cm_json *json, const struct cm_live_turn *turn)
{
    cm_json_uuid(json, "session_id", turn->session_id);
    cm_json_uuid(json, "turn_id", turn->turn_id);
    cm_json_i64(json, "position", turn->position);
    cm_json_str(json, "role", turn->role);
    cm_json_i64(json, "start_ms", turn->start_ms);
    cm_json_i64(json, "end_ms", turn->end_ms);
    cm_json_str(json, "text", turn->text);
    cm_json_bool(json, "interrupted", turn->interrupted);
}

static void put_ended(struct cm_json *json, const struct cm_live_ended *ended)
{
    cm_json_uuid(json, "session_id", ended->session_id);
    cm_json_str(json, "reason", ended->reason);
}

void live_text(const struct cm_event *event, struct cm_buf *out)
{
    struct cm_json json = cm_json(out);

    cm_buf_printf(out, "id: %s\nevent: %s\ndata: ", cm_uuid_text(event->head.event_id).at,
                  cm_event_name(event->kind));
    cm_json_object(&json, NULL);
    cm_json_uuid(&json, "call_id", event->head.call_id);
    cm_json_str(&json, "call_sid", event->head.call_sid);
    cm_json_time(&json, "occurred_at", event->head.occurred_at_us);
    if (event->kind == EVENT_CALL_STARTED)
        cm_json_str(&json, "status", event->call_started.status);
    if (event->kind == EVENT_CALL_ENDED)
        cm_json_str(&json, "status", event->call_ended.status);
    if (event->kind == EVENT_LIVE_TURN)
        put_turn(&json, &event->live_turn);
    if (event->kind == EVENT_LIVE_ENDED)
        put_ended(&json, &event->live_ended);
    put_move(&json, event);
    cm_json_end(&json);
    cm_buf_text(out, "\n\n");
}
