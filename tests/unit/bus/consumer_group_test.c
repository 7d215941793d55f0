/* Sharing a topic, losing the brokers and leaving, against librdkafka's mock cluster. */
#include "consuming.h"

#include <string.h>

#include "until.h"

static void a_second_member_takes_its_share_and_gives_it_back(void **state)
{
    struct cluster *fx = *state;
    struct seen first_seen = { 0 }, second_seen = { 0 };
    CM_OWN(cm_consumer) first = NULL;
    struct cm_consumer *second;
    int64_t deadline_ms;

    given_topic(fx, "shared", 2);
    first = a_consumer(fx, &first_seen, "shared", "g-shared", false);
    poll_until(first, is_assigned, &first_seen);
    assert_string_equal(first_seen.told, "+shared/0 +shared/1 ");

    second = a_consumer(fx, &second_seen, "shared", "g-shared", false);
    deadline_ms = cm_mono_ms() + LONG_MS;
    while (!*second_seen.told && cm_mono_ms() < deadline_ms) {
        struct cm_message_in message;
        enum cm_poll_answer answer;

        assert_int_equal(cm_consumer_poll(first, POLL_MS, &answer, &message, NULL), CM_OK);
        assert_int_equal(cm_consumer_poll(second, POLL_MS, &answer, &message, NULL), CM_OK);
    }
    assert_non_null(strstr(first_seen.told, "-shared/0 -shared/1 "));
    assert_int_equal(strlen(second_seen.told), strlen("+shared/0 "));
    cm_consumer_free(second);
}

static bool was_told_away(struct cm_consumer *consumer)
{
    struct cm_message_in message;
    enum cm_poll_answer answer;
    struct cm_err err = { 0 };
    cm_rc rc = cm_consumer_poll(consumer, POLL_MS, &answer, &message, &err);

    assert_true(rc == CM_OK || rc == CM_RETRY);
    return rc == CM_RETRY && err.away;
}

static void a_topic_that_is_missing_is_waited_for(void **state)
{
    struct cluster *fx = *state;
    struct seen seen = { 0 };
    CM_OWN(cm_consumer) consumer = a_consumer(fx, &seen, "not-yet", "g-not-yet", false);

    rd_kafka_mock_topic_set_error(fx->mock, "not-yet", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    until(was_told_away(consumer));

    rd_kafka_mock_topic_set_error(fx->mock, "not-yet", RD_KAFKA_RESP_ERR_NO_ERROR);
    given_messages(fx, "not-yet", 0, 1);
    expect_message(consumer, "0");
}

static void brokers_that_go_away_are_told_and_come_back(void **state)
{
    struct cluster *fx = *state;
    struct seen seen = { 0 };
    CM_OWN(cm_consumer) consumer = NULL;

    given_topic(fx, "gone", 1);
    given_messages(fx, "gone", 0, 1);
    consumer = a_consumer(fx, &seen, "gone", "g-gone", false);
    expect_message(consumer, "0");

    for (int i = 1; i <= BROKERS; i++)
        rd_kafka_mock_broker_set_down(fx->mock, i);
    until(was_told_away(consumer));
    assert_false(cm_consumer_is_connected(consumer));

    for (int i = 1; i <= BROKERS; i++)
        rd_kafka_mock_broker_set_up(fx->mock, i);
    given_messages(fx, "gone", 1, 1);
    expect_message(consumer, "1");
    assert_true(cm_consumer_is_connected(consumer));
}

static void leaving_ends_in_time_when_no_broker_answers(void **state)
{
    struct cluster *fx = *state;
    struct seen seen = { 0 };
    struct cm_consumer *consumer;
    int64_t before_ms;

    given_topic(fx, "leave", 1);
    given_messages(fx, "leave", 0, 1);
    consumer = a_consumer(fx, &seen, "leave", "g-leave", false);
    expect_message(consumer, "0");
    cm_consumer_store(consumer, "leave", 0, 1);
    for (int i = 1; i <= BROKERS; i++)
        rd_kafka_mock_broker_set_down(fx->mock, i);

    before_ms = cm_mono_ms();
    cm_consumer_free(consumer);
    assert_in_range(cm_mono_ms() - before_ms, 0, LONG_MS / 2);
}

static void leaving_before_anything_happened_is_quick(void **state)
{
    struct cluster *fx = *state;
    struct seen seen = { 0 };
    int64_t took_ms = LONG_MS;

    given_topic(fx, "early", 1);
    for (int i = 0; i < 5 && took_ms > 3000; i++) { /* the machine may have paused for once */
        int64_t before_ms = cm_mono_ms();

        cm_consumer_free(a_consumer(fx, &seen, "early", "g-early", false));
        took_ms = cm_mono_ms() - before_ms;
    }
    assert_in_range(took_ms, 0, 3000); /* to be given up takes 5 s */
    cm_consumer_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_member_takes_its_share_and_gives_it_back),
        cmocka_unit_test(a_topic_that_is_missing_is_waited_for),
        cmocka_unit_test_setup_teardown(brokers_that_go_away_are_told_and_come_back, cluster_setup,
                                        cluster_teardown),
        cmocka_unit_test_setup_teardown(leaving_ends_in_time_when_no_broker_answers, cluster_setup,
                                        cluster_teardown),
        cmocka_unit_test(leaving_before_anything_happened_is_quick),
    };

    return cmocka_run_group_tests(tests, cluster_setup, cluster_teardown);
}
