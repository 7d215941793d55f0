/* The runner with a real Kafka, registry and PostgreSQL: what the delivery promise says. */
#include "ground.h"

#include "bus/admin.h"

static void an_event_has_its_effect_and_its_event_carries_the_trace_on(void **state)
{
    struct stage *stage = *state;
    struct cm_uuid call = stage_call(stage);
    struct cm_str value = { 0 };
    struct cm_message_in *message;
    struct reader *reader;

    stage_publish(stage, EVENT_CALL_STARTED, call, "work");
    stage_probe_start(stage);
    stage_until(stage, &sql_effects, call, 1);
    stage_until(stage, &sql_attempts, call, 1);
    stage_until(stage, &sql_outbox, call, 0);

    reader = read_topic(stage, topic_of(stage, EVENT_CALL_ENDED), 1);
    message = &reader->messages[0];
    assert_true(cm_str_is(message->key, cm_uuid_text(call).at));
    assert_true(cm_message_header(message, "traceparent", &value));
    assert_int_equal(strncmp(value.at, "00-0af7651916cd43dd8448eb211c80319c-", 36), 0);
    assert_int_not_equal(strncmp(value.at + 36, "b7ad6b7169203331", 16), 0);
    assert_true(cm_message_header(message, "ce_type", &value));
    assert_true(cm_str_is(value, "callmill.call.ended"));
    assert_true(cm_message_header(message, "ce_source", &value));
    assert_true(cm_str_starts(value, "callmill/probe-"));
    reader_close(reader);
    assert_int_equal(stage_probe_stop(stage), 0);
}

static void a_repeated_event_has_its_effect_once(void **state)
{
    struct stage *stage = *state;
    struct cm_uuid call = stage_call(stage), other = stage_call(stage);
    struct cm_uuid cheap = stage_publish(stage, EVENT_CALL_STARTED, call, "work");
    struct cm_uuid slow = stage_publish(stage, EVENT_CALL_RECORDED, call, "work");

    for (int i = 0; i < 3; i++) {
        stage_publish_again(stage, EVENT_CALL_STARTED, call, "work", cheap);
        stage_publish_again(stage, EVENT_CALL_RECORDED, call, "work", slow);
    }
    stage_probe_start(stage);
    stage_until(stage, &sql_effects, call, 2);
    assert_int_equal(stage_probe_stop(stage), 0);

    stage_publish_again(stage, EVENT_CALL_RECORDED, call, "work", slow);
    stage_publish(stage, EVENT_CALL_RECORDED, other, "work");
    stage_probe_start(stage);
    stage_until(stage, &sql_effects, other, 1);
    assert_int_equal(stage_probe_stop(stage), 0);
    assert_int_equal(stage_number(stage, &sql_effects, call), 2);
}

static void what_fails_now_and_then_is_tried_again(void **state)
{
    struct stage *stage = *state;
    struct cm_uuid cheap = stage_call(stage), slow = stage_call(stage);

    stage_publish(stage, EVENT_CALL_STARTED, cheap, "flaky");
    stage_publish(stage, EVENT_CALL_RECORDED, slow, "flaky");
    stage_probe_start(stage);
    stage_until(stage, &sql_effects, cheap, 1);
    stage_until(stage, &sql_effects, slow, 1);
    assert_int_equal(stage_number(stage, &sql_attempts, cheap), 3);
    assert_int_equal(stage_number(stage, &sql_attempts, slow), 3);
    assert_int_equal(stage_probe_stop(stage), 0);
}

/* Nothing more is on the topic than what was read. */
static void assert_read_to_the_end(struct reader *reader)
{
    enum cm_poll_answer answer = CM_POLL_NOTHING;
    struct cm_message_in more;
    struct cm_err err = { 0 };

    for (int i = 0; i < 5; i++) {
        assert_int_equal(cm_consumer_poll(reader->consumer, 200, &answer, &more, &err), CM_OK);
        assert_int_not_equal(answer, CM_POLL_MESSAGE);
    }
}

