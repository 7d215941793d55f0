/* intake_test.c - callbacks into rows: any order, any repetition, exactly once in effect. */
#include "callbacks.h"

#include "base/clock.h"

static void the_first_callback_makes_the_call_and_its_contact(void **state)
{
    struct ground *g = *state;
    struct cm_str sid = ground_sid(g, "CA", 0);
    struct told told = tell(g, 0, 0);
    const struct cm_event *event;

    assert_int_equal(told.answer, INTAKE_APPLIED);
    assert_true(told.plan.record);
    assert_true(
        cm_str_is(ground_ask(g, "SELECT status FROM call WHERE call_sid = $1", sid), "ringing"));
    assert_true(
        cm_str_is(ground_ask(g,
                             "SELECT t.number FROM call c JOIN contact t ON t.id = c.contact_id"
                             " WHERE call_sid = $1",
                             sid),
                  "+15550001111"));
    assert_int_equal(ground_emitted(g, EVENT_CALL_STARTED), 1);
    event = cm_bench_event(g->bench, EVENT_CALL_STARTED, 0);
    assert_true(cm_uuid_eq(event->head.organization_id, g->organization));
    assert_true(cm_uuid_eq(event->call_started.phone_number_id, g->number_id));
    assert_true(cm_str_is(event->call_started.direction, "inbound"));
    assert_true(event->call_started.contact_id.set);
}

/* All orders of six callbacks, each with a call of its own. */
static void every_order_of_callbacks_ends_in_the_same_rows(void **state)
{
    struct ground *g = *state;
    struct cm_str want = { 0 };
    unsigned calls = 0;

    for (unsigned code = 0; code < ORDERS; code++, calls++) {
        struct order order = order_of(code);
        struct cm_str got;

        for (int i = 0; i < FORMS; i++)
            tell(g, calls, order.form[i]);
        got = ground_digest(g, ground_sid(g, "CA", calls));
        if (!want.at)
            want = got;
        if (!cm_str_eq(got, want))
            fail_msg("order %u:\n%.*s\nwant:\n%.*s", code, CM_STR_FMT(got), CM_STR_FMT(want));
    }
    expect_events(g, calls);
}

static void the_same_callbacks_again_change_nothing(void **state)
{
    struct ground *g = *state;
    struct cm_str sid = ground_sid(g, "CA", 0), first, updated;
    unsigned rng = 1;

    for (int n = 0; n < FORMS; n++)
        tell(g, 0, n);
    first = ground_digest(g, sid);
    updated =
        ground_ask(g, "SELECT updated_at::text || xmin::text FROM call WHERE call_sid = $1", sid);
    for (int i = 0; i < 60; i++) {
        rng = rng * 1103515245 + 12345;
        tell(g, 0, (int)(rng >> 16) % FORMS);
    }
    assert_true(cm_str_eq(ground_digest(g, sid), first));
    assert_true(cm_str_eq(
        ground_ask(g, "SELECT updated_at::text || xmin::text FROM call WHERE call_sid = $1", sid),
        updated)); /* not even written again */
    expect_events(g, 1);
}

static void a_recording_callback_alone_is_kept_until_the_call_is_known(void **state)
{
    struct ground *g = *state;
    struct cm_str sid = ground_sid(g, "CA", 0);

    assert_int_equal(tell(g, 0, 5).answer, INTAKE_KEPT);
    assert_int_equal(tell(g, 0, 5).answer, INTAKE_KEPT);
    assert_int_equal(
        ground_count(g, "SELECT count(*)::text FROM pending_callback WHERE call_sid = $1", sid), 1);
    assert_int_equal(ground_count(g, "SELECT count(*)::text FROM call WHERE call_sid = $1", sid),
                     0);
    assert_int_equal(ground_emitted(g, EVENT_RECORDING_AVAILABLE), 0);

    assert_int_equal(tell(g, 0, 0).answer, INTAKE_APPLIED);
    assert_int_equal(
        ground_count(g, "SELECT count(*)::text FROM pending_callback WHERE call_sid = $1", sid), 0);
    assert_int_equal(ground_emitted(g, EVENT_RECORDING_AVAILABLE), 1);
}

