/* The producer against librdkafka's mock cluster. */
#include "cluster.h"

#include <string.h>

#include "bus/producer.h"

static struct cm_producer *a_producer(struct cluster *fx)
{
    struct cm_producer *producer = NULL;
    struct cm_err err = { 0 };

    if (cm_producer_new(fx->config, "producer-test", &producer, &err) != CM_OK)
        fail_msg("%s", err.msg);
    return producer;
}

static struct cm_message_out a_message(const char *topic, const char *key, const char *value)
{
    return (struct cm_message_out){ .topic = cm_str_of(topic),
                                    .key = cm_str_of(key),
                                    .value = cm_str_of(value) };
}

static rd_kafka_t *a_reader(struct cluster *fx, const char *topic, int partitions)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    rd_kafka_t *rk;
    char why[200];

    rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(fx->mock), why,
                      sizeof why);
    rd_kafka_conf_set(conf, "group.id", "reader", why, sizeof why);
    rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    assert_non_null(rk);
    for (int i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    assert_int_equal(rd_kafka_assign(rk, list), 0);
    rd_kafka_topic_partition_list_destroy(list);
    return rk;
}

static rd_kafka_message_t *read_one(rd_kafka_t *reader)
{
    int64_t deadline_ms = cm_mono_ms() + LONG_MS;

    while (cm_mono_ms() < deadline_ms) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(reader, 200);

        if (message && !message->err)
            return message;
        if (message)
            rd_kafka_message_destroy(message);
    }
    fail_msg("nothing came");
    return NULL;
}

static void close_reader(rd_kafka_t *reader)
{
    rd_kafka_consumer_close(reader);
    rd_kafka_destroy(reader);
}

static void what_was_sent_arrives_with_key_and_headers(void **state)
{
    struct cluster *fx = *state;
    CM_OWN(cm_producer) producer = a_producer(fx);
    const struct cm_header headers[] = {
        { CM_STR("ce_id"), CM_STR("1") },
        { CM_STR("empty"), { 0 } },
    };
    struct cm_message_out message = a_message("events", "call-1", "bytes");
    struct cm_err err = { 0 };
    rd_kafka_headers_t *got;
    rd_kafka_message_t *read;
    rd_kafka_t *reader;
    const void *value;
    size_t len;

    given_topic(fx, "events", 1);
    message.headers = headers;
    message.header_count = 2;
    assert_int_equal(cm_producer_send(producer, &message, 1, LONG_MS, &err), CM_OK);
    assert_true(message.acked);

    reader = a_reader(fx, "events", 1);
    read = read_one(reader);
    assert_memory_equal(read->key, "call-1", 6);
    assert_memory_equal(read->payload, "bytes", 5);
    assert_int_equal(rd_kafka_message_headers(read, &got), 0);
    assert_int_equal(rd_kafka_header_get_last(got, "ce_id", &value, &len), 0);
    assert_memory_equal(value, "1", 1);
    assert_int_equal(rd_kafka_header_get_last(got, "empty", &value, &len), 0);
    assert_int_equal(len, 0);
    rd_kafka_message_destroy(read);
    close_reader(reader);
}

/* Java's murmur2: the values are those of org.apache.kafka.common.utils.UtilsTest.testMurmur2,
 * made positive and taken modulo 7. */
static void a_key_goes_to_the_partition_that_java_chooses(void **state)
{
    static const struct {
        const char *key;
        uint32_t murmur2;
    } known[] = {
        { "21", (uint32_t)-973932308 },
        { "foobar", (uint32_t)-790332482 },
        { "a-little-bit-long-string", (uint32_t)-985981536 },
        { "a-little-bit-longer-string", (uint32_t)-1486304829 },
        { "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", (uint32_t)-58897971 },
    };
    struct cluster *fx = *state;
    CM_OWN(cm_producer) producer = a_producer(fx);
    rd_kafka_t *reader;

    given_topic(fx, "keyed", 7);
    reader = a_reader(fx, "keyed", 7);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct cm_message_out message = a_message("keyed", known[i].key, "x");
        rd_kafka_message_t *read;

        assert_int_equal(cm_producer_send(producer, &message, 1, LONG_MS, NULL), CM_OK);
        read = read_one(reader);
        assert_int_equal(read->partition, (known[i].murmur2 & 0x7fffffff) % 7);
        rd_kafka_message_destroy(read);
    }
    close_reader(reader);
}