static void events_of_a_deleted_call_leave_nothing(void **state)
{
    struct stage *stage = *state;
    struct cm_uuid gone = cm_uuid_v7(cm_now_us()), here = stage_call(stage);
    struct reader *told;

    stage_publish(stage, EVENT_CALL_RECORDED, gone, "slow");
    stage_publish(stage, EVENT_CALL_STARTED, gone, "reject");
    stage_publish(stage, EVENT_CALL_STARTED, gone, "work");
    stage_publish(stage, EVENT_CALL_STARTED, here, "work");
    stage_publish(stage, EVENT_CALL_RECORDED, here, "work");
    stage_probe_start(stage);
    stage_until(stage, &sql_effects, here, 2);
    assert_int_equal(stage_probe_stop(stage), 0);
    assert_int_equal(stage_number(stage, &sql_letters, gone), 0);

    told = read_topic(stage, topic_of(stage, EVENT_CALL_ENDED), 2);
    for (size_t i = 0; i < told->count; i++)
        assert_true(cm_str_is(told->messages[i].key, cm_uuid_text(here).at));
    assert_read_to_the_end(told);
    reader_close(told);
}

/* The second event comes behind the first one of its call, so its effect tells that both were seen.
 */
static void an_event_of_a_replaced_transcription_leaves_nothing(void **state)
{
    struct stage *stage = *state;
    struct cm_uuid call = stage_call(stage);

    stage_transcription(stage, call);
    stage_publish(stage, EVENT_CALL_TRANSCRIBED, call, "replaced");
    stage_publish(stage, EVENT_CALL_TRANSCRIBED, call, "work");
    stage_probe_start(stage);
    stage_until(stage, &sql_effects, call, 1);
    assert_int_equal(stage_probe_stop(stage), 0);
    assert_int_equal(stage_number(stage, &sql_effects, call), 1);
}

static void the_inbox_forgets_what_no_topic_remembers(void **state)
{
    static const struct cm_stmt add = {
        "test_old_inbox",
        "INSERT INTO inbox (service, event_id, handled_at)"
        " VALUES ($1, $2, now() - interval '9 days'), ($1, $3, now() - interval '7 days')"
    };
    static const struct cm_stmt count = { "test_inbox",
                                          "SELECT count(*) FROM inbox WHERE event_id = $1" };
    struct stage *stage = *state;
    struct cm_uuid old = cm_uuid_v7(cm_now_us()), young = cm_uuid_v7(cm_now_us());
    struct cm_args *args = cm_args_new(stage->arena);
    struct cm_err err = { 0 };

    cm_arg_text(args, stage->name);
    cm_arg_uuid(args, old);
    cm_arg_uuid(args, young);
    assert_int_equal(cm_db_query(stage->db, &add, args, NULL, &err), CM_OK);
    setenv("EVENT_RETENTION_DAYS", "1", 1);
    stage_probe_start(stage);
    unsetenv("EVENT_RETENTION_DAYS");
    stage_until(stage, &count, old, 0);
    assert_int_equal(stage_number(stage, &count, young), 1);
    assert_int_equal(stage_probe_stop(stage), 0);
}

/* No broker has such a topic, nor ever will; what is behind it must go out all the same. Of a call
 * that is gone only its deletion is kept. */