static void an_announced_recording_opens_all_steps(void **state)
{
    struct ground *g = *state;

    tell(g, 0, 0);
    tell(g, 0, 5);
    assert_true(cm_str_is(
        ground_ask(g,
                   "SELECT string_agg(step || ':' || s.state, ' ' ORDER BY step) FROM call_step s"
                   " JOIN call c ON c.id = s.call_id WHERE call_sid = $1",
                   ground_sid(g, "CA", 0)),
        "analyze:waiting enrich:waiting extract-todos:waiting record:waiting report:waiting"
        " transcribe:waiting"));
}

static void an_absent_recording_is_a_failed_step_until_another_one_comes(void **state)
{
    struct ground *g = *state;
    struct cm_str sid = ground_sid(g, "CA", 0);
    static const char steps[] =
        "SELECT string_agg(step || ':' || s.state, ' ' ORDER BY step) FROM call_step s"
        " JOIN call c ON c.id = s.call_id WHERE call_sid = $1 AND step = 'record'";

    tell(g, 0, 0);
    tell_form(g, CALLBACK_RECORDING,
              cm_arena_printf(g->arena,
                              "AccountSid=" ACCOUNT
                              "&CallSid=%s&RecordingSid=%s&RecordingStatus=absent"
                              "&ErrorCode=13256",
                              sid.at, ground_sid(g, "RE", 99).at));
    assert_true(cm_str_is(ground_ask(g, steps, sid), "record:failed"));
    tell(g, 0, 5);
    assert_true(cm_str_is(ground_ask(g, steps, sid), "record:waiting"));
}

static void a_withheld_caller_is_nobodys_contact(void **state)
{
    struct ground *g = *state;
    static const char *const callers[] = { "anonymous", "%2B266696687", "" };

    for (unsigned i = 0; i < 3; i++) {
        struct cm_str sid = ground_sid(g, "CA", i);

        tell_form(g, CALLBACK_VOICE, form_of(g, sid, callers[i], g->number, "CallStatus=ringing"));
        assert_true(cm_str_is(
            ground_ask(g, "SELECT from_number FROM call WHERE call_sid = $1 AND contact_id IS NULL",
                       sid),
            "anonymous"));
    }
    assert_int_equal(
        ground_count(g, "SELECT count(*)::text FROM contact WHERE organization_id = $1::text::uuid",
                     cm_str_of(cm_uuid_text(g->organization).at)),
        0);
}

static void one_caller_is_one_contact(void **state)
{
    struct ground *g = *state;

    for (unsigned i = 0; i < 5; i++)
        tell(g, i, 0);
    assert_int_equal(
        ground_count(g, "SELECT count(*)::text FROM contact WHERE organization_id = $1::text::uuid",
                     cm_str_of(cm_uuid_text(g->organization).at)),
        1);
}

static void an_outbound_call_belongs_to_the_number_that_calls(void **state)
{
    struct ground *g = *state;
    struct cm_str sid = ground_sid(g, "CA", 0);

    tell_form(g, CALLBACK_STATUS,
              cm_arena_printf(g->arena,
                              "AccountSid=" ACCOUNT
                              "&CallSid=%s&Direction=outbound-api&From=%%2B%s&To=%%2B15550002222"
                              "&CallStatus=ringing&SequenceNumber=0",
                              sid.at, g->number.at + 1));
    assert_true(cm_str_is(
        ground_ask(
            g,
            "SELECT direction || ' ' || t.number FROM call c JOIN contact t ON t.id = contact_id"
            " WHERE call_sid = $1",
            sid),
        "outbound +15550002222"));
}

