#include "real.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/uuid.h"

static const char *changed_name, *changed_value;
static char prefix[64];

static char *look_up(const char *name)
{
    static char text[512];

    if (changed_name && strcmp(name, changed_name) == 0) {
        snprintf(text, sizeof text, "%s", changed_value);
        return text;
    }
    return strcmp(name, "TOPIC_PREFIX") == 0 ? prefix : getenv(name);
}

static struct cm_config *load(void)
{
    static const struct cm_setting *const tables[] = { cm_bus_settings, cm_topic_settings, NULL };
    struct cm_config *config = NULL;
    struct cm_err err = { 0 };

    if (cm_config_load(tables, look_up, &config, &err) != CM_OK)
        fail_msg("%s", err.msg);
    return config;
}

struct cm_config *config_with(const struct real *real, const char *name, const char *value)
{
    struct cm_config *config;

    (void)real;
    changed_name = name;
    changed_value = value;
    config = load();
    changed_name = NULL;
    return config;
}

int real_setup(void **state)
{
    struct real *real = calloc(1, sizeof *real);
    struct cm_err err = { 0 };

    snprintf(prefix, sizeof prefix, "it-%s.", cm_uuid_text(cm_uuid_v7(cm_now_us())).at);
    real->prefix = prefix;
    real->arena = cm_arena_new();
    real->config = load();
    if (cm_http_client_new(NULL, &real->http, &err) != CM_OK)
        fail_msg("%s", err.msg);
    real->registry =
        cm_registry_new(cm_config_text(real->config, "SCHEMA_REGISTRY_URL"), real->http);
    real->codec = cm_codec_new(real->registry, prefix);
    *state = real;
    return 0;
}

int real_teardown(void **state)
{
    struct real *real = *state;

    if (!real) /* the setup failed */
        return 0;

    cm_codec_free(real->codec);
    cm_registry_free(real->registry);
    cm_http_client_free(real->http);
    cm_config_free(real->config);
    cm_arena_free(real->arena);
    free(real);
    return 0;
}

const char *given_topic(struct real *real, const char *name, int partitions)
{
    struct cm_topic_plan plan = {
        .name = cm_arena_printf(real->arena, "%s%s", real->prefix, name).at,
        .partitions = partitions,
        .replication = -1,
        .retention_ms = INT64_C(7) * 24 * 3600 * 1000,
    };
    enum cm_topic_answer answer;
    struct cm_err err = { 0 };

    if (cm_topics_create(real->config, &plan, 1, LONG_MS, &answer, &err) != CM_OK)
        fail_msg("%s", err.msg);
    return plan.name;
}

struct cm_producer *given_producer(const struct real *real)
{
    struct cm_producer *producer = NULL;
    struct cm_err err = { 0 };

    if (cm_producer_new(real->config, "integration-test", &producer, &err) != CM_OK)
        fail_msg("%s", err.msg);
    return producer;
}

struct cm_consumer *given_consumer(const struct real *real, const struct cm_config *config,
                                   const char *topic, const char *group, bool from_latest)
{
    const char **topics = CM_NEW_N(real->arena, const char *, 2);
    const struct cm_consumer_options options = {
        .config = config,
        .group = cm_arena_printf(real->arena, "%s%s", real->prefix, group).at,
        .topics = topics,
        .from_latest = from_latest,
    };
    struct cm_consumer *consumer = NULL;
    struct cm_err err = { 0 };

    topics[0] = topic;
    if (cm_consumer_new(&options, &consumer, &err) != CM_OK)
        fail_msg("%s", err.msg);
    return consumer;
}

struct cm_message_in next_message(struct cm_consumer *consumer)
{
    int64_t deadline_ms = cm_mono_ms() + LONG_MS;
    struct cm_message_in message = { 0 };
    enum cm_poll_answer answer;
    struct cm_err err = { 0 };

    while (cm_mono_ms() < deadline_ms) {
        cm_rc rc = cm_consumer_poll(consumer, POLL_MS, &answer, &message, &err);

        if (rc == CM_FATAL)
            fail_msg("%s", err.msg);
        if (rc == CM_OK && answer == CM_POLL_MESSAGE)
            return message;
    }
    fail_msg("no message came: %s", err.msg);
    return message;
}

bool poll_once(struct cm_consumer *consumer)
{
    struct cm_message_in message = { 0 };
    enum cm_poll_answer answer;
    struct cm_err err = { 0 };
    cm_rc rc = cm_consumer_poll(consumer, POLL_MS, &answer, &message, &err);

    if (rc == CM_FATAL)
        fail_msg("%s", err.msg);
    cm_message_free(&message);
    return rc == CM_OK && answer == CM_POLL_MESSAGE;
}

void send_text(struct cm_producer *producer, const char *topic, const char *key, const char *value)
{
    struct cm_message_out message = { .topic = cm_str_of(topic),
                                      .key = cm_str_of(key),
                                      .value = cm_str_of(value) };
    struct cm_err err = { 0 };

    if (cm_producer_send(producer, &message, 1, LONG_MS, &err) != CM_OK)
        fail_msg("%s", err.msg);
    assert_true(message.acked);
}
