#include "event/event.h"

#include "event/fields.h"

/* The type of a row follows from the struct's member, so the two cannot differ. */
#define TYPE_OF(record, member)                                                                    \
    _Generic(((struct record *)0)->member, struct cm_uuid                                          \
             : FIELD_UUID, struct cm_opt_uuid                                                      \
             : FIELD_OPT_UUID, struct cm_str                                                       \
             : FIELD_STR, int64_t                                                                  \
             : FIELD_I64, struct cm_opt_i64                                                        \
             : FIELD_OPT_I64, bool                                                                 \
             : FIELD_BOOL)

#define NAMED(record, avro_name, member)                                                           \
    {                                                                                              \
        .name = (avro_name), .type = TYPE_OF(record, member),                                      \
        .offset = offsetof(struct record, member)                                                  \
    }
#define FIELD(record, member) NAMED(record, #member, member)
#define TIME(record, member)  NAMED(record, #member, member##_us)
#define RECORDS(record, avro_name, count, item)                                                    \
    {                                                                                              \
        .name = #avro_name, .type = FIELD_RECORDS, .offset = offsetof(struct record, avro_name),   \
        .count_offset = offsetof(struct record, count),                                            \
        .item_bytes = sizeof *((struct record *)0)->avro_name, .item_fields = (item)               \
    }
#define END                                                                                        \
    {                                                                                              \
        .name = NULL                                                                               \
    }

static const struct cm_field head[] = {
    FIELD(cm_event_head, event_id),        TIME(cm_event_head, occurred_at),
    FIELD(cm_event_head, organization_id), FIELD(cm_event_head, call_id),
    FIELD(cm_event_head, call_sid),        END,
};
_Static_assert(sizeof head / sizeof *head == CM_HEAD_FIELDS + 1, "the head's fields");

static const struct cm_field call_started[] = {
    FIELD(cm_call_started, phone_number_id), FIELD(cm_call_started, contact_id),
    FIELD(cm_call_started, from_number),     FIELD(cm_call_started, to_number),
    FIELD(cm_call_started, direction),       FIELD(cm_call_started, status),
    TIME(cm_call_started, started_at),       END,
};

static const struct cm_field call_ended[] = {
    FIELD(cm_call_ended, status),
    TIME(cm_call_ended, started_at),
    TIME(cm_call_ended, ended_at),
    FIELD(cm_call_ended, duration_ms),
    END,
};

static const struct cm_field recording_available[] = {
    FIELD(cm_recording_available, recording_sid), FIELD(cm_recording_available, account_sid),
    FIELD(cm_recording_available, source),        FIELD(cm_recording_available, channels),
    FIELD(cm_recording_available, duration_ms),   END,
};

static const struct cm_field call_recorded[] = {
    FIELD(cm_call_recorded, recording_sid),  FIELD(cm_call_recorded, file),
    FIELD(cm_call_recorded, sha256),         FIELD(cm_call_recorded, size_bytes),
    FIELD(cm_call_recorded, channels),       FIELD(cm_call_recorded, duration_ms),
    FIELD(cm_call_recorded, caller_channel), FIELD(cm_call_recorded, from_number),
    FIELD(cm_call_recorded, to_number),      FIELD(cm_call_recorded, direction),
    TIME(cm_call_recorded, started_at),      END,
};

static const struct cm_field segment[] = {
    FIELD(cm_segment, id),
    FIELD(cm_segment, channel),
    FIELD(cm_segment, role),
    FIELD(cm_segment, start_ms),
    FIELD(cm_segment, end_ms),
    FIELD(cm_segment, text),
    END,
};

static const struct cm_field call_transcribed[] = {
    FIELD(cm_call_transcribed, transcription_id),
    FIELD(cm_call_transcribed, text),
    RECORDS(cm_call_transcribed, segments, segment_count, segment),
    FIELD(cm_call_transcribed, engine),
    FIELD(cm_call_transcribed, model),
    FIELD(cm_call_transcribed, language),
    FIELD(cm_call_transcribed, duration_ms),
    FIELD(cm_call_transcribed, contact_id),
    FIELD(cm_call_transcribed, from_number),
    FIELD(cm_call_transcribed, to_number),
    FIELD(cm_call_transcribed, direction),
    TIME(cm_call_transcribed, started_at),
    END,
};

static const struct cm_field call_enriched[] = {
    FIELD(cm_call_enriched, contact_id), FIELD(cm_call_enriched, name),
    FIELD(cm_call_enriched, email),      FIELD(cm_call_enriched, company),
    FIELD(cm_call_enriched, summary),    END,
};

static const struct cm_field call_analyzed[] = {
    FIELD(cm_call_analyzed, run_id),        FIELD(cm_call_analyzed, analyzer_id),
    FIELD(cm_call_analyzed, analyzer_name), FIELD(cm_call_analyzed, analysis_text),
    FIELD(cm_call_analyzed, trigger),       FIELD(cm_call_analyzed, request_id),
    FIELD(cm_call_analyzed, engine),        FIELD(cm_call_analyzed, model),
    FIELD(cm_call_analyzed, prompt_sha256), FIELD(cm_call_analyzed, took_ms),
    FIELD(cm_call_analyzed, run_index),     FIELD(cm_call_analyzed, run_count),
    FIELD(cm_call_analyzed, sentiment),     END,
};

static const struct cm_field todo[] = {
    FIELD(cm_todo, id),
    FIELD(cm_todo, title),
    FIELD(cm_todo, owner),
    FIELD(cm_todo, due_date),
    FIELD(cm_todo, segment_id),
    FIELD(cm_todo, evidence),
    END,
};

