/* Members of a group on real brokers. */
#include "real.h"

#include <stdio.h>
#include <string.h>

static void expect_text(struct cm_consumer *consumer, const char *text)
{
    struct cm_message_in message = next_message(consumer);

    assert_true(cm_str_is(message.value, text));
    cm_message_free(&message);
}

static void who_comes_back_goes_on_where_it_was(void **state)
{
    struct real *real = *state;
    const char *topic = given_topic(real, "resumed", 1);
    CM_OWN(cm_producer) producer = given_producer(real);
    struct cm_consumer *consumer;

    for (int i = 0; i < 5; i++)
        send_text(producer, topic, "k", (char[]){ (char)('0' + i), '\0' });

    consumer = given_consumer(real, real->config, topic, "resumed", false);
    for (int i = 0; i < 5; i++)
        expect_text(consumer, (char[]){ (char)('0' + i), '\0' });
    cm_consumer_store(consumer, topic, 0, 3);
    cm_consumer_free(consumer);

    consumer = given_consumer(real, real->config, topic, "resumed", false);
    expect_text(consumer, "3");
    cm_consumer_free(consumer);
}

static void a_topic_made_later_is_found(void **state)
{
    struct real *real = *state;
    const char *name = cm_arena_printf(real->arena, "%slater", real->prefix).at;
    CM_OWN(cm_consumer) consumer = given_consumer(real, real->config, name, "later", false);
    CM_OWN(cm_producer) producer = given_producer(real);
    int64_t deadline_ms = cm_mono_ms() + LONG_MS;
    struct cm_err err = { 0 };
    cm_rc rc = CM_OK;

    while (rc != CM_RETRY && cm_mono_ms() < deadline_ms) {
        struct cm_message_in message;
        enum cm_poll_answer answer;

        rc = cm_consumer_poll(consumer, POLL_MS, &answer, &message, &err);
    }
    assert_int_equal(rc, CM_RETRY);
    assert_non_null(strstr(err.msg, "does not exist"));

    send_text(producer, given_topic(real, "later", 1), "k", "at last");
    expect_text(consumer, "at last");
}

static void live_pages_see_what_comes_from_now_on(void **state)
{
    struct real *real = *state;
    const char *topic = given_topic(real, "live", 2);
    CM_OWN(cm_producer) producer = given_producer(real);
    CM_OWN(cm_consumer) consumer = NULL;
    int64_t deadline_ms = cm_mono_ms() + LONG_MS;

    send_text(producer, topic, "a", "old");
    send_text(producer, topic, "b", "old");
    consumer = given_consumer(real, real->config, topic, "live", true);
    while ((cm_consumer_lag(consumer, topic, 0) != 0 || cm_consumer_lag(consumer, topic, 1) != 0) &&
           cm_mono_ms() < deadline_ms)
        assert_false(poll_once(consumer));
    send_text(producer, topic, "a", "new");
    expect_text(consumer, "new");
}

/* Both poll until each partition's messages came to one of them. */
static void two_members_share_the_partitions(void **state)
{
    struct real *real = *state;
    const char *topic = given_topic(real, "shared", 2);
    CM_OWN(cm_producer) producer = given_producer(real);
    CM_OWN(cm_consumer) first = given_consumer(real, real->config, topic, "shared", false);
    CM_OWN(cm_consumer) second = given_consumer(real, real->config, topic, "shared", false);
    int64_t deadline_ms = cm_mono_ms() + LONG_MS;
    int by_first = 0, by_second = 0;

    while ((!by_first || !by_second) && cm_mono_ms() < deadline_ms) {
        for (int i = 0; i < 8; i++)
            send_text(producer, topic, (char[]){ (char)('a' + i), '\0' }, "x");
        for (int i = 0; i < 10; i++) {
            by_first += poll_once(first);
            by_second += poll_once(second);
        }
    }
    assert_true(by_first > 0);
    assert_true(by_second > 0);
}

static void a_static_member_comes_back_to_its_partitions_without_waiting(void **state)
{
    struct real *real = *state;
    const char *topic = given_topic(real, "static", 1);
    CM_OWN(cm_config) config = config_with(real, "KAFKA_INSTANCE", "pod-0");
    CM_OWN(cm_producer) producer = given_producer(real);
    struct cm_consumer *consumer = given_consumer(real, config, topic, "static", false);
    int64_t took_ms = LONG_MS;

    send_text(producer, topic, "k", "before");
    expect_text(consumer, "before");
    cm_consumer_store(consumer, topic, 0, 1);

    for (int i = 1; i <= 3 && took_ms > 10000; i++) { /* a busy machine may be slow for once */
        int64_t back_ms;

        cm_consumer_free(consumer);
        send_text(producer, topic, "k", "after");
        back_ms = cm_mono_ms();
        consumer = given_consumer(real, config, topic, "static", false);
        expect_text(consumer, "after");
        took_ms = cm_mono_ms() - back_ms;
        printf("back after %lld ms\n", (long long)took_ms);
        cm_consumer_store(consumer, topic, 0, i + 1);
    }
    assert_in_range(took_ms, 0, 10000); /* a session lasts 15 s */
    cm_consumer_free(consumer);
}

