/* event.h - the call events as C values.
 *
 * One struct an event type, with the same head in all. A decoded event lives in an arena and its
 * views point into it; an event to be encoded borrows whatever its maker points at. The Avro
 * schemas in schemas/avro/ are the source; event.c holds one table that ties their fields to these
 * structs.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/uuid.h"

enum cm_event_kind {
    EVENT_NONE,
    EVENT_CALL_STARTED,         /* call.started */
    EVENT_CALL_ENDED,           /* call.ended */
    EVENT_RECORDING_AVAILABLE,  /* recording.available */
    EVENT_CALL_RECORDED,        /* call.recorded */
    EVENT_CALL_TRANSCRIBED,     /* call.transcribed */
    EVENT_CALL_ENRICHED,        /* call.enriched */
    EVENT_CALL_ANALYZED,        /* call.analyzed */
    EVENT_CALL_TODOS_EXTRACTED, /* call.todos-extracted */
    EVENT_CALL_STEP_FAILED,     /* call.step-failed */
    EVENT_CALL_STEP_SKIPPED,    /* call.step-skipped */
    EVENT_CALL_REPORT_DUE,      /* call.report-due */
    EVENT_CALL_REPORTED,        /* call.reported */
    EVENT_CALL_RERUN_REQUESTED, /* call.rerun-requested */
    EVENT_CALL_DELETED,         /* call.deleted */
    EVENT_LIVE_TURN,            /* live.turn */
    EVENT_LIVE_ENDED,           /* live.ended */
    EVENT_KINDS
};

struct cm_opt_i64 {
    bool set;
    int64_t value;
};
struct cm_opt_uuid {
    bool set;
    struct cm_uuid value;
};
/* An optional string is a cm_str whose `at` is NULL when it is null. */

struct cm_event_head {
    struct cm_uuid event_id;
    int64_t occurred_at_us;
    struct cm_uuid organization_id;
    struct cm_uuid call_id;
    struct cm_str call_sid;
};

struct cm_call_started {
    struct cm_uuid phone_number_id;
    struct cm_opt_uuid contact_id;
    struct cm_str from_number, to_number; /* E.164 where the network gave it */
    struct cm_str direction;              /* inbound | outbound */
    struct cm_str status;                 /* Twilio's CallStatus */
    int64_t started_at_us;
};

struct cm_call_ended {
    struct cm_str status; /* completed | busy | failed | no-answer | canceled */
    struct cm_opt_i64 started_at_us, ended_at_us, duration_ms;
};

struct cm_recording_available {
    struct cm_str recording_sid, account_sid;
    struct cm_str source; /* an open set, as Twilio names it */
    struct cm_opt_i64 channels, duration_ms;
};

struct cm_call_recorded {
    struct cm_str recording_sid;
    struct cm_str file; /* the name within RECORDINGS_DIR: {call_sid}.mp3 */
    struct cm_str sha256;
    int64_t size_bytes, channels;
    struct cm_opt_i64 duration_ms;
    int64_t caller_channel; /* 0 or 1: the channel on which the caller speaks */
    struct cm_str from_number, to_number, direction;
    int64_t started_at_us;
};

struct cm_segment {
    struct cm_uuid id;
    int64_t channel;
    struct cm_str role; /* caller | agent */
    int64_t start_ms, end_ms;
    struct cm_str text;
};

struct cm_call_transcribed {
    struct cm_uuid transcription_id;
    struct cm_str text; /* turns, one a line: "Caller: ..." / "Agent: ..." */
    const struct cm_segment *segments;
    size_t segment_count;
    struct cm_str engine, model, language; /* language: ISO 639-1 */
    int64_t duration_ms;
    struct cm_opt_uuid contact_id;
    struct cm_str from_number, to_number, direction;
    int64_t started_at_us;
};

struct cm_call_enriched {
    struct cm_opt_uuid contact_id;               /* null for a withheld number */
    struct cm_str name, email, company, summary; /* each null where nothing is known */
};