static void an_event_that_brokers_refuse_does_not_stand_in_the_way(void **state)
{
    static const struct cm_stmt add = {
        "test_refused",
        "INSERT INTO outbox (id, producer, aggregatetype, aggregateid, type, payload)"
        " VALUES ($1, $2, 'no topic!', $4, 'CallEnded', 'never'),"
        " (gen_random_uuid(), $2, 'no topic!', gen_random_uuid(), 'CallEnded', 'a deleted one'),"
        " ($3, $2, 'call.ended', 'taken', 'CallEnded', 'behind')"
    };
    static const struct cm_stmt aside = {
        "test_aside", "SELECT count(*) FROM dead_letter WHERE id = $1 AND topic = 'no topic!'"
                      " AND payload = 'never' AND call_id = convert_from(message_key, 'UTF8')::uuid"
                      " AND organization_id IS NOT NULL AND class = 'reject' AND step IS NULL"
    };
    static const struct cm_stmt letters = {
        "test_all_letters",
        "SELECT count(*) FROM dead_letter WHERE service LIKE 'probe-%' AND $1::uuid IS NOT NULL"
    };
    static const struct cm_stmt replay = {
        "test_replay", "SELECT count(*) FROM replay_letters($1, NULL, NULL, NULL)"
    };
    struct stage *stage = *state;
    struct cm_args *args = cm_args_new(stage->arena);
    struct cm_uuid refused = cm_uuid_v7(cm_now_us()), call = stage_call(stage);
    struct cm_err err = { 0 };
    struct reader *reader;

    cm_arg_uuid(args, refused);
    cm_arg_text(args, stage->name);
    cm_arg_uuid(args, cm_uuid_v7(cm_now_us()));
    cm_arg_text(args, cm_uuid_text(call).at);
    assert_int_equal(cm_db_query(stage->db, &add, args, NULL, &err), CM_OK);
    stage_probe_start(stage);
    stage_until(stage, &sql_outbox, refused, 0);

    reader = read_topic(stage, topic_of(stage, EVENT_CALL_ENDED), 1);
    assert_true(cm_str_is(reader->messages[0].key, "taken"));
    reader_close(reader);
    assert_int_equal(stage_number(stage, &aside, refused), 1);
    assert_int_equal(stage_number(stage, &letters, refused), 1);
    assert_int_equal(stage_probe_stop(stage), 0);
    assert_int_equal(stage_number(stage, &replay, refused), 1);
    assert_int_equal(stage_number(stage, &sql_outbox, refused), 1);
}

/* The brokers hold what is sent together to a topic's size, not each event by itself. */
static void many_events_that_fit_go_out_where_all_together_do_not(void **state)
{
    static const struct cm_stmt add = {
        "test_many", "INSERT INTO outbox (id, producer, aggregatetype, aggregateid, type, payload)"
                     " SELECT gen_random_uuid(), $1, 'narrow', 'one key', 'CallEnded',"
                     " decode(string_agg(md5(random()::text), ''), 'hex')"
                     " FROM generate_series(1, 40) n, generate_series(1, 90) GROUP BY n"
    };
    struct stage *stage = *state;
    const struct cm_topic_plan narrow = {
        .name = cm_arena_printf(stage->arena, "%snarrow", stage->prefix).at,
        .partitions = 1,
        .replication = 1,
        .retention_ms = 3600000,
        .max_bytes = 20000,
    };
    struct cm_args *args = cm_args_new(stage->arena);
    enum cm_topic_answer answer;
    struct cm_err err = { 0 };

    assert_int_equal(cm_topics_create(stage->config, &narrow, 1, 20000, &answer, &err), CM_OK);
    cm_arg_text(args, stage->name);
    assert_int_equal(cm_db_query(stage->db, &add, args, NULL, &err), CM_OK);
    stage_probe_start(stage);
    stage_until(stage, &sql_outbox, stage->organization_id, 0);
    reader_close(read_topic(stage, narrow.name, 40));
    assert_int_equal(stage_probe_stop(stage), 0);
}

static int delivery_stories(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(an_event_has_its_effect_and_its_event_carries_the_trace_on),
        ON_STAGE(a_repeated_event_has_its_effect_once),
        ON_STAGE(what_fails_now_and_then_is_tried_again),
        ON_STAGE(events_of_a_deleted_call_leave_nothing),
        ON_STAGE(an_event_of_a_replaced_transcription_leaves_nothing),
        ON_STAGE(the_inbox_forgets_what_no_topic_remembers),
        ON_STAGE(an_event_that_brokers_refuse_does_not_stand_in_the_way),
        ON_STAGE(many_events_that_fit_go_out_where_all_together_do_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    probe_path = argv[1];
    return delivery_stories() + letter_stories() + process_stories();
}