static void a_second_process_of_the_same_name_ends_the_first(void **state)
{
    struct real *real = *state;
    const char *topic = given_topic(real, "fenced", 1);
    CM_OWN(cm_config) config = config_with(real, "KAFKA_INSTANCE", "pod-0");
    CM_OWN(cm_producer) producer = given_producer(real);
    CM_OWN(cm_consumer) first = given_consumer(real, config, topic, "fenced", false);
    CM_OWN(cm_consumer) second = NULL;
    int64_t deadline_ms = cm_mono_ms() + LONG_MS;
    struct cm_err err = { 0 };
    cm_rc rc = CM_OK;

    send_text(producer, topic, "k", "x");
    expect_text(first, "x");

    second = given_consumer(real, config, topic, "fenced", false);
    while (rc != CM_FATAL && cm_mono_ms() < deadline_ms) {
        struct cm_message_in message = { 0 };
        enum cm_poll_answer answer;

        (void)poll_once(second);
        rc = cm_consumer_poll(first, POLL_MS, &answer, &message, &err);
        cm_message_free(&message);
    }
    assert_int_equal(rc, CM_FATAL);
}

static void without_brokers_a_consumer_waits_and_ends_in_time(void **state)
{
    struct real *real = *state;
    CM_OWN(cm_config) nowhere = config_with(real, "KAFKA_BROKERS", "127.0.0.1:1");
    struct cm_consumer *consumer = given_consumer(real, nowhere, "it-x", "nowhere", false);
    int64_t deadline_ms = cm_mono_ms() + LONG_MS, before_ms;
    struct cm_err err = { 0 };
    cm_rc rc = CM_OK;

    while (rc != CM_RETRY && cm_mono_ms() < deadline_ms) {
        struct cm_message_in message;
        enum cm_poll_answer answer;

        rc = cm_consumer_poll(consumer, POLL_MS, &answer, &message, &err);
    }
    assert_int_equal(rc, CM_RETRY);
    assert_true(err.away);
    assert_false(cm_consumer_is_connected(consumer));

    before_ms = cm_mono_ms();
    cm_consumer_free(consumer);
    assert_in_range(cm_mono_ms() - before_ms, 0, LONG_MS / 2);
}

static void count_revoked(void *ctx, const char *topic, int32_t partition)
{
    (void)topic;
    (void)partition;
    ++*(int *)ctx;
}

/* Whoever holds a pause does not know of it any more when the partition comes anew. */
static void a_partition_that_comes_back_is_not_paused_any_more(void **state)
{
    struct real *real = *state;
    const char *topic = given_topic(real, "paused", 1);
    CM_OWN(cm_producer) producer = given_producer(real);
    const char *const topics[] = { topic, NULL };
    int revoked = 0;
    const struct cm_consumer_options options = { .config = real->config,
                                                 .group = topic,
                                                 .topics = topics,
                                                 .revoked = count_revoked,
                                                 .ctx = &revoked };
    CM_OWN(cm_consumer) first = NULL;
    struct cm_consumer *second;
    int64_t deadline_ms = cm_mono_ms() + LONG_MS;
    struct cm_err err = { 0 };

    assert_int_equal(cm_consumer_new(&options, &first, &err), CM_OK);
    send_text(producer, topic, "k", "x");
    expect_text(first, "x");
    cm_consumer_pause(first, topic, 0);

    second = given_consumer(real, real->config, topic, "paused", false); /* the same group */
    while (revoked == 0 && cm_mono_ms() < deadline_ms) {
        (void)poll_once(second);
        (void)poll_once(first);
    }
    cm_consumer_free(second);
    expect_text(first, "x"); /* nothing was stored, so it comes again */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_comes_back_goes_on_where_it_was),
        cmocka_unit_test(a_topic_made_later_is_found),
        cmocka_unit_test(live_pages_see_what_comes_from_now_on),
        cmocka_unit_test(two_members_share_the_partitions),
        cmocka_unit_test(a_partition_that_comes_back_is_not_paused_any_more),
        cmocka_unit_test(a_static_member_comes_back_to_its_partitions_without_waiting),
        cmocka_unit_test(a_second_process_of_the_same_name_ends_the_first),
        cmocka_unit_test(without_brokers_a_consumer_waits_and_ends_in_time),
    };

    return cmocka_run_group_tests(tests, real_setup, real_teardown);
}