static const struct cm_field call_todos_extracted[] = {
    RECORDS(cm_call_todos_extracted, todos, todo_count, todo),
    FIELD(cm_call_todos_extracted, engine),
    FIELD(cm_call_todos_extracted, model),
    END,
};

static const struct cm_field call_step_failed[] = {
    FIELD(cm_call_step_failed, step),
    FIELD(cm_call_step_failed, service),
    FIELD(cm_call_step_failed, reason),
    FIELD(cm_call_step_failed, attempts),
    END,
};

static const struct cm_field call_step_skipped[] = {
    FIELD(cm_call_step_skipped, step),
    FIELD(cm_call_step_skipped, reason),
    END,
};

static const struct cm_field call_report_due[] = {
    FIELD(cm_call_report_due, report_id),
    END,
};

static const struct cm_field call_reported[] = {
    FIELD(cm_call_reported, report_id), FIELD(cm_call_reported, message_id),
    FIELD(cm_call_reported, subject),   FIELD(cm_call_reported, recipient_count),
    TIME(cm_call_reported, sent_at),    END,
};

static const struct cm_field call_rerun_requested[] = {
    FIELD(cm_call_rerun_requested, request_id),
    FIELD(cm_call_rerun_requested, requested_by),
    END,
};

static const struct cm_field call_deleted[] = {
    FIELD(cm_call_deleted, reason),
    END,
};

static const struct cm_field live_turn[] = {
    FIELD(cm_live_turn, session_id),
    FIELD(cm_live_turn, turn_id),
    FIELD(cm_live_turn, position),
    FIELD(cm_live_turn, role),
    FIELD(cm_live_turn, start_ms),
    FIELD(cm_live_turn, end_ms),
    FIELD(cm_live_turn, text),
    FIELD(cm_live_turn, interrupted),
    END,
};

static const struct cm_field live_ended[] = {
    FIELD(cm_live_ended, session_id),
    FIELD(cm_live_ended, reason),
    FIELD(cm_live_ended, kind),
    TIME(cm_live_ended, started_at),
    TIME(cm_live_ended, ended_at),
    FIELD(cm_live_ended, turn_count),
    FIELD(cm_live_ended, engine),
    FIELD(cm_live_ended, model),
    END,
};

/* Each text of schemas/avro/ is embedded as avsc_<kind> (CMakeLists.txt). */
#define FOR_EACH_KIND(X)                                                                           \
    X(EVENT_CALL_STARTED, call_started, "call.started", "CallStarted")                             \
    X(EVENT_CALL_ENDED, call_ended, "call.ended", "CallEnded")                                     \
    X(EVENT_RECORDING_AVAILABLE, recording_available, "recording.available", "RecordingAvailable") \
    X(EVENT_CALL_RECORDED, call_recorded, "call.recorded", "CallRecorded")                         \
    X(EVENT_CALL_TRANSCRIBED, call_transcribed, "call.transcribed", "CallTranscribed")             \
    X(EVENT_CALL_ENRICHED, call_enriched, "call.enriched", "CallEnriched")                         \
    X(EVENT_CALL_ANALYZED, call_analyzed, "call.analyzed", "CallAnalyzed")                         \
    X(EVENT_CALL_TODOS_EXTRACTED, call_todos_extracted, "call.todos-extracted",                    \
      "CallTodosExtracted")                                                                        \
    X(EVENT_CALL_STEP_FAILED, call_step_failed, "call.step-failed", "CallStepFailed")              \
    X(EVENT_CALL_STEP_SKIPPED, call_step_skipped, "call.step-skipped", "CallStepSkipped")          \
    X(EVENT_CALL_REPORT_DUE, call_report_due, "call.report-due", "CallReportDue")                  \
    X(EVENT_CALL_REPORTED, call_reported, "call.reported", "CallReported")                         \
    X(EVENT_CALL_RERUN_REQUESTED, call_rerun_requested, "call.rerun-requested",                    \
      "CallRerunRequested")                                                                        \
    X(EVENT_CALL_DELETED, call_deleted, "call.deleted", "CallDeleted")                             \
    X(EVENT_LIVE_TURN, live_turn, "live.turn", "LiveTurn")                                         \
    X(EVENT_LIVE_ENDED, live_ended, "live.ended", "LiveEnded")

#define DECLARE(kind, member, name, record)                                                        \
    extern const char avsc_##member[];                                                             \
    extern const size_t avsc_##member##_len;
FOR_EACH_KIND (DECLARE)

    static const struct {
        const char *name, *record, *avsc;
        const size_t *avsc_len;
        const struct cm_field *fields;
    } kinds[EVENT_KINDS] = {
#define ROW(kind, member, name, record)                                                            \
    [kind] = { (name), (record), avsc_##member, &avsc_##member##_len, member },
        FOR_EACH_KIND (ROW)
    };

const char *cm_event_name(enum cm_event_kind kind)
{
    return kinds[kind].name;
}

const char *cm_event_record(enum cm_event_kind kind)
{
    return kinds[kind].record;
}

enum cm_event_kind cm_event_kind_of(struct cm_str name)
{
    for (int kind = EVENT_NONE + 1; kind < EVENT_KINDS; kind++)
        if (cm_str_is(name, kinds[kind].name))
            return (enum cm_event_kind)kind;
    return EVENT_NONE;
}

struct cm_str cm_event_avsc(enum cm_event_kind kind)
{
    return (struct cm_str){ kinds[kind].avsc, *kinds[kind].avsc_len };
}

const struct cm_field *cm_head_fields(void)
{
    return head;
}

const struct cm_field *cm_body_fields(enum cm_event_kind kind)
{
    return kinds[kind].fields;
}
