/* The reporter's steps. */
#include "ground.h"

#include "base/clock.h"

/* ---- join ---- */

static void a_report_is_due_when_the_last_of_the_three_has_ended(void **state)
{
    struct fixture *fx = *state;
    const struct cm_event *due;

    given_step(fx, "enrich", "done");
    assert_int_equal(hear(fx, EVENT_CALL_ENRICHED), CM_OK);
    given_step(fx, "extract-todos", "done");
    given_step(fx, "analyze", "running");
    assert_int_equal(hear(fx, EVENT_CALL_TODOS_EXTRACTED), CM_OK);
    assert_int_equal(cm_bench_emitted(fx->bench, EVENT_CALL_REPORT_DUE), 0);

    given_step(fx, "analyze", "failed");
    assert_int_equal(hear(fx, EVENT_CALL_STEP_FAILED), CM_OK);
    assert_int_equal(cm_bench_emitted(fx->bench, EVENT_CALL_REPORT_DUE), 1);
    due = cm_bench_event(fx->bench, EVENT_CALL_REPORT_DUE, 0);
    assert_true(cm_uuid_eq(due->head.call_id, fx->call_id));
    assert_true(cm_uuid_eq(due->head.organization_id, fx->organization_id));
    assert_true(cm_str_is(due->head.call_sid, fx->call_sid));
    assert_state(fx, "due");
}

static void a_report_is_due_once_whatever_comes_later(void **state)
{
    struct fixture *fx = *state;

    a_due_report(fx);
    assert_int_equal(hear(fx, EVENT_CALL_ANALYZED), CM_OK);
    assert_int_equal(hear(fx, EVENT_CALL_ANALYZED), CM_OK);
    assert_int_equal(hear(fx, EVENT_CALL_STEP_SKIPPED), CM_OK);
    assert_int_equal(cm_bench_emitted(fx->bench, EVENT_CALL_REPORT_DUE), 1);
}

static void an_event_that_was_heard_before_changes_nothing(void **state)
{
    struct fixture *fx = *state;
    struct cm_event event = an_event(fx, EVENT_CALL_ENRICHED);

    assert_int_equal(handle(fx, &event), CM_OK);
    given_all_steps(fx);
    assert_int_equal(handle(fx, &event), CM_OK);
    assert_int_equal(cm_bench_emitted(fx->bench, EVENT_CALL_REPORT_DUE), 0);
}

/* ---- mail ---- */

static void the_report_goes_to_the_organizations_recipients(void **state)
{
    struct fixture *fx = *state;
    struct cm_event due;
    CM_OWN(cm_rows) row = NULL;
    const struct cm_event *reported;

    given_what_was_said(fx);
    due = a_due_report(fx);
    assert_int_equal(handle(fx, &due), CM_OK);

    assert_int_equal(fx->mails, 1);
    assert_string_equal(fx->to, "ada@example.com ");
    assert_non_null(
        strstr(fx->mail, "Subject: Call from Ada Lovelace (+15551234567), 23 Nov 2026"));
    assert_non_null(strstr(fx->mail, "15:36"));
    assert_non_null(strstr(fx->mail, "(Europe/Stockholm)"));
    assert_non_null(strstr(fx->mail, "the newest run"));
    assert_null(strstr(fx->mail, "the older run"));
    assert_non_null(strstr(fx->mail, "Call Bob"));
    assert_null(strstr(fx->mail, "Put away"));
    assert_non_null(strstr(fx->mail, "&lt;Bob&gt;"));
    assert_non_null(strstr(fx->mail, "the model is away"));

    row = report_row(fx);
    assert_true(cm_str_is(cm_row_str(row, 0, 0), "sent"));
    assert_true(cm_str_is(cm_row_str(row, 0, 1), "{ada@example.com}"));
    assert_true(cm_row_opt_time(row, 0, 3).set);
    assert_int_equal(cm_bench_emitted(fx->bench, EVENT_CALL_REPORTED), 1);
    reported = cm_bench_event(fx->bench, EVENT_CALL_REPORTED, 0);
    assert_int_equal(reported->call_reported.recipient_count, 1);
    assert_true(cm_str_eq(reported->call_reported.message_id, cm_row_str(row, 0, 4)));
    assert_true(cm_str_starts(reported->call_reported.message_id, "<"));
}

static void a_due_report_that_was_sent_is_not_sent_again(void **state)
{
    struct fixture *fx = *state;
    struct cm_event due = a_due_report(fx), again;

    assert_int_equal(handle(fx, &due), CM_OK);
    again = due;
    again.head.event_id = cm_uuid_v7(cm_now_us()); /* driven again by hand */
    assert_int_equal(handle(fx, &again), CM_OK);
    assert_int_equal(fx->mails, 1);
    assert_int_equal(cm_bench_emitted(fx->bench, EVENT_CALL_REPORTED), 1);
    assert_state(fx, "sent");
}

static void a_mail_that_may_have_left_is_repeated_byte_by_byte(void **state)
{
    struct fixture *fx = *state;
    struct cm_event due = a_due_report(fx);
    struct cm_item item = { .event = &due, .arena = cm_bench_arena(fx->bench), .attempt = 1 };
    const char *first;

    /* The process is killed between the mail server's yes and the commit. */
    assert_int_equal(send_report(cm_bench_context(fx->bench), &item, &fx->err), CM_OK);
    assert_state(fx, "sending");
    first = cm_arena_text(cm_bench_arena(fx->bench), cm_str_of(fx->mail));

    assert_int_equal(handle(fx, &due), CM_OK);
    assert_int_equal(fx->mails, 2);
    assert_string_equal(fx->mail, first);
    assert_state(fx, "sent");
}

