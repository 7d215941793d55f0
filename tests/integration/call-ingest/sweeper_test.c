/* sweeper_test.c - what never came is asked for, and every call comes to its end. */
#include "ground.h"

#include "store_sweep.h"
#include "until.h"

#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static struct sweeper_options options_of(struct ground *g)
{
    return (struct sweeper_options){ .sweep = { .call_after_us = 15 * MINUTE,
                                                .recording_after_us = 5 * MINUTE,
                                                .pending_after_us = 30 * SECOND,
                                                .give_up_us = 24 * HOUR,
                                                .batch_max = 50 },
                                     .interval_ms = 1000,
                                     .retention = { .intake = &g->app.intake, .batch_max = 50 },
                                     .intake = &g->app.intake,
                                     .twilio = g->app.twilio };
}

static void sweep_at(struct ground *g, int64_t now_us)
{
    struct sweeper_options options = options_of(g);

    if (sweep(&options, now_us, NULL, NULL, &g->err))
        fail_msg("%s", g->err.msg);
}

static void told(struct ground *g, const struct callback *cb, const char *form)
{
    enum intake_answer answer;
    struct intake_plan plan;

    if (intake_take(&g->app.intake, cb, cm_str_of(form), GROUND_TIME, g->arena, &answer, &plan,
                    &g->err))
        fail_msg("%s", g->err.msg);
}

/* Call `n` as far as Twilio told of it. */
static void told_status(struct ground *g, int n, enum call_status status)
{
    struct callback cb = { .kind = CALLBACK_STATUS,
                           .call_sid = cm_str_of(g->world.calls[n].sid),
                           .account_sid = CM_STR(ACCOUNT),
                           .has_numbers = true,
                           .from = CM_STR("+15550001111"),
                           .to = g->number,
                           .status = status,
                           .sequence = status == CALL_RINGING ? 0 : 2,
                           .at_us = { true, GROUND_TIME } };

    told(g, &cb, "x");
}

static void told_recording(struct ground *g, int n, enum recording_status status)
{
    struct callback cb = { .kind = CALLBACK_RECORDING,
                           .call_sid = cm_str_of(g->world.calls[n].sid),
                           .account_sid = CM_STR(ACCOUNT),
                           .recording_sid = cm_str_of(g->world.calls[n].recordings[0].sid),
                           .recording_status = status,
                           .sequence = -1 };

    told(g, &cb,
         cm_arena_printf(g->arena,
                         "AccountSid=" ACCOUNT
                         "&CallSid=%s&RecordingSid=%s&RecordingStatus=completed"
                         "&RecordingDuration=4&RecordingChannels=2",
                         g->world.calls[n].sid, g->world.calls[n].recordings[0].sid)
             .at);
}

static struct cm_str status_of(struct ground *g, int n)
{
    return ground_ask(g, "SELECT status || ' ' || recording_awaited FROM call WHERE call_sid = $1",
                      cm_str_of(g->world.calls[n].sid));
}

static struct cm_str record_step_of(struct ground *g, int n)
{
    return ground_ask(g,
                      "SELECT s.state || ': ' || coalesce(reason, '') FROM call_step s JOIN call c "
                      "ON c.id = s.call_id"
                      " WHERE call_sid = $1 AND step = 'record'",
                      cm_str_of(g->world.calls[n].sid));
}

static void a_call_whose_end_never_came_is_asked_for(void **state)
{
    struct ground *g = *state;

    ground_twilio(g, 1, 0);
    told_status(g, 0, CALL_RINGING);
    ground_placed(g, 0, true, false);
    sweep_at(g, GROUND_TIME + 14 * MINUTE);
    assert_true(cm_str_is(status_of(g, 0), "ringing true")); /* not yet */
    sweep_at(g, GROUND_TIME + 16 * MINUTE);
    assert_true(cm_str_starts(status_of(g, 0), "completed"));
    assert_int_equal(ground_emitted(g, EVENT_CALL_ENDED), 1);
    assert_int_equal(cm_bench_event(g->bench, EVENT_CALL_ENDED, 0)->call_ended.duration_ms.value,
                     60000);
}