struct cm_call_analyzed {
    struct cm_uuid run_id, analyzer_id;
    struct cm_str analyzer_name, analysis_text;
    struct cm_str trigger;         /* transcribed | rerun */
    struct cm_opt_uuid request_id; /* of the re-run */
    struct cm_str engine, model, prompt_sha256;
    int64_t took_ms;
    int64_t run_index, run_count; /* this is run_index (from 0) of run_count of the same trigger */
    struct cm_str sentiment;      /* positive | neutral | mixed | negative; null: none was told */
};

struct cm_todo {
    struct cm_uuid id;
    struct cm_str title;
    struct cm_str owner;    /* caller | agent */
    struct cm_str due_date; /* YYYY-MM-DD or null */
    struct cm_uuid segment_id;
    struct cm_str evidence; /* the words that prove it */
};

struct cm_call_todos_extracted {
    const struct cm_todo *todos;
    size_t todo_count;
    struct cm_str engine, model;
};

struct cm_call_step_failed {
    struct cm_str step; /* record | transcribe | enrich | analyze | extract-todos | report */
    struct cm_str service, reason;
    int64_t attempts;
};

/* A step is done because there was nothing to do, and no event of its own says so: who waits for
 * the step is woken by this one. */
struct cm_call_step_skipped {
    struct cm_str step;   /* as above; today: analyze */
    struct cm_str reason; /* "no active analyzer" */
};

struct cm_call_report_due {
    struct cm_uuid report_id;
};

struct cm_call_reported {
    struct cm_uuid report_id;
    struct cm_str message_id, subject;
    int64_t recipient_count;
    int64_t sent_at_us;
};

struct cm_call_rerun_requested {
    struct cm_uuid request_id;
    struct cm_opt_uuid requested_by; /* a user */
};

struct cm_call_deleted {
    struct cm_str reason; /* user | retention */
};

struct cm_live_turn {
    struct cm_uuid session_id, turn_id;
    int64_t position;         /* among the session's turns, from 0 */
    struct cm_str role;       /* caller | agent */
    int64_t start_ms, end_ms; /* since the media stream began */
    struct cm_str text;
    bool interrupted; /* cut short by the caller: text is what could be heard */
};

struct cm_live_ended {
    struct cm_uuid session_id;
    struct cm_str reason; /* as live_session.reason has them; an open set */
    struct cm_str kind;   /* assistant | captions */
    int64_t started_at_us, ended_at_us, turn_count;
    struct cm_str engine, model; /* empty: nothing heard the call */
};

struct cm_event {
    enum cm_event_kind kind;
    struct cm_event_head head;
    struct cm_str traceparent; /* W3C trace context; empty: none */
    union {
        struct cm_call_started call_started;
        struct cm_call_ended call_ended;
        struct cm_recording_available recording_available;
        struct cm_call_recorded call_recorded;
        struct cm_call_transcribed call_transcribed;
        struct cm_call_enriched call_enriched;
        struct cm_call_analyzed call_analyzed;
        struct cm_call_todos_extracted call_todos_extracted;
        struct cm_call_step_failed call_step_failed;
        struct cm_call_step_skipped call_step_skipped;
        struct cm_call_report_due call_report_due;
        struct cm_call_reported call_reported;
        struct cm_call_rerun_requested call_rerun_requested;
        struct cm_call_deleted call_deleted;
        struct cm_live_turn live_turn;
        struct cm_live_ended live_ended;
    };
};

const char *cm_event_name(enum cm_event_kind kind); /* "call.transcribed": the topic's last part */
const char *cm_event_record(enum cm_event_kind kind);    /* "CallTranscribed": the record's name */
enum cm_event_kind cm_event_kind_of(struct cm_str name); /* EVENT_NONE: no such name */
struct cm_str cm_event_avsc(enum cm_event_kind kind);    /* the schema's text, as the file stands */
