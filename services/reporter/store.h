/* store.h - the reporter's tables: what it reads of a call and what it writes of a report. */
#pragma once
#include "db/db.h"
#include "mail.h"
#include "recipients.h"

struct store_new_report {
    struct cm_uuid report_id, call_id, organization_id;
    struct cm_str message_id;
};
struct store_due { /* in the arena */
    size_t count;
    struct cm_uuid *report_ids;
};

/** Inserts a report for each of the calls whose three steps are all done or failed for good and
 * that has none. `*due` tells which. */
cm_rc store_reports_due(struct cm_tx *tx, struct cm_arena *arena,
                        const struct store_new_report *reports, size_t count, int64_t now_us,
                        struct store_due *due, struct cm_err *err) CM_MUSTCHECK;

struct report_segment {
    struct cm_str role; /* caller | agent */
    int64_t start_ms;
    struct cm_str text;
};
struct report_analysis { /* the newest run of an analyzer */
    struct cm_str name, text;
};
struct report_todo {
    struct cm_str title, owner, due_date, evidence; /* due_date: YYYY-MM-DD or empty */
    struct cm_opt_i64 evidence_ms;                  /* where in the call it was said */
};
struct report_failure {
    struct cm_str step, reason;
};

/** All that a report tells of a call; lives in the arena. */
struct report_call {
    struct cm_uuid call_id, report_id;
    struct cm_str message_id;
    int64_t report_created_us;
    bool is_sent;
    struct cm_str from_number, to_number, direction, status;
    struct cm_str started; /* in the organization's time zone, with its name */
    struct cm_opt_i64 duration_ms;
    struct cm_str organization;
    struct cm_str contact_name, contact_email, contact_company, contact_summary; /* or empty */
    const struct cm_str *recipients;
    size_t recipient_count;
    const struct report_segment *segments;
    size_t segment_count;
    const struct report_analysis *analyses;
    size_t analysis_count;
    const struct report_todo *todos;
    size_t todo_count;
    const struct report_failure *failures; /* steps that failed for good */
    size_t failure_count;
};

/** `*call` is NULL when the call or its report is gone. */
cm_rc store_load_call(struct cm_db *db, struct cm_arena *arena, struct cm_uuid call_id,
                      struct cm_uuid report_id, struct report_call **call,
                      struct cm_err *err) CM_MUSTCHECK;

/** Before the mail leaves: what will be in it. */
cm_rc store_mark_sending(struct cm_db *db, struct cm_arena *arena, const struct report_call *call,
                         const struct mail *mail, size_t recipient_count,
                         struct cm_err *err) CM_MUSTCHECK;

struct store_outcome {
    struct cm_uuid report_id;
    bool is_sent; /* else skipped */
    const struct recipients *recipients;
    int64_t at_us;
};
/** Queues them. Who was refused is no recipient of the report. */
cm_rc store_outcomes(struct cm_tx *tx, struct cm_arena *arena, const struct store_outcome *outcomes,
                     size_t count, struct cm_err *err) CM_MUSTCHECK;

/** The one report of a call has an id of its own that any process derives alike. */
struct cm_uuid report_id_of(struct cm_uuid call_id);