static void a_call_that_goes_on_is_asked_about_again_later(void **state)
{
    struct ground *g = *state;

    ground_twilio(g, 1, 0);
    told_status(g, 0, CALL_RINGING);
    ground_placed(g, 0, false, false);
    sweep_at(g, GROUND_TIME + 16 * MINUTE);
    assert_true(cm_str_starts(status_of(g, 0), "in-progress"));
    ground_placed(g, 0, true, false);
    sweep_at(g, GROUND_TIME + 17 * MINUTE); /* asked a minute ago */
    assert_true(cm_str_starts(status_of(g, 0), "in-progress"));
    sweep_at(g, GROUND_TIME + 40 * MINUTE);
    assert_true(cm_str_starts(status_of(g, 0), "completed"));
}

static void a_call_that_twilio_does_not_know_has_failed(void **state)
{
    struct ground *g = *state;

    ground_twilio(g, 1, 0);
    told_status(g, 0, CALL_RINGING);
    sweep_at(g, GROUND_TIME + 16 * MINUTE);
    assert_true(cm_str_is(status_of(g, 0), "failed false"));
    assert_int_equal(ground_emitted(g, EVENT_CALL_ENDED), 1);
}

static void no_call_goes_on_for_ever(void **state)
{
    struct ground *g = *state;

    ground_twilio(g, 2, 0);
    told_status(g, 0, CALL_IN_PROGRESS);
    told_status(g, 1, CALL_IN_PROGRESS);
    ground_placed(g, 0, false, false);
    ground_placed(g, 1, false, false);
    sweep_at(g, GROUND_TIME + 23 * HOUR);
    assert_true(cm_str_starts(status_of(g, 0), "in-progress"));
    g->world.calls[1].placed = false;
    rest_free(g->rest); /* and of the other one nobody can be asked */
    g->rest = NULL;
    sweep_at(g, GROUND_TIME + 25 * HOUR);
    assert_true(cm_str_starts(status_of(g, 0), "failed"));
    assert_true(cm_str_starts(status_of(g, 1), "failed"));
    assert_int_equal(ground_emitted(g, EVENT_CALL_ENDED), 2);
}

static void twilio_away_is_no_reason_to_give_up(void **state)
{
    struct ground *g = *state;

    ground_twilio(g, 1, 1);
    told_status(g, 0, CALL_RINGING);
    told_status(g, 0, CALL_COMPLETED);
    rest_free(g->rest);
    g->rest = NULL;
    sweep_at(g, GROUND_TIME + 2 * HOUR);
    assert_true(cm_str_is(status_of(g, 0), "completed true"));
}

static void a_recording_that_was_not_announced_is_found(void **state)
{
    struct ground *g = *state;

    ground_twilio(g, 1, 2);
    told_status(g, 0, CALL_COMPLETED);
    ground_placed(g, 0, true, true);
    sweep_at(g, GROUND_TIME + 4 * MINUTE);
    assert_int_equal(ground_emitted(g, EVENT_RECORDING_AVAILABLE), 0);
    sweep_at(g, GROUND_TIME + 6 * MINUTE);
    assert_int_equal(ground_emitted(g, EVENT_RECORDING_AVAILABLE), 2);
    assert_true(cm_str_is(status_of(g, 0), "completed false"));
    sweep_at(g, GROUND_TIME + HOUR);
    assert_int_equal(ground_emitted(g, EVENT_RECORDING_AVAILABLE), 2);
}

static void a_recording_whose_end_was_not_told_is_found(void **state)
{
    struct ground *g = *state;

    ground_twilio(g, 1, 1);
    told_status(g, 0, CALL_COMPLETED);
    told_recording(g, 0, RECORDING_IN_PROGRESS);
    ground_placed(g, 0, true, true);
    sweep_at(g, GROUND_TIME + 6 * MINUTE);
    assert_int_equal(ground_emitted(g, EVENT_RECORDING_AVAILABLE), 1);
}

