/* What a consumer brings, and what of it counts as done, against librdkafka's mock cluster. */
#include "consuming.h"

#include <string.h>

#include "until.h"

static void a_message_brings_all_that_was_sent(void **state)
{
    struct cluster *fx = *state;
    struct seen seen = { 0 };
    CM_OWN(cm_consumer) consumer = NULL;
    struct cm_message_in message;
    struct cm_str header;

    given_topic(fx, "whole", 1);
    given_messages(fx, "whole", 7, 1);
    consumer = a_consumer(fx, &seen, "whole", "g-whole", false);
    message = next_message(consumer);

    assert_string_equal(message.topic, "whole");
    assert_int_equal(message.partition, 0);
    assert_int_equal(message.offset, 0);
    assert_true(cm_str_is(message.key, "k"));
    assert_true(cm_str_is(message.value, "7"));
    assert_true(cm_message_header(&message, "n", &header));
    assert_true(cm_str_is(header, "h7"));
    assert_false(cm_message_header(&message, "none", &header));
    assert_in_range(message.timestamp_ms, cm_now_us() / 1000 - 60000, cm_now_us() / 1000 + 1000);
    assert_true(cm_consumer_is_connected(consumer));

    cm_message_free(&message);
    cm_message_free(&message); /* twice is fine */
    cm_consumer_free(CM_STEAL(consumer));
    assert_string_equal(seen.told, "+whole/0 -whole/0 ");
}

static void only_what_is_stored_is_done(void **state)
{
    struct cluster *fx = *state;
    struct seen seen = { 0 };
    struct cm_consumer *consumer;

    given_topic(fx, "done", 1);
    given_messages(fx, "done", 0, 5);

    consumer = a_consumer(fx, &seen, "done", "g-done", false);
    for (int i = 0; i < 5; i++)
        expect_message(consumer, (char[]){ (char)('0' + i), '\0' });
    cm_consumer_store(consumer, "done", 0, 2);
    cm_consumer_free(consumer);

    consumer = a_consumer(fx, &seen, "done", "g-done", false);
    expect_message(consumer, "2");
    cm_consumer_free(consumer);
}

static void what_the_revoked_hook_stores_is_committed(void **state)
{
    struct cluster *fx = *state;
    struct seen seen = { .store_on_revoke = 3 };
    struct cm_consumer *consumer;

    given_topic(fx, "hook", 1);
    given_messages(fx, "hook", 0, 5);

    consumer = a_consumer(fx, &seen, "hook", "g-hook", false);
    expect_message(consumer, "0");
    cm_consumer_free(consumer);

    seen.store_on_revoke = 0;
    consumer = a_consumer(fx, &seen, "hook", "g-hook", false);
    expect_message(consumer, "3");
    cm_consumer_free(consumer);
}

static void storing_what_is_not_ours_does_nothing(void **state)
{
    struct cluster *fx = *state;
    struct seen seen = { 0 };
    CM_OWN(cm_consumer) consumer = NULL;

    given_topic(fx, "foreign", 1);
    given_messages(fx, "foreign", 0, 1);
    consumer = a_consumer(fx, &seen, "foreign", "g-foreign", false);
    cm_consumer_store(consumer, "foreign", 9, 1);
    cm_consumer_store(consumer, "nowhere", 0, 1);
    cm_consumer_pause(consumer, "nowhere", 0);
    cm_consumer_resume(consumer, "nowhere", 0);
    assert_int_equal(cm_consumer_lag(consumer, "nowhere", 0), -1);
    expect_message(consumer, "0");
}

/* Known once the end of the partition was reached; there is nothing to be had before it. */
static bool is_at_the_end(struct cm_consumer *consumer, const char *topic)
{
    struct cm_message_in message;
    enum cm_poll_answer answer;

    assert_int_equal(cm_consumer_poll(consumer, POLL_MS, &answer, &message, NULL), CM_OK);
    assert_int_equal(answer, CM_POLL_NOTHING);
    return cm_consumer_lag(consumer, topic, 0) == 0;
}

static void from_latest_sees_only_what_comes_now(void **state)
{
    struct cluster *fx = *state;
    struct seen seen = { 0 };
    CM_OWN(cm_consumer) consumer = NULL;

    given_topic(fx, "live", 1);
    given_messages(fx, "live", 0, 3);
    consumer = a_consumer(fx, &seen, "live", "g-live", true);
    poll_until(consumer, is_assigned, &seen);
    until(is_at_the_end(consumer, "live"));
    given_messages(fx, "live", 8, 1);
    expect_message(consumer, "8");
}

static void lag_counts_what_is_not_finished(void **state)
{
    struct cluster *fx = *state;
    struct seen seen = { 0 };
    CM_OWN(cm_consumer) consumer = NULL;

    given_topic(fx, "lag", 1);
    given_messages(fx, "lag", 0, 5);
    consumer = a_consumer(fx, &seen, "lag", "g-lag", false);
    assert_int_equal(cm_consumer_lag(consumer, "lag", 0), -1);
    expect_message(consumer, "0");
    assert_int_equal(cm_consumer_lag(consumer, "lag", 0), 5);
    cm_consumer_store(consumer, "lag", 0, 4);
    assert_int_equal(cm_consumer_lag(consumer, "lag", 0), 1);
}

static void a_paused_partition_is_silent_until_it_is_resumed(void **state)
{
    struct cluster *fx = *state;
    struct seen seen = { 0 };
    CM_OWN(cm_consumer) consumer = NULL;
    struct cm_message_in message;
    enum cm_poll_answer answer;

    given_topic(fx, "paused", 1);
    given_messages(fx, "paused", 0, 3);
    consumer = a_consumer(fx, &seen, "paused", "g-paused", false);
    expect_message(consumer, "0");
    cm_consumer_pause(consumer, "paused", 0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(cm_consumer_poll(consumer, POLL_MS, &answer, &message, NULL), CM_OK);
        assert_int_equal(answer, CM_POLL_NOTHING);
    }
    cm_consumer_resume(consumer, "paused", 0);
    expect_message(consumer, "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_brings_all_that_was_sent),
        cmocka_unit_test(only_what_is_stored_is_done),
        cmocka_unit_test(what_the_revoked_hook_stores_is_committed),
        cmocka_unit_test(storing_what_is_not_ours_does_nothing),
        cmocka_unit_test(from_latest_sees_only_what_comes_now),
        cmocka_unit_test(lag_counts_what_is_not_finished),
        cmocka_unit_test(a_paused_partition_is_silent_until_it_is_resumed),
    };

    return cmocka_run_group_tests(tests, cluster_setup, cluster_teardown);
}
