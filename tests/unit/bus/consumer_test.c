/* The consumer against librdkafka's mock cluster. */
#include "cluster.h"

#include <stdio.h>
#include <string.h>

#include "bus/consumer.h"
#include "bus/producer.h"

enum { POLL_MS = 100 };

/* What the hooks were told, in order: "+topic/0 -topic/0 ". */
struct seen {
    char told[400];
    struct cm_consumer *consumer;
    int64_t store_on_revoke; /* an offset, or 0 */
};

static void note(struct seen *seen, char sign, const char *topic, int32_t partition)
{
    size_t used = strlen(seen->told);

    snprintf(seen->told + used, sizeof seen->told - used, "%c%s/%d ", sign, topic, (int)partition);
}

static void got(void *ctx, const char *topic, int32_t partition)
{
    note(ctx, '+', topic, partition);
}

static void gave(void *ctx, const char *topic, int32_t partition)
{
    struct seen *seen = ctx;

    note(ctx, '-', topic, partition);
    if (seen->store_on_revoke)
        cm_consumer_store(seen->consumer, topic, partition, seen->store_on_revoke);
}

static struct cm_consumer *a_consumer(struct cluster *fx, struct seen *seen, const char *topic,
                                      const char *group, bool from_latest)
{
    const char **topics = CM_NEW_N(fx->arena, const char *, 2);
    const struct cm_consumer_options options = {
        .config = fx->config,
        .group = group,
        .topics = topics,
        .from_latest = from_latest,
        .assigned = got,
        .revoked = gave,
        .ctx = seen,
    };
    struct cm_consumer *consumer = NULL;
    struct cm_err err = { 0 };

    topics[0] = topic;
    if (cm_consumer_new(&options, &consumer, &err) != CM_OK)
        fail_msg("%s", err.msg);
    seen->consumer = consumer;
    return consumer;
}

static void given_messages(struct cluster *fx, const char *topic, int first, int count)
{
    CM_OWN(cm_producer) producer = NULL;
    struct cm_err err = { 0 };

    assert_int_equal(cm_producer_new(fx->config, "given", &producer, NULL), CM_OK);
    for (int i = first; i < first + count; i++) {
        struct cm_header header = { CM_STR("n"), cm_arena_printf(fx->arena, "h%d", i) };
        struct cm_message_out message = {
            .topic = cm_str_of(topic),
            .key = CM_STR("k"),
            .value = cm_arena_printf(fx->arena, "%d", i),
            .headers = &header,
            .header_count = 1,
        };

        if (cm_producer_send(producer, &message, 1, LONG_MS, &err) != CM_OK)
            fail_msg("%s", err.msg);
    }
}

/* Polls until a message comes; the caller frees it. */
static struct cm_message_in next_message(struct cm_consumer *consumer)
{
    int64_t deadline_ms = cm_mono_ms() + LONG_MS;
    struct cm_message_in message;
    enum cm_poll_answer answer;
    struct cm_err err = { 0 };

    while (cm_mono_ms() < deadline_ms) {
        cm_rc rc = cm_consumer_poll(consumer, POLL_MS, &answer, &message, &err);

        assert_true(rc == CM_OK || rc == CM_RETRY);
        if (rc == CM_OK && answer == CM_POLL_MESSAGE)
            return message;
    }
    fail_msg("no message came: %s", err.msg);
    return message;
}

static void expect_message(struct cm_consumer *consumer, const char *value)
{
    struct cm_message_in message = next_message(consumer);

    assert_true(cm_str_is(message.value, value));
    cm_message_free(&message);
}

/* Polls without a message until `done`, which the hooks or the library bring about. */
static void poll_until(struct cm_consumer *consumer, bool (*done)(void *ctx), void *ctx)
{
    int64_t deadline_ms = cm_mono_ms() + LONG_MS;

    while (!done(ctx)) {
        struct cm_message_in message = { 0 };
        enum cm_poll_answer answer;
        cm_rc rc = cm_consumer_poll(consumer, POLL_MS, &answer, &message, NULL);

        assert_true(rc == CM_OK || rc == CM_RETRY);
        cm_message_free(&message);
        if (cm_mono_ms() > deadline_ms)
            fail_msg("it did not happen in time");
    }
}

static bool is_assigned(void *ctx)
{
    return ((struct seen *)ctx)->told[0] != '\0';
}

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

static void from_latest_sees_only_what_comes_now(void **state)
{
    struct cluster *fx = *state;
    struct seen seen = { 0 };
    CM_OWN(cm_consumer) consumer = NULL;

    given_topic(fx, "live", 1);
    given_messages(fx, "live", 0, 3);
    consumer = a_consumer(fx, &seen, "live", "g-live", true);
    poll_until(consumer, is_assigned, &seen);
    /* The end is looked up right after: known once the partition's end was reached. */
    while (cm_consumer_lag(consumer, "live", 0) != 0) {
        struct cm_message_in message;
        enum cm_poll_answer answer;

        assert_int_equal(cm_consumer_poll(consumer, POLL_MS, &answer, &message, NULL), CM_OK);
        assert_int_equal(answer, CM_POLL_NOTHING);
    }
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

static void a_second_member_takes_its_share_and_gives_it_back(void **state)
{
    struct cluster *fx = *state;
    struct seen first_seen = { 0 }, second_seen = { 0 };
    CM_OWN(cm_consumer) first = NULL;
    struct cm_consumer *second;
    int64_t deadline_ms = cm_mono_ms() + LONG_MS;

    given_topic(fx, "shared", 2);
    first = a_consumer(fx, &first_seen, "shared", "g-shared", false);
    poll_until(first, is_assigned, &first_seen);
    assert_string_equal(first_seen.told, "+shared/0 +shared/1 ");

    second = a_consumer(fx, &second_seen, "shared", "g-shared", false);
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
    int64_t deadline_ms = cm_mono_ms() + LONG_MS;

    rd_kafka_mock_topic_set_error(fx->mock, "not-yet", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    while (!was_told_away(consumer) && cm_mono_ms() < deadline_ms)
        ;
    assert_true(cm_mono_ms() < deadline_ms);

    rd_kafka_mock_topic_set_error(fx->mock, "not-yet", RD_KAFKA_RESP_ERR_NO_ERROR);
    given_messages(fx, "not-yet", 0, 1);
    expect_message(consumer, "0");
}

static void brokers_that_go_away_are_told_and_come_back(void **state)
{
    struct cluster *fx = *state;
    struct seen seen = { 0 };
    CM_OWN(cm_consumer) consumer = NULL;
    int64_t deadline_ms = cm_mono_ms() + LONG_MS;

    given_topic(fx, "gone", 1);
    given_messages(fx, "gone", 0, 1);
    consumer = a_consumer(fx, &seen, "gone", "g-gone", false);
    expect_message(consumer, "0");

    for (int i = 1; i <= BROKERS; i++)
        rd_kafka_mock_broker_set_down(fx->mock, i);
    while (!was_told_away(consumer) && cm_mono_ms() < deadline_ms)
        ;
    assert_true(cm_mono_ms() < deadline_ms);
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
    assert_in_range(cm_mono_ms() - before_ms, 0, 12000);
}

static void leaving_before_anything_happened_is_quick(void **state)
{
    struct cluster *fx = *state;
    struct seen seen = { 0 };
    int64_t before_ms = cm_mono_ms();

    given_topic(fx, "early", 1);
    cm_consumer_free(a_consumer(fx, &seen, "early", "g-early", false));
    assert_in_range(cm_mono_ms() - before_ms, 0, 5000);
    cm_consumer_free(NULL);
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