static void a_call_that_was_never_recorded_says_so(void **state)
{
    struct ground *g = *state;

    ground_twilio(g, 1, 0);
    told_status(g, 0, CALL_COMPLETED);
    ground_placed(g, 0, true, false);
    sweep_at(g, GROUND_TIME + 6 * MINUTE);
    assert_true(cm_str_is(status_of(g, 0), "completed false"));
    assert_true(cm_str_is(record_step_of(g, 0), "failed: Twilio made no recording of the call"));
}

static void a_recording_that_is_never_complete_is_given_up(void **state)
{
    struct ground *g = *state;

    ground_twilio(g, 1, 1);
    told_status(g, 0, CALL_COMPLETED);
    ground_placed(g, 0, true, true);
    g->world.calls[0].recordings[0].done = false;
    sweep_at(g, GROUND_TIME + 23 * HOUR);
    assert_true(cm_str_is(status_of(g, 0), "completed true"));
    sweep_at(g, GROUND_TIME + 25 * HOUR);
    assert_true(cm_str_is(status_of(g, 0), "completed false"));
    assert_true(cm_str_is(record_step_of(g, 0), "failed: Twilio never completed the recording"));
}

static void the_call_of_a_kept_callback_is_found(void **state)
{
    struct ground *g = *state;

    ground_twilio(g, 1, 1);
    told_recording(g, 0, RECORDING_COMPLETED); /* all that ever came */
    ground_placed(g, 0, true, true);
    sweep_at(g, GROUND_TIME + 40 * SECOND);
    assert_true(cm_str_is(status_of(g, 0), "completed false"));
    assert_int_equal(ground_emitted(g, EVENT_CALL_STARTED), 1);
    assert_int_equal(ground_emitted(g, EVENT_CALL_ENDED), 1);
    assert_int_equal(ground_emitted(g, EVENT_RECORDING_AVAILABLE), 1);
}

static void kept_callbacks_of_nobodys_call_are_dropped_in_the_end(void **state)
{
    struct ground *g = *state;
    static const char kept[] = "SELECT count(*)::text FROM pending_callback WHERE call_sid = $1";

    ground_twilio(g, 2, 1);
    told_recording(g, 0, RECORDING_COMPLETED);
    told_recording(g, 1, RECORDING_COMPLETED);
    ground_placed(g, 1, true, true);
    g->world.calls[1].to = "+19999999999999"; /* a number that no organization has */
    sweep_at(g, GROUND_TIME + HOUR);
    assert_int_equal(ground_count(g, kept, cm_str_of(g->world.calls[0].sid)), 1);
    assert_int_equal(ground_count(g, kept, cm_str_of(g->world.calls[1].sid)), 0);
    sweep_at(g, GROUND_TIME + 25 * HOUR);
    assert_int_equal(ground_count(g, kept, cm_str_of(g->world.calls[0].sid)), 0);
    assert_int_equal(ground_emitted(g, EVENT_CALL_STARTED), 0);
}

static void kept_callbacks_of_a_call_that_cannot_be_made_are_dropped_in_the_end(void **state)
{
    struct ground *g = *state;
    static const char kept[] = "SELECT count(*)::text FROM pending_callback WHERE call_sid = $1";
    struct cm_str sid;

    ground_twilio(g, 1, 1);
    told_recording(g, 0, RECORDING_COMPLETED);
    ground_placed(g, 0, true, true);
    g->world.calls[0].to = "";
    sid = cm_str_of(g->world.calls[0].sid);
    sweep_at(g, GROUND_TIME + HOUR);
    assert_int_equal(ground_count(g, kept, sid), 1);
    sweep_at(g, GROUND_TIME + 25 * HOUR);
    assert_int_equal(ground_count(g, kept, sid), 0);
}

