/* emit_all.c - puts one event of every kind on its topic, with every field filled in, so that other
 * teams' clients can be tried on all of them. Addresses come from the environment, as for a
 * service.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "bus/bus.h"
#include "bus/codec_cache.h"
#include "bus/producer.h"
#include "http/client.h"

enum { PATIENCE_MS = 60 * 1000 };

/* 2026-11-23T10:00:00.123456Z: the micros show whether a client keeps them. */
static const int64_t at_us = INT64_C(1795428000123456);

static struct cm_uuid id(uint8_t last)
{
    struct cm_uuid uuid = { { 0x01, 0x9a, 0, 0, 0, 0, 0x70, 0, 0x80 } };

    uuid.at[15] = last;
    return uuid;
}

#define SET(number)                                                                                \
    {                                                                                              \
        .set = true, .value = (number)                                                             \
    }

static void fill_call(struct cm_event *event)
{
    static const struct cm_segment segments[] = {
        { .id = { { 1 } },
          .channel = 0,
          .role = { "caller", 6 },
          .start_ms = 0,
          .end_ms = 1500,
          .text = { "Hej, \xc3\x85sa here.", 15 } },
        { .id = { { 2 } },
          .channel = 1,
          .role = { "agent", 5 },
          .start_ms = 1600,
          .end_ms = 3000,
          .text = { "Good morning.", 13 } },
    };

    event->call_transcribed = (struct cm_call_transcribed){
        .transcription_id = id(20),
        .text = CM_STR("Caller: Hej, \xc3\x85sa here.\nAgent: Good morning."),
        .segments = segments,
        .segment_count = 2,
        .engine = CM_STR("whisper"),
        .model = CM_STR("tiny.en"),
        .language = CM_STR("en"),
        .duration_ms = 3000,
        .contact_id = SET(id(21)),
        .from_number = CM_STR("+15551234567"),
        .to_number = CM_STR("+15559876543"),
        .direction = CM_STR("inbound"),
        .started_at_us = at_us,
    };
}

static void fill_todos(struct cm_event *event)
{
    static const struct cm_todo todos[] = {
        { .id = { { 3 } },
          .title = { "Send the quote", 14 },
          .owner = { "agent", 5 },
          .due_date = { "2026-11-27", 10 },
          .segment_id = { { 2 } },
          .evidence = { "by Friday", 9 } },
        { .id = { { 4 } },
          .title = { "Call back", 9 },
          .owner = { "caller", 6 },
          .segment_id = { { 1 } },
          .evidence = { "I will call", 11 } },
    };

    event->call_todos_extracted = (struct cm_call_todos_extracted){
        .todos = todos, .todo_count = 2, .engine = CM_STR("rules"), .model = CM_STR("1")
    };
}

static void fill_call_started(struct cm_event *event)
{
    event->call_started = (struct cm_call_started){ .phone_number_id = id(10),
                                                    .contact_id = SET(id(21)),
                                                    .from_number = CM_STR("+15551234567"),
                                                    .to_number = CM_STR("+15559876543"),
                                                    .direction = CM_STR("inbound"),
                                                    .status = CM_STR("ringing"),
                                                    .started_at_us = at_us };
}

static void fill_call_ended(struct cm_event *event)
{
    event->call_ended = (struct cm_call_ended){ .status = CM_STR("completed"),
                                                .started_at_us = SET(at_us),
                                                .ended_at_us = SET(at_us + 1),
                                                .duration_ms = SET(3000) };
}

static void fill_recording_available(struct cm_event *event)
{
    event->recording_available = (struct cm_recording_available){
        .recording_sid = CM_STR("RE00000000000000000000000000000001"),
        .account_sid = CM_STR("AC00000000000000000000000000000001"),
        .source = CM_STR("StartCallRecordingTwiML"),
        .channels = SET(2),
        .duration_ms = SET(3000)
    };
}