static void an_unknown_number_makes_no_call_of_anybody(void **state)
{
    struct ground *g = *state;
    struct cm_str sid = ground_sid(g, "CA", 0);
    struct told told = tell_form(
        g, CALLBACK_VOICE,
        form_of(g, sid, "%2B15550001111", CM_STR("+19999999999999"), "CallStatus=ringing"));

    assert_int_equal(told.answer, INTAKE_NOT_OURS);
    assert_int_equal(ground_count(g, "SELECT count(*)::text FROM call WHERE call_sid = $1", sid),
                     0);
    assert_int_equal(ground_emitted(g, EVENT_CALL_STARTED), 0);
}

static void a_deleted_call_stays_deleted(void **state)
{
    struct ground *g = *state;
    struct cm_str sid = ground_sid(g, "CA", 0);

    for (int n = 0; n < FORMS; n++)
        tell(g, 0, n);
    ground_do(g, "DELETE FROM call WHERE call_sid = $1", sid);
    for (int n = 0; n < FORMS; n++)
        assert_int_equal(tell(g, 0, n).answer, INTAKE_DELETED);
    assert_int_equal(ground_count(g, "SELECT count(*)::text FROM call WHERE call_sid = $1", sid),
                     0);
    assert_int_equal(
        ground_count(g, "SELECT count(*)::text FROM pending_callback WHERE call_sid = $1", sid), 0);
    expect_events(g, 1);
}

static void an_unanswered_call_waits_for_no_recording(void **state)
{
    struct ground *g = *state;
    struct cm_str sid = ground_sid(g, "CA", 0);

    tell(g, 0, 0);
    assert_true(cm_str_is(
        ground_ask(g, "SELECT recording_awaited::text FROM call WHERE call_sid = $1", sid),
        "true"));
    tell_form(
        g, CALLBACK_STATUS,
        form_of(g, sid, "%2B15550001111", g->number, "CallStatus=no-answer&SequenceNumber=1"));
    assert_true(cm_str_is(
        ground_ask(g, "SELECT recording_awaited::text FROM call WHERE call_sid = $1", sid),
        "false"));
}

static void a_database_that_is_away_is_told_as_such(void **state)
{
    struct ground *g = *state;
    CM_OWN(cm_db) away = NULL;
    struct intake intake = g->app.intake;
    struct callback cb = { .kind = CALLBACK_STATUS, .call_sid = ground_sid(g, "CA", 0) };
    struct told told;

    assert_int_equal(
        cm_db_new("postgresql://nobody@127.0.0.1:1/x", 1, 2000, "away", NULL, &away, &g->err),
        CM_OK);
    intake.db = away;
    assert_int_equal(intake_take(&intake, &cb, CM_STR("x"), GROUND_TIME, g->arena, &told.answer,
                                 &told.plan, &g->err),
                     CM_RETRY);
    assert_true(g->err.away);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUND_TEST(the_first_callback_makes_the_call_and_its_contact),
        GROUND_TEST(every_order_of_callbacks_ends_in_the_same_rows),
        GROUND_TEST(the_same_callbacks_again_change_nothing),
        GROUND_TEST(a_recording_callback_alone_is_kept_until_the_call_is_known),
        GROUND_TEST(an_announced_recording_opens_all_steps),
        GROUND_TEST(an_absent_recording_is_a_failed_step_until_another_one_comes),
        GROUND_TEST(a_withheld_caller_is_nobodys_contact),
        GROUND_TEST(one_caller_is_one_contact),
        GROUND_TEST(an_outbound_call_belongs_to_the_number_that_calls),
        GROUND_TEST(an_unknown_number_makes_no_call_of_anybody),
        GROUND_TEST(a_deleted_call_stays_deleted),
        GROUND_TEST(an_unanswered_call_waits_for_no_recording),
        GROUND_TEST(a_database_that_is_away_is_told_as_such),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