static void a_sweep_takes_no_more_than_its_batch(void **state)
{
    struct ground *g = *state;
    struct sweeper_options options;

    ground_twilio(g, 5, 0);
    for (int i = 0; i < 5; i++)
        told_status(g, i, CALL_RINGING);
    options = options_of(g);
    options.sweep.batch_max = 2;
    for (int sweeps = 1; sweeps <= 3; sweeps++) {
        assert_int_equal(sweep(&options, GROUND_TIME + 16 * MINUTE, NULL, NULL, &g->err), CM_OK);
        assert_int_equal(ground_emitted(g, EVENT_CALL_ENDED), sweeps < 3 ? 2 * sweeps : 5);
    }
}

/* ---- between replicas ---- */

/* How often the sweepers of this database have asked for the lock. */
static struct cm_str last_asked(struct ground *g)
{
    return ground_ask(
        g,
        "SELECT max(query_start)::text FROM pg_stat_activity WHERE datname = current_database()"
        " AND query LIKE 'SELECT pg_try_advisory_lock%' AND pid <> pg_backend_pid()",
        CM_STR(""));
}

/* The wall clock is decades after the test's time: only calls of 2001 are silent for so long. */
static struct sweeper_options live_options_of(struct ground *g)
{
    struct sweeper_options options = options_of(g);

    options.sweep.call_after_us = INT64_C(3650) * 24 * HOUR;
    options.sweep.recording_after_us = options.sweep.pending_after_us = options.sweep.call_after_us;
    options.interval_ms = 20;
    return options;
}

static void one_replica_sweeps_and_another_takes_over_when_it_is_gone(void **state)
{
    struct ground *g = *state;
    CM_OWN(cm_listener) first = NULL; /* stands for a replica that holds the lock */
    CM_OWN(cm_rows) rows = NULL;
    CM_OWN(sweeper) second = NULL;
    struct sweeper_options options;
    struct cm_str asked;

    ground_twilio(g, 1, 0);
    told_status(g, 0, CALL_RINGING);
    options = live_options_of(g);
    assert_int_equal(cm_listener_new(g->db, "x", &first, &g->err), CM_OK);
    assert_int_equal(cm_listener_query(first, &store_sweeper_lock, NULL, &rows, &g->err), CM_OK);
    assert_true(cm_row_bool(rows, 0, 0));

    asked = last_asked(g);
    assert_int_equal(sweeper_start(&options, &second, &g->err), CM_OK);
    for (int i = 0; i < 3; i++) {
        until(!cm_str_eq(last_asked(g), asked));
        asked = last_asked(g);
    }
    assert_true(cm_str_starts(status_of(g, 0), "ringing"));

    cm_listener_free(first); /* killed, say */
    first = NULL;
    until(cm_str_starts(status_of(g, 0), "failed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUND_TEST(a_call_whose_end_never_came_is_asked_for),
        GROUND_TEST(a_call_that_goes_on_is_asked_about_again_later),
        GROUND_TEST(a_call_that_twilio_does_not_know_has_failed),
        GROUND_TEST(no_call_goes_on_for_ever),
        GROUND_TEST(twilio_away_is_no_reason_to_give_up),
        GROUND_TEST(a_recording_that_was_not_announced_is_found),
        GROUND_TEST(a_recording_whose_end_was_not_told_is_found),
        GROUND_TEST(a_call_that_was_never_recorded_says_so),
        GROUND_TEST(a_recording_that_is_never_complete_is_given_up),
        GROUND_TEST(the_call_of_a_kept_callback_is_found),
        GROUND_TEST(kept_callbacks_of_nobodys_call_are_dropped_in_the_end),
        GROUND_TEST(kept_callbacks_of_a_call_that_cannot_be_made_are_dropped_in_the_end),
        GROUND_TEST(a_sweep_takes_no_more_than_its_batch),
        GROUND_TEST(one_replica_sweeps_and_another_takes_over_when_it_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