static void fill_call_recorded(struct cm_event *event)
{
    event->call_recorded =
        (struct cm_call_recorded){ .recording_sid = CM_STR("RE00000000000000000000000000000001"),
                                   .file = CM_STR("CA00000000000000000000000000000001.mp3"),
                                   .sha256 = CM_STR("00"),
                                   .size_bytes = 12345,
                                   .channels = 2,
                                   .duration_ms = SET(3000),
                                   .caller_channel = 0,
                                   .from_number = CM_STR("+15551234567"),
                                   .to_number = CM_STR("+15559876543"),
                                   .direction = CM_STR("inbound"),
                                   .started_at_us = at_us };
}

static void fill_call_enriched(struct cm_event *event)
{
    event->call_enriched = (struct cm_call_enriched){ .contact_id = SET(id(21)),
                                                      .name = CM_STR("\xc3\x85sa"),
                                                      .email = CM_STR("asa@example.com"),
                                                      .company = CM_STR("Acme"),
                                                      .summary = CM_STR("Asked for a quote.") };
}

static void fill_call_analyzed(struct cm_event *event)
{
    event->call_analyzed =
        (struct cm_call_analyzed){ .run_id = id(30),
                                   .analyzer_id = id(31),
                                   .analyzer_name = CM_STR("Sentiment Analyzer"),
                                   .analysis_text = CM_STR("Positive (score +0.40)."),
                                   .trigger = CM_STR("rerun"),
                                   .request_id = SET(id(32)),
                                   .engine = CM_STR("rules"),
                                   .model = CM_STR("1"),
                                   .prompt_sha256 = CM_STR("00"),
                                   .took_ms = 3,
                                   .run_index = 1,
                                   .run_count = 3,
                                   .sentiment = CM_STR("positive") };
}

static void fill_call_step_failed(struct cm_event *event)
{
    event->call_step_failed = (struct cm_call_step_failed){ .step = CM_STR("transcribe"),
                                                            .service = CM_STR("transcriber"),
                                                            .reason = CM_STR("not an MP3"),
                                                            .attempts = 1 };
}

static void fill_call_step_skipped(struct cm_event *event)
{
    event->call_step_skipped =
        (struct cm_call_step_skipped){ .step = CM_STR("analyze"),
                                       .reason = CM_STR("no active analyzer") };
}

static void fill_call_report_due(struct cm_event *event)
{
    event->call_report_due = (struct cm_call_report_due){ .report_id = id(40) };
}

static void fill_call_reported(struct cm_event *event)
{
    event->call_reported = (struct cm_call_reported){ .report_id = id(40),
                                                      .message_id = CM_STR("<x@example.com>"),
                                                      .subject = CM_STR("Call"),
                                                      .recipient_count = 1,
                                                      .sent_at_us = at_us };
}

static void fill_call_rerun_requested(struct cm_event *event)
{
    event->call_rerun_requested =
        (struct cm_call_rerun_requested){ .request_id = id(32), .requested_by = SET(id(50)) };
}

static void fill_call_deleted(struct cm_event *event)
{
    event->call_deleted = (struct cm_call_deleted){ .reason = CM_STR("user") };
}

static void fill_live_turn(struct cm_event *event)
{
    event->live_turn = (struct cm_live_turn){ .session_id = id(60),
                                              .turn_id = id(61),
                                              .position = 2,
                                              .role = CM_STR("agent"),
                                              .start_ms = 1600,
                                              .end_ms = 3000,
                                              .text = CM_STR("Good morning, \xc3\x85sa."),
                                              .interrupted = true };
}

static void fill_live_ended(struct cm_event *event)
{
    event->live_ended = (struct cm_live_ended){ .session_id = id(60),
                                                .reason = CM_STR("stopped"),
                                                .kind = CM_STR("assistant"),
                                                .started_at_us = at_us,
                                                .ended_at_us = at_us + 3000000,
                                                .turn_count = 3,
                                                .engine = CM_STR("realtime"),
                                                .model = CM_STR("gpt-realtime") };
}

