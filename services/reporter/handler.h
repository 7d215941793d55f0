/* handler.h - the reporter's steps: join, mail, record. */
#pragma once
#include "reporter.h"

/** call.enriched, call.analyzed, call.todos-extracted, call.step-skipped, call.step-failed: when
 * all three steps of a call have finished or failed for good, its report is due. Each step's state
 * commits together with the outbox row of its event, so whoever comes last sees all three. */
cm_persist join_steps;

/** call.report-due: renders the mail and hands it over. A crash before the step is recorded repeats
 * it with the same Message-ID and Date, so that a mail store can drop the second one. */
cm_prepare send_report;

/** Records what send_report did: sent, or skipped because there was nobody to send it to. */
cm_persist record_reports;
