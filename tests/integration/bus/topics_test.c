/* Topics on real brokers. */
#include "real.h"

#include <librdkafka/rdkafka.h>
#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000 };

static void a_topic_is_created_once(void **state)
{
    struct real *real = *state;
    struct cm_topic_plan plans[2] = {
        { .name = cm_arena_printf(real->arena, "%sone", real->prefix).at,
          .partitions = 3,
          .replication = -1,
          .retention_ms = DAY_MS },
        { .name = cm_arena_printf(real->arena, "%stwo", real->prefix).at,
          .partitions = 1,
          .replication = 1,
          .retention_ms = DAY_MS },
    };
    const char *const names[] = { plans[0].name, plans[1].name, "it-never-made" };
    enum cm_topic_answer answers[2];
    struct cm_err err = { 0 };

    if (cm_topics_create(real->config, plans, 1, LONG_MS, answers, &err) != CM_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(answers[0], CM_TOPIC_CREATED);

    assert_int_equal(cm_topics_create(real->config, plans, 2, LONG_MS, answers, &err), CM_OK);
    assert_int_equal(answers[0], CM_TOPIC_EXISTS);
    assert_int_equal(answers[1], CM_TOPIC_CREATED);

    assert_int_equal(cm_topics_check(real->config, names, 2, LONG_MS, &err), CM_OK);
    assert_int_equal(cm_topics_check(real->config, names, 3, LONG_MS, &err), CM_RETRY);
    assert_non_null(strstr(err.msg, "it-never-made"));
}

/* What the brokers keep as `setting` of `topic`. */
static const char *setting_of(struct real *real, const char *topic, const char *setting)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    const rd_kafka_ConfigResource_t **resources;
    const rd_kafka_ConfigEntry_t **entries;
    const char *value = "";
    rd_kafka_queue_t *queue;
    rd_kafka_event_t *event;
    char why[200];
    rd_kafka_t *rk;
    size_t n;

    rd_kafka_conf_set(conf, "bootstrap.servers", cm_config_text(real->config, "KAFKA_BROKERS"), why,
                      sizeof why);
    rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    queue = rd_kafka_queue_new(rk);
    rd_kafka_DescribeConfigs(rk, &resource, 1, NULL, queue);
    event = rd_kafka_queue_poll(queue, LONG_MS);
    assert_non_null(event);
    assert_int_equal(rd_kafka_event_error(event), 0);
    resources =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &n);
    assert_int_equal(n, 1);
    entries = rd_kafka_ConfigResource_configs(resources[0], &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), setting) == 0)
            value = cm_arena_text(real->arena, cm_str_of(rd_kafka_ConfigEntry_value(entries[i])));
    rd_kafka_event_destroy(event);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
    return value;
}

static void a_topic_forgets_in_time(void **state)
{
    struct real *real = *state;
    struct cm_topic_plan plan = {
        .name = cm_arena_printf(real->arena, "%skept", real->prefix).at,
        .partitions = 1,
        .replication = -1,
        .retention_ms = INT64_C(30) * DAY_MS,
        .max_bytes = 2000000,
    };
    enum cm_topic_answer answer;

    assert_int_equal(cm_topics_create(real->config, &plan, 1, LONG_MS, &answer, NULL), CM_OK);
    assert_string_equal(setting_of(real, plan.name, "retention.ms"), "2592000000");
    assert_string_equal(setting_of(real, plan.name, "segment.ms"), "86400000");
    assert_string_equal(setting_of(real, plan.name, "max.message.bytes"), "2000000");
}

static void a_topic_that_the_brokers_refuse_is_fatal(void **state)
{
    struct real *real = *state;
    struct cm_topic_plan plans[2] = {
        { .name = "no/name", .partitions = 1, .replication = -1, .retention_ms = DAY_MS },
        { .name = cm_arena_printf(real->arena, "%smany", real->prefix).at,
          .partitions = 1,
          .replication = 99,
          .retention_ms = DAY_MS },
    };
    enum cm_topic_answer answer;
    struct cm_err err = { 0 };

    assert_int_equal(cm_topics_create(real->config, &plans[0], 1, LONG_MS, &answer, &err),
                     CM_FATAL);
    assert_non_null(strstr(err.msg, "no/name"));
    assert_int_equal(cm_topics_create(real->config, &plans[1], 1, LONG_MS, &answer, &err),
                     CM_FATAL);
    assert_non_null(strstr(err.msg, "many"));
}

static void without_brokers_it_is_away_in_time(void **state)
{
    struct real *real = *state;
    CM_OWN(cm_config) nowhere = config_with(real, "KAFKA_BROKERS", "127.0.0.1:1");
    struct cm_topic_plan plan = {
        .name = "it-x", .partitions = 1, .replication = -1, .retention_ms = DAY_MS
    };
    const char *const names[] = { "it-x" };
    int64_t before_ms = cm_mono_ms();
    enum cm_topic_answer answer;
    struct cm_err err = { 0 };

    assert_int_equal(cm_topics_create(nowhere, &plan, 1, 1500, &answer, &err), CM_RETRY);
    assert_true(err.away);
    assert_int_equal(cm_topics_check(nowhere, names, 1, 1500, &err), CM_RETRY);
    assert_true(err.away);
    assert_in_range(cm_mono_ms() - before_ms, 0, LONG_MS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_topic_is_created_once),
        cmocka_unit_test(a_topic_forgets_in_time),
        cmocka_unit_test(a_topic_that_the_brokers_refuse_is_fatal),
        cmocka_unit_test(without_brokers_it_is_away_in_time),
    };

    return cmocka_run_group_tests(tests, real_setup, real_teardown);
}