static void given_recipients(struct fixture *fx, const char *list)
{
    static const struct cm_stmt recipients = {
        "given_recipients",
        "UPDATE organization SET report_recipients = $2::text::text[] WHERE id = $1"
    };
    struct cm_args *args = args_of(fx);

    cm_arg_uuid(args, fx->organization_id);
    cm_arg_text(args, list);
    execute(fx, &recipients, args);
}

static void who_was_refused_is_told_as_a_number_with_the_step(void **state)
{
    static const struct cm_stmt step = {
        "then_step",
        "SELECT state || ': ' || coalesce(reason, '') FROM call_step WHERE call_id = $1"
        " AND step = 'report'"
    };
    struct fixture *fx = *state;
    struct cm_event due = a_due_report(fx);
    struct cm_args *args = args_of(fx);
    CM_OWN(cm_rows) row = NULL;
    CM_OWN(cm_rows) reason = NULL;

    given_recipients(fx, "{ada@example.com,nobody@example.com,alan@example.com}");
    fx->unwanted = "nobody@example.com";
    assert_int_equal(handle(fx, &due), CM_OK);

    assert_string_equal(fx->to, "ada@example.com nobody@example.com alan@example.com ");
    row = report_row(fx);
    assert_true(cm_str_is(cm_row_str(row, 0, 0), "sent"));
    assert_true(cm_str_is(cm_row_str(row, 0, 1), "{ada@example.com,alan@example.com}"));
    assert_int_equal(
        cm_bench_event(fx->bench, EVENT_CALL_REPORTED, 0)->call_reported.recipient_count, 2);
    cm_arg_uuid(args, fx->call_id);
    assert_int_equal(cm_db_query(fx->db, &step, args, &reason, &fx->err), CM_OK);
    assert_true(
        cm_str_is(cm_row_str(reason, 0, 0), "done: 1 of 3 recipients was refused: 550 5.1.1"));
}

static void without_recipients_nothing_is_mailed_and_the_row_says_so(void **state)
{
    struct fixture *fx = *state;
    struct cm_event due = a_due_report(fx);

    given_recipients(fx, "{\"not an address\"}");
    assert_int_equal(handle(fx, &due), CM_OK);
    assert_int_equal(fx->mails, 0);
    assert_int_equal(cm_bench_emitted(fx->bench, EVENT_CALL_REPORTED), 0);
    assert_int_equal(cm_bench_emitted(fx->bench, EVENT_CALL_STEP_SKIPPED), 1);
    assert_state(fx, "skipped");
}

static void a_mail_server_that_is_busy_is_tried_again(void **state)
{
    struct fixture *fx = *state;
    struct cm_event due = a_due_report(fx);

    fx->mail_answer = CM_RETRY;
    assert_int_equal(handle(fx, &due), CM_RETRY);
    assert_state(fx, "sending");
    fx->mail_answer = CM_OK;
    assert_int_equal(handle(fx, &due), CM_OK);
    assert_int_equal(fx->mails, 1);
    assert_state(fx, "sent");
}

static void a_mail_that_is_refused_for_good_is_rejected(void **state)
{
    struct fixture *fx = *state;
    struct cm_event due = a_due_report(fx);

    fx->mail_answer = CM_REJECT;
    assert_int_equal(handle(fx, &due), CM_REJECT);
    assert_int_equal(cm_bench_emitted(fx->bench, EVENT_CALL_REPORTED), 0);
}

static void a_call_that_was_deleted_is_not_reported(void **state)
{
    static const struct cm_stmt drop = { "when_deleted", "DELETE FROM call WHERE id = $1" };
    struct fixture *fx = *state;
    struct cm_event due = a_due_report(fx);
    struct cm_args *args = args_of(fx);

    cm_arg_uuid(args, fx->call_id);
    execute(fx, &drop, args);
    assert_int_equal(handle(fx, &due), CM_OK);
    assert_int_equal(fx->mails, 0);
}

static void a_time_zone_that_nobody_knows_is_utc(void **state)
{
    static const struct cm_stmt odd = {
        "given_odd_zone", "UPDATE organization SET time_zone = 'Middle/Earth' WHERE id = $1"
    };
    struct fixture *fx = *state;
    struct cm_event due = a_due_report(fx);
    struct cm_args *args = args_of(fx);

    cm_arg_uuid(args, fx->organization_id);
    execute(fx, &odd, args);
    assert_int_equal(handle(fx, &due), CM_OK);
    assert_non_null(strstr(fx->mail, "(UTC)"));
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_report_is_due_when_the_last_of_the_three_has_ended),
        WITH_FIXTURE(a_report_is_due_once_whatever_comes_later),
        WITH_FIXTURE(an_event_that_was_heard_before_changes_nothing),
        WITH_FIXTURE(the_report_goes_to_the_organizations_recipients),
        WITH_FIXTURE(a_due_report_that_was_sent_is_not_sent_again),
        WITH_FIXTURE(a_mail_that_may_have_left_is_repeated_byte_by_byte),
        WITH_FIXTURE(who_was_refused_is_told_as_a_number_with_the_step),
        WITH_FIXTURE(without_recipients_nothing_is_mailed_and_the_row_says_so),
        WITH_FIXTURE(a_mail_server_that_is_busy_is_tried_again),
        WITH_FIXTURE(a_mail_that_is_refused_for_good_is_rejected),
        WITH_FIXTURE(a_call_that_was_deleted_is_not_reported),
        WITH_FIXTURE(a_time_zone_that_nobody_knows_is_utc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