static void errors_that_pass_cost_nothing_and_double_nothing(void **state)
{
    enum { MESSAGES = 300, PRODUCE = 0 };
    struct cluster *fx = *state;
    CM_OWN(cm_producer) producer = a_producer(fx);
    static struct cm_message_out messages[MESSAGES];
    struct cm_err err = { 0 };
    rd_kafka_t *reader;

    given_topic(fx, "shaky", 1);
    rd_kafka_mock_push_request_errors(fx->mock, PRODUCE, 4, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                      RD_KAFKA_RESP_ERR__TRANSPORT);
    for (int i = 0; i < MESSAGES; i++) {
        struct cm_str text = cm_arena_printf(fx->arena, "%d", i);

        messages[i] = a_message("shaky", "k", text.at);
    }
    if (cm_producer_send(producer, messages, MESSAGES, LONG_MS, &err) != CM_OK)
        fail_msg("%s", err.msg);

    reader = a_reader(fx, "shaky", 1);
    for (int i = 0; i < MESSAGES; i++) {
        rd_kafka_message_t *read = read_one(reader);

        assert_true(messages[i].acked);
        assert_int_equal(read->offset, i);
        assert_memory_equal(read->payload, messages[i].value.at, messages[i].value.len);
        rd_kafka_message_destroy(read);
    }
    close_reader(reader);
}

static void brokers_that_are_down_are_away_and_the_call_ends_in_time(void **state)
{
    struct cluster *fx = *state;
    CM_OWN(cm_producer) producer = a_producer(fx);
    struct cm_message_out message = a_message("down", "k", "v");
    int64_t before_ms = cm_mono_ms();
    struct cm_err err = { 0 };

    given_topic(fx, "down", 1);
    for (int i = 1; i <= BROKERS; i++)
        rd_kafka_mock_broker_set_down(fx->mock, i);

    assert_int_equal(cm_producer_send(producer, &message, 1, 700, &err), CM_RETRY);
    assert_true(err.away);
    assert_false(message.acked);
    assert_false(message.refused);
    assert_in_range(cm_mono_ms() - before_ms, 600, LONG_MS / 3);
}

/* A report that comes after its call has ended must not touch the caller's messages. */
static void a_late_acknowledgement_finds_nobody(void **state)
{
    struct cluster *fx = *state;
    CM_OWN(cm_producer) producer = a_producer(fx);
    struct cm_message_out message = a_message("late", "k", "first");
    rd_kafka_message_t *read;
    rd_kafka_t *reader;

    given_topic(fx, "late", 1);
    for (int i = 1; i <= BROKERS; i++)
        rd_kafka_mock_broker_set_down(fx->mock, i);
    assert_int_equal(cm_producer_send(producer, &message, 1, 300, NULL), CM_RETRY);

    for (int i = 1; i <= BROKERS; i++)
        rd_kafka_mock_broker_set_up(fx->mock, i);
    message.value = CM_STR("again");
    assert_int_equal(cm_producer_send(producer, &message, 1, LONG_MS, NULL), CM_OK);
    assert_true(message.acked);

    reader = a_reader(fx, "late", 1);
    read = read_one(reader);
    assert_memory_equal(read->payload, "first", 5);
    rd_kafka_message_destroy(read);
    read = read_one(reader);
    assert_memory_equal(read->payload, "again", 5);
    rd_kafka_message_destroy(read);
    close_reader(reader);
}

