#include "handler.h"

#include "base/log.h"
#include "mail.h"
#include "recipients.h"
#include "render.h"
#include "store.h"

/* ---- join ---- */

/* The event that brought the report's call up. */
static const struct cm_event *cause_of(struct cm_uuid report_id, struct cm_item *const items[],
                                       const struct store_new_report *reports, size_t count)
{
    size_t i = 0;

    while (i + 1 < count && !cm_uuid_eq(reports[i].report_id, report_id))
        i++;
    return items[i]->event;
}

static cm_rc emit_due(struct cm_context *cx, const struct cm_event *cause, struct cm_uuid report_id,
                      struct cm_err *err)
{
    struct cm_event event = { .kind = EVENT_CALL_REPORT_DUE, .head = cause->head };

    event.head.event_id = (struct cm_uuid){ 0 };
    event.head.occurred_at_us = 0;
    event.call_report_due.report_id = report_id;
    return cm_emit(cx, &event, err);
}

cm_rc join_steps(struct cm_context *cx, struct cm_tx *tx, struct cm_item *const items[],
                 size_t count, struct cm_err *err)
{
    const struct reporter *app = cx->app;
    struct cm_arena *arena = items[0]->arena;
    struct store_new_report *reports = CM_NEW_N(arena, struct store_new_report, count);
    struct store_due due = { 0 };
    cm_rc rc;

    for (size_t i = 0; i < count; i++) {
        const struct cm_event_head *head = &items[i]->event->head;

        reports[i].call_id = head->call_id;
        reports[i].organization_id = head->organization_id;
        reports[i].report_id = report_id_of(head->call_id);
        reports[i].message_id = mail_message_id(arena, head->call_id, app->domain);
    }
    rc = store_reports_due(tx, arena, reports, count, cx->now_us, &due, err);
    for (size_t i = 0; i < due.count && !rc; i++)
        rc = emit_due(cx, cause_of(due.report_ids[i], items, reports, count), due.report_ids[i],
                      err);
    return rc;
}

/* ---- mail ---- */

struct outcome { /* from send_report to record_reports */
    bool is_sent;
    struct cm_str message_id, subject;
    struct recipients recipients;
    int64_t sent_at_us;
};

/* What people should know of a step that is done; the log names no person either. */
static void remark(struct cm_item *item, const struct recipients *recipients)
{
    item->remark = recipients_refused(recipients, item->arena);
    if (item->remark.len)
        cm_log(CM_LOG_WARN, "a report did not reach all", "call_id=%s reason=%.*s",
               cm_uuid_text(item->event->head.call_id).at, CM_STR_FMT(item->remark));
}

static cm_rc send_mail(struct cm_context *cx, struct cm_item *item, const struct report_call *call,
                       struct outcome *outcome, struct cm_err *err)
{
    const struct reporter *app = cx->app;
    CM_OWN_BUF struct cm_buf message = { 0 };
    struct mail mail = { .from = app->from,
                         .to = outcome->recipients.all,
                         .subject = outcome->subject,
                         .text = render_text(item->arena, call, app->ui_url),
                         .html = render_html(item->arena, call, app->ui_url),
                         .message_id = outcome->message_id,
                         .date_us = call->report_created_us };
    struct letter letter = { .message_id = mail.message_id };
    cm_rc rc = store_mark_sending(cx->db, item->arena, call, &mail, outcome->recipients.count, err);

    if (rc)
        return rc;

    mail_write(&mail, &message);
    letter.message = cm_buf_view(&message);
    rc = recipients_send(&outcome->recipients, &app->delivery, letter, item->last_attempt,
                         item->arena, err);
    if (rc)
        return rc;

    outcome->is_sent = true;
    outcome->sent_at_us = cx->now_us;
    remark(item, &outcome->recipients);
    return CM_OK;
}

cm_rc send_report(struct cm_context *cx, struct cm_item *item, struct cm_err *err)
{
    struct outcome *outcome = item->prepared; /* of an attempt that not all were told by */
    struct report_call *call = NULL;
    cm_rc rc = store_load_call(cx->db, item->arena, item->event->head.call_id,
                               item->event->call_report_due.report_id, &call, err);

    if (rc)
        return rc;

    if (!call || call->is_sent) { /* deleted meanwhile, or driven again: nothing to tell */
        item->prepared = NULL;
        return CM_OK;
    }
    if (!outcome) {
        item->prepared = outcome = CM_NEW(item->arena, struct outcome);
        outcome->recipients = recipients_of(call->recipients, call->recipient_count, item->arena);
    }
    outcome->message_id = call->message_id;
    if (outcome->recipients.count == 0)
        return CM_OK;

    outcome->subject = render_subject(item->arena, call);
    return send_mail(cx, item, call, outcome, err);
}

/* ---- record ---- */

static cm_rc emit_outcome(struct cm_context *cx, const struct cm_item *item, struct cm_err *err)
{
    const struct outcome *outcome = item->prepared;
    const struct cm_event *due = item->event;
    struct cm_event event = { .head = due->head };

    event.head.event_id = (struct cm_uuid){ 0 };
    event.head.occurred_at_us = 0;
    if (outcome->is_sent) {
        event.kind = EVENT_CALL_REPORTED;
        event.call_reported =
            (struct cm_call_reported){ .report_id = due->call_report_due.report_id,
                                       .message_id = outcome->message_id,
                                       .subject = outcome->subject,
                                       .recipient_count =
                                           (int64_t)recipients_who_have_it(&outcome->recipients),
                                       .sent_at_us = outcome->sent_at_us };
    } else {
        event.kind = EVENT_CALL_STEP_SKIPPED;
        event.call_step_skipped =
            (struct cm_call_step_skipped){ .step = CM_STR("report"),
                                           .reason = CM_STR("the organization has no recipients") };
    }
    return cm_emit(cx, &event, err);
}

cm_rc record_reports(struct cm_context *cx, struct cm_tx *tx, struct cm_item *const items[],
                     size_t count, struct cm_err *err)
{
    struct cm_arena *arena = items[0]->arena;
    struct store_outcome *outcomes = CM_NEW_N(arena, struct store_outcome, count);
    size_t known = 0;
    cm_rc rc = CM_OK;

    for (size_t i = 0; i < count && !rc; i++) {
        const struct outcome *outcome = items[i]->prepared;

        if (!outcome)
            continue;
        outcomes[known++] = (struct store_outcome){
            .report_id = items[i]->event->call_report_due.report_id,
            .is_sent = outcome->is_sent,
            .recipients = &outcome->recipients,
            .at_us = outcome->sent_at_us,
        };
        rc = emit_outcome(cx, items[i], err);
    }
    return rc || known == 0 ? rc : store_outcomes(tx, arena, outcomes, known, err);
}
