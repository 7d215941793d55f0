/* ground.h - a call whose steps are told of, in a real database (DATABASE_URL), and a mail server
 * that is a function. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "handler.h"
#include "service/testing.h"

struct fixture {
    struct cm_db *db;
    struct cm_bench *bench;
    struct reporter app;
    struct cm_err err;
    struct cm_uuid organization_id, phone_id, contact_id, call_id;
    char call_sid[35];
    cm_rc mail_answer;    /* of the mail server */
    const char *unwanted; /* it refuses this address */
    int mails;
    char mail[65536]; /* the last one */
    char to[512];
};

struct cm_args *args_of(struct fixture *fx);
void execute(struct fixture *fx, const struct cm_stmt *stmt, const struct cm_args *args);
void given_step(struct fixture *fx, const char *step, const char *state);
void given_all_steps(struct fixture *fx);
void given_what_was_said(struct fixture *fx);

/* Of a story. */
int setup(void **state);
int teardown(void **state);
struct cm_event an_event(struct fixture *fx, enum cm_event_kind kind);
cm_rc handle(struct fixture *fx, const struct cm_event *event);
cm_rc hear(struct fixture *fx, enum cm_event_kind kind);
/** The report is due, and its event comes back. */
struct cm_event a_due_report(struct fixture *fx);

/** The rows are the caller's. */
struct cm_rows *report_row(struct fixture *fx);
void assert_state(struct fixture *fx, const char *state);