static void what_is_too_large_is_refused_and_the_rest_goes_out(void **state)
{
    enum { HUGE = 5 * 1024 * 1024 };
    struct cluster *fx = *state;
    CM_OWN(cm_producer) producer = a_producer(fx);
    char *huge = cm_arena_alloc(fx->arena, HUGE);
    struct cm_message_out messages[3];
    struct cm_err err = { 0 };

    given_topic(fx, "mixed", 1);
    messages[0] = a_message("mixed", "k", "small");
    messages[1] = a_message("mixed", "k", "huge");
    messages[1].value = (struct cm_str){ huge, HUGE };
    messages[2] = a_message("mixed", "k", "small too");

    assert_int_equal(cm_producer_send(producer, messages, 3, LONG_MS, &err), CM_REJECT);
    assert_true(messages[0].acked && messages[2].acked);
    assert_true(messages[1].refused && !messages[1].acked);
}

static void no_topic_name_is_refused(void **state)
{
    struct cluster *fx = *state;
    CM_OWN(cm_producer) producer = a_producer(fx);
    struct cm_message_out message = a_message("", "k", "v");

    assert_int_equal(cm_producer_send(producer, &message, 1, LONG_MS, NULL), CM_REJECT);
    assert_true(message.refused);
}

static void nothing_to_send_is_sent_at_once(void **state)
{
    struct cluster *fx = *state;
    CM_OWN(cm_producer) producer = a_producer(fx);

    assert_int_equal(cm_producer_send(producer, NULL, 0, 0, NULL), CM_OK);
}

static void an_authority_file_that_is_none_is_fatal(void **state)
{
    struct cluster *fx = *state;
    CM_OWN(cm_config)
    config = bus_config(rd_kafka_mock_cluster_bootstraps(fx->mock), "KAFKA_SECURITY_PROTOCOL",
                        "SSL", "KAFKA_SSL_CA", "/nowhere/ca.pem", NULL);
    CM_OWN(cm_producer) producer = NULL;
    struct cm_err err = { 0 };

    assert_int_equal(cm_producer_new(config, "tls", &producer, &err), CM_FATAL);
    assert_non_null(strstr(err.msg, "ssl.ca.location"));
    assert_null(producer);
}

static void scram_settings_reach_the_client(void **state)
{
    struct cluster *fx = *state;
    CM_OWN(cm_config)
    config = bus_config(rd_kafka_mock_cluster_bootstraps(fx->mock), "KAFKA_SECURITY_PROTOCOL",
                        "SASL_PLAINTEXT", "KAFKA_SASL_MECHANISM", "SCRAM-SHA-256", NULL);
    CM_OWN(cm_producer) producer = NULL;
    struct cm_err err = { 0 };

    assert_int_equal(cm_producer_new(config, "scram", &producer, &err), CM_FATAL);
    assert_non_null(strstr(err.msg, "sasl.username"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sent_arrives_with_key_and_headers),
        cmocka_unit_test(a_key_goes_to_the_partition_that_java_chooses),
        cmocka_unit_test(errors_that_pass_cost_nothing_and_double_nothing),
        cmocka_unit_test_setup_teardown(brokers_that_are_down_are_away_and_the_call_ends_in_time,
                                        cluster_setup, cluster_teardown),
        cmocka_unit_test_setup_teardown(a_late_acknowledgement_finds_nobody, cluster_setup,
                                        cluster_teardown),
        cmocka_unit_test(what_is_too_large_is_refused_and_the_rest_goes_out),
        cmocka_unit_test(no_topic_name_is_refused),
        cmocka_unit_test(nothing_to_send_is_sent_at_once),
        cmocka_unit_test(an_authority_file_that_is_none_is_fatal),
        cmocka_unit_test(scram_settings_reach_the_client),
    };

    return cmocka_run_group_tests(tests, cluster_setup, cluster_teardown);
}
