/* Processes that are killed, stopped, and take over from each other. */
#include <time.h>

#include "ground.h"

static void killed_again_and_again_it_still_does_everything_once(void **state)
{
    enum { CALLS = 200, KILLS = 6 };
    static const int moments_ms[KILLS] = { 900, 1500, 700, 1900, 1200, 1600 };
    struct stage *stage = *state;
    struct cm_uuid call = { 0 };

    for (int i = 0; i < CALLS; i++) {
        call = stage_call(stage);
        stage_publish(stage, EVENT_CALL_STARTED, call, "work");
        stage_publish(stage, EVENT_CALL_RECORDED, call, i % 4 ? "work" : "slow");
    }
    for (int i = 0; i < KILLS; i++) {
        struct timespec moment = { .tv_sec = moments_ms[i] / 1000,
                                   .tv_nsec = (long)(moments_ms[i] % 1000) * 1000000 };

        stage_probe_start(stage);
        nanosleep(&moment, NULL); /* not a wait for something: the moment of a murder */
        stage_probe_kill(stage);
    }
    call = stage_call(stage); /* of the one that lives */
    stage_publish(stage, EVENT_CALL_STARTED, call, "work");
    stage_publish(stage, EVENT_CALL_RECORDED, call, "work");
    stage_probe_start(stage);
    stage_until(stage, &sql_all_effects, stage->organization_id, (int64_t)2 * (CALLS + 1));
    stage_until(stage, &sql_outbox, call, 0);
    assert_int_equal(stage_probe_stop(stage), 0);

    assert_int_equal(stage_number(stage, &sql_not_twice, stage->organization_id), 0);
    reader_close(read_topic(stage, topic_of(stage, EVENT_CALL_ENDED), (size_t)2 * (CALLS + 1)));
}

static void sigterm_in_the_midst_of_work_ends_with_0_and_loses_nothing(void **state)
{
    enum { CALLS = 60 };
    struct stage *stage = *state;

    for (int i = 0; i < CALLS; i++)
        stage_publish(stage, EVENT_CALL_RECORDED, stage_call(stage), "slow");
    stage_probe_start(stage);
    stage_until_least(stage, &sql_all_effects, stage->organization_id, 4);
    assert_int_equal(stage_probe_stop(stage), 0);
    assert_true(stage_number(stage, &sql_all_effects, stage->organization_id) < CALLS);

    stage_probe_start(stage);
    stage_until(stage, &sql_all_effects, stage->organization_id, CALLS);
    assert_int_equal(stage_probe_stop(stage), 0);
}

static const struct cm_stmt sql_waiting = {
    "test_waiting", "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'probe-%'"
                    " AND wait_event_type = 'Lock' AND $1::uuid IS NOT NULL"
};
static const struct cm_stmt sql_step_done = {
    "test_step_done",
    "SELECT count(*) FROM call_step WHERE call_id = $1 AND step = 'transcribe' AND state = 'done'"
};

/* The process that had the partition before is about to commit. */
static struct cm_tx *given_persisting(struct stage *stage, struct cm_uuid call_id,
                                      struct cm_uuid event_id)
{
    static const struct cm_stmt seen = { "test_seen", "INSERT INTO inbox (service, event_id)"
                                                      " VALUES ($1, $2)" };
    static const struct cm_stmt running = {
        "test_running", "INSERT INTO call_step (call_id, organization_id, step, state)"
                        " SELECT id, organization_id, 'transcribe', 'running' FROM call"
                        " WHERE id = $1"
    };
    static const struct cm_stmt done = { "test_done", "UPDATE call_step SET state = 'done'"
                                                      " WHERE call_id = $1" };
    struct cm_args *event = cm_args_new(stage->arena), *call = cm_args_new(stage->arena);
    struct cm_tx *tx = NULL;
    struct cm_err err = { 0 };

    cm_arg_text(event, stage->name);
    cm_arg_uuid(event, event_id);
    cm_arg_uuid(call, call_id);
    assert_int_equal(cm_db_query(stage->db, &running, call, NULL, &err), CM_OK);
    assert_int_equal(cm_tx_begin(stage->db, &tx, &err), CM_OK);
    assert_int_equal(cm_tx_send(tx, &seen, event, &err), CM_OK);
    assert_int_equal(cm_tx_query(tx, &done, call, NULL, &err), CM_OK);
    return tx;
}

static void a_step_that_another_process_is_just_ending_stays_ended(void **state)
{
    struct stage *stage = *state;
    struct cm_uuid call = stage_call(stage);
    struct cm_uuid event = stage_publish(stage, EVENT_CALL_RECORDED, call, "work");
    struct cm_tx *tx = given_persisting(stage, call, event);
    struct cm_err err = { 0 };

    stage_probe_start(stage);
    stage_until(stage, &sql_waiting, call, 1);
    stage_publish(stage, EVENT_CALL_STARTED, call, "work"); /* comes behind it */
    assert_int_equal(cm_tx_commit(&tx, &err), CM_OK);
    stage_until(stage, &sql_effects, call, 1);
    assert_int_equal(stage_number(stage, &sql_step_done, call), 1);
    assert_int_equal(stage_probe_stop(stage), 0);
}

static void a_second_process_takes_partitions_over_in_the_midst_of_work(void **state)
{
    enum { CALLS = 150 };
    struct stage *stage = *state;

    for (int i = 0; i < CALLS; i++) {
        struct cm_uuid call = stage_call(stage);

        stage_publish(stage, EVENT_CALL_STARTED, call, "work");
        stage_publish(stage, EVENT_CALL_RECORDED, call, "slow");
    }
    stage_probe_start(stage);
    stage_until_least(stage, &sql_all_effects, stage->organization_id, CALLS + 4);
    stage_second_start(stage);
    stage_until(stage, &sql_all_effects, stage->organization_id, (int64_t)2 * CALLS);
    assert_int_equal(stage_second_stop(stage), 0);
    assert_int_equal(stage_probe_stop(stage), 0);
    assert_int_equal(stage_number(stage, &sql_not_twice, stage->organization_id), 0);
}

int process_stories(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(killed_again_and_again_it_still_does_everything_once),
        ON_STAGE(sigterm_in_the_midst_of_work_ends_with_0_and_loses_nothing),
        ON_STAGE(a_step_that_another_process_is_just_ending_stays_ended),
        ON_STAGE(a_second_process_takes_partitions_over_in_the_midst_of_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