static void (*const fillers[EVENT_KINDS])(struct cm_event *event) = {
    [EVENT_CALL_STARTED] = fill_call_started,
    [EVENT_CALL_ENDED] = fill_call_ended,
    [EVENT_RECORDING_AVAILABLE] = fill_recording_available,
    [EVENT_CALL_RECORDED] = fill_call_recorded,
    [EVENT_CALL_TRANSCRIBED] = fill_call,
    [EVENT_CALL_ENRICHED] = fill_call_enriched,
    [EVENT_CALL_ANALYZED] = fill_call_analyzed,
    [EVENT_CALL_TODOS_EXTRACTED] = fill_todos,
    [EVENT_CALL_STEP_FAILED] = fill_call_step_failed,
    [EVENT_CALL_STEP_SKIPPED] = fill_call_step_skipped,
    [EVENT_CALL_REPORT_DUE] = fill_call_report_due,
    [EVENT_CALL_REPORTED] = fill_call_reported,
    [EVENT_CALL_RERUN_REQUESTED] = fill_call_rerun_requested,
    [EVENT_CALL_DELETED] = fill_call_deleted,
    [EVENT_LIVE_TURN] = fill_live_turn,
    [EVENT_LIVE_ENDED] = fill_live_ended,
};

static cm_rc emit(struct cm_codec *codec, struct cm_producer *producer, const char *prefix,
                  enum cm_event_kind kind, struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    CM_OWN_BUF struct cm_buf value = { 0 };
    struct cm_event event = { .kind = kind,
                              .head = { .event_id = id((uint8_t)(100 + kind)),
                                        .occurred_at_us = at_us,
                                        .organization_id = id(1),
                                        .call_id = id(2),
                                        .call_sid =
                                            CM_STR("CA00000000000000000000000000000001") } };
    struct cm_message_out message = { 0 };
    cm_rc rc;

    fillers[kind](&event);
    rc = cm_codec_encode(codec, &event, &value, err);
    if (rc)
        return rc;

    message.topic = cm_topic_name(arena, prefix, kind);
    message.key = cm_arena_printf(arena, "%s", cm_uuid_text(event.head.call_id).at);
    message.value = cm_buf_view(&value);
    return cm_producer_send(producer, &message, 1, 30000, err);
}

/* As a service does: a registry or broker that has only just started, on a busy machine, may not
 * answer in time. */
static cm_rc emit_in_time(struct cm_codec *codec, struct cm_producer *producer, const char *prefix,
                          enum cm_event_kind kind, struct cm_err *err)
{
    const enum cm_event_kind kinds[] = { kind, EVENT_NONE };
    int64_t deadline_ms = cm_mono_ms() + PATIENCE_MS;
    cm_rc rc;

    do {
        rc = cm_codec_register(codec, kinds, err);
        if (!rc)
            rc = emit(codec, producer, prefix, kind, err);
    } while (rc == CM_RETRY && cm_mono_ms() < deadline_ms);
    return rc;
}

static cm_rc emit_all(struct cm_err *err)
{
    static const struct cm_setting *const tables[] = { cm_bus_settings, cm_topic_settings, NULL };
    CM_OWN(cm_config) config = NULL;
    CM_OWN(cm_http_client) http = NULL;
    CM_OWN(cm_registry) registry = NULL;
    CM_OWN(cm_codec) codec = NULL;
    CM_OWN(cm_producer) producer = NULL;
    const char *prefix;
    cm_rc rc = cm_config_load(tables, getenv, &config, err);

    if (!rc)
        rc = cm_http_client_new(NULL, &http, err);
    if (!rc)
        rc = cm_producer_new(config, "emit-all", &producer, err);
    if (rc)
        return rc;

    prefix = cm_config_text(config, "TOPIC_PREFIX");
    registry = cm_registry_new(cm_config_text(config, "SCHEMA_REGISTRY_URL"), http);
    codec = cm_codec_new(registry, prefix);
    for (enum cm_event_kind kind = EVENT_NONE + 1; kind < EVENT_KINDS && !rc; kind++) {
        rc = emit_in_time(codec, producer, prefix, kind, err);
        if (!rc)
            printf("%s\n", cm_event_name(kind));
    }
    return rc;
}

int main(void)
{
    struct cm_err err;

    cm_codec_setup();
    if (emit_all(&err)) {
        fprintf(stderr, "emit_all: %s\n", err.msg);
        return 1;
    }
    return 0;
}
