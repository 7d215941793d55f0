/* What becomes of events that fail for good. */
#include "ground.h"

static void one_bad_event_does_not_hold_its_batch_back(void **state)
{
    static const char *const bad[] = { "reject", "bad-row", "never" };
    struct stage *stage = *state;
    struct cm_uuid good[50], doomed[3];

    for (size_t i = 0; i < 50; i++) {
        good[i] = stage_call(stage);
        stage_publish(stage, EVENT_CALL_STARTED, good[i], "work");
        if (i % 20 == 0) {
            doomed[i / 20] = stage_call(stage);
            stage_publish(stage, EVENT_CALL_STARTED, doomed[i / 20], bad[i / 20]);
        }
    }
    stage_probe_start(stage);
    stage_until(stage, &sql_all_effects, stage->organization_id, 50);
    for (size_t i = 0; i < 3; i++)
        stage_until(stage, &sql_letters, doomed[i], 1);
    assert_int_equal(stage_number(stage, &sql_step_failed, doomed[0]), 1);
    assert_int_equal(stage_number(stage, &sql_step_failed, doomed[2]), 1);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(stage_number(stage, &sql_effects, doomed[i]), 0);
    assert_int_equal(stage_probe_stop(stage), 0);
}

static void a_dead_letter_is_the_message_as_it_came_with_the_reason(void **state)
{
    struct stage *stage = *state;
    struct cm_uuid call = stage_call(stage);
    const char *dead_letters =
        cm_arena_text(stage->arena, cm_dead_letter_topic(stage->arena, stage->prefix, stage->name));
    struct cm_str value = { 0 };
    struct cm_message_in *letter;
    struct reader *reader;

    stage_publish_bytes(stage, EVENT_CALL_STARTED, "a key", CM_STR("\0no avro at all"));
    stage_probe_start(stage);
    reader = read_topic(stage, dead_letters, 1);
    letter = &reader->messages[0];
    assert_true(cm_str_is(letter->key, "a key"));
    assert_true(cm_str_eq(letter->value, CM_STR("\0no avro at all")));
    assert_true(cm_message_header(letter, "__connect.errors.stage", &value));
    assert_true(cm_str_is(value, "decode"));
    assert_true(cm_message_header(letter, "__connect.errors.topic", &value));
    assert_true(cm_str_is(value, topic_of(stage, EVENT_CALL_STARTED)));
    assert_true(cm_message_header(letter, "__connect.errors.exception.class.name", &value));
    assert_true(cm_str_is(value, "reject"));

    stage_publish(stage, EVENT_CALL_RECORDED, call, "reject-in-prepare");
    stage_until(stage, &sql_step_failed, call, 1);
    reader_close(reader);
    reader = read_topic(stage, topic_of(stage, EVENT_CALL_STEP_FAILED), 1);
    assert_true(cm_str_is(reader->messages[0].key, cm_uuid_text(call).at));
    reader_close(reader);
    assert_int_equal(stage_probe_stop(stage), 0);
}

static void what_waits_behind_a_failed_step_says_so_until_it_is_driven_again(void **state)
{
    static const struct cm_stmt open = {
        "test_open", "INSERT INTO call_step (call_id, organization_id, step)"
                     " SELECT c.id, c.organization_id, s FROM call c,"
                     " unnest(ARRAY['record', 'transcribe', 'enrich', 'report']) s"
                     " WHERE c.id = $1 RETURNING 0"
    };
    static const struct cm_stmt behind = {
        "test_behind", "SELECT count(*) FROM call_step WHERE call_id = $1 AND state = 'waiting'"
                       " AND reason = 'behind transcribe, which failed'"
    };
    static const struct cm_stmt silent = {
        "test_silent", "SELECT count(*) FROM call_step WHERE call_id = $1 AND state = 'waiting'"
                       " AND reason IS NULL"
    };
    struct stage *stage = *state;
    struct cm_uuid call = stage_call(stage);

    (void)stage_number(stage, &open, call);
    stage_publish(stage, EVENT_CALL_RECORDED, call, "reject-in-prepare");
    stage_probe_start(stage);
    stage_until(stage, &sql_step_failed, call, 1);
    assert_int_equal(stage_number(stage, &behind, call), 2);
    assert_int_equal(stage_number(stage, &silent, call), 1); /* record */

    stage_publish(stage, EVENT_CALL_RECORDED, call, "work");
    stage_until(stage, &sql_effects, call, 1);
    assert_int_equal(stage_number(stage, &behind, call), 0);
    assert_int_equal(stage_number(stage, &silent, call), 3);
    assert_int_equal(stage_probe_stop(stage), 0);
}

/* The event about the new transcription is on its way, and is what the step depends on. */
static void what_fails_as_its_transcription_is_replaced_leaves_no_letter(void **state)
{
    static const struct cm_stmt seen_to = { "test_seen_to",
                                            "SELECT count(*) FROM inbox WHERE event_id = $1" };
    struct stage *stage = *state;
    struct cm_uuid call = stage_call(stage), event;

    stage_transcription(stage, call);
    event = stage_publish(stage, EVENT_CALL_TRANSCRIBED, call, "replaced-meanwhile");
    stage_probe_start(stage);
    stage_until(stage, &seen_to, event, 1);
    assert_int_equal(stage_number(stage, &sql_letters, call), 0);
    assert_int_equal(stage_number(stage, &sql_step_failed, call), 0);
    assert_int_equal(stage_probe_stop(stage), 0);
}

int letter_stories(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(one_bad_event_does_not_hold_its_batch_back),
        ON_STAGE(a_dead_letter_is_the_message_as_it_came_with_the_reason),
        ON_STAGE(what_fails_as_its_transcription_is_replaced_leaves_no_letter),
        ON_STAGE(what_waits_behind_a_failed_step_says_so_until_it_is_driven_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
