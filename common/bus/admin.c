#include "bus/admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "bus/kafka.h"

enum { DAY_MS = 24 * 60 * 60 * 1000, AWAIT_PAUSE_MS = 50 };

static void client_own(rd_kafka_t **rk)
{
    if (*rk)
        rd_kafka_destroy(*rk);
}
#define OWN_CLIENT __attribute__((cleanup(client_own))) rd_kafka_t *

struct new_topics {
    size_t count;
    rd_kafka_NewTopic_t **at;
};

static void new_topics_own(struct new_topics *topics)
{
    rd_kafka_NewTopic_destroy_array(topics->at, topics->count);
}
#define OWN_TOPICS __attribute__((cleanup(new_topics_own))) struct new_topics

static void options_own(rd_kafka_AdminOptions_t **options)
{
    if (*options)
        rd_kafka_AdminOptions_destroy(*options);
}
#define OWN_OPTIONS __attribute__((cleanup(options_own))) rd_kafka_AdminOptions_t *

static void metadata_own(const struct rd_kafka_metadata **metadata)
{
    if (*metadata)
        rd_kafka_metadata_destroy(*metadata);
}
#define OWN_METADATA __attribute__((cleanup(metadata_own))) const struct rd_kafka_metadata *

static cm_rc open_client(const struct cm_config *config, rd_kafka_t **out, struct cm_err *err)
{
    static const struct kafka_property none[] = { { 0 } };
    OWN_CONF conf = NULL;
    char why[160];
    cm_rc rc = kafka_conf_new(config, "callmill-admin", none, &conf, err);

    if (rc)
        return rc;

    *out = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!*out)
        return cm_fail(err, CM_FATAL, "Kafka client: %s", why);

    conf = NULL; /* the client's now */
    return CM_OK;
}

static cm_rc fail(rd_kafka_resp_err_t code, const char *what, const char *why, struct cm_err *err)
{
    const char *reason = why ? why : rd_kafka_err2str(code);

    if (kafka_is_away(code))
        cm_fail_away(err, "Kafka: %s: %s", what, reason);
    else
        cm_fail(err, CM_FATAL, "Kafka: %s: %s", what, reason);
    return kafka_is_away(code) ? CM_RETRY : CM_FATAL;
}

static void set_number(rd_kafka_NewTopic_t *topic, const char *name, int64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, value);
    rd_kafka_NewTopic_set_config(topic, name, text);
}

static cm_rc plan_topic(const struct cm_topic_plan *plan, rd_kafka_NewTopic_t **out,
                        struct cm_err *err)
{
    char why[160];

    *out = rd_kafka_NewTopic_new(plan->name, plan->partitions, plan->replication, why, sizeof why);
    if (!*out)
        return cm_fail(err, CM_FATAL, "topic %s: %s", plan->name, why);

    set_number(*out, "retention.ms", plan->retention_ms);
    /* Only whole segments are forgotten: a day more than the retention, not a week. */
    set_number(*out, "segment.ms", plan->retention_ms < DAY_MS ? plan->retention_ms : DAY_MS);
    rd_kafka_NewTopic_set_config(*out, "cleanup.policy", "delete");
    if (plan->max_bytes)
        set_number(*out, "max.message.bytes", plan->max_bytes);
    return CM_OK;
}

static cm_rc read_answers(rd_kafka_event_t *event, const struct cm_topic_plan *plans, size_t n,
                          enum cm_topic_answer *answers, struct cm_err *err)
{
    size_t count;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);

    for (size_t i = 0; i < count; i++) {
        const char *name = rd_kafka_topic_result_name(results[i]);
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);

        if (code && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return fail(code, name, rd_kafka_topic_result_error_string(results[i]), err);
        for (size_t k = 0; k < n; k++)
            if (strcmp(plans[k].name, name) == 0)
                answers[k] = code ? CM_TOPIC_EXISTS : CM_TOPIC_CREATED;
    }
    return CM_OK;
}

static bool is_there(const struct rd_kafka_metadata *metadata, const char *name)
{
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (strcmp(metadata->topics[i].topic, name) == 0)
            return metadata->topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR &&
                   metadata->topics[i].partition_cnt > 0;
    return false;
}

/* Asks for all topics: asking for one that is missing would make some brokers create it. */
static cm_rc find_missing(rd_kafka_t *rk, const char *const names[], size_t n, int timeout_ms,
                          const char **missing, struct cm_err *err)
{
    OWN_METADATA metadata = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 1, NULL, &metadata, timeout_ms);

    if (code)
        return fail(code, "no broker tells its topics", NULL, err);

    *missing = NULL;
    for (size_t i = 0; i < n && !*missing; i++)
        if (!is_there(metadata, names[i]))
            *missing = names[i];
    return CM_OK;
}

/* A topic that was just created takes a moment until every broker knows it. */
static cm_rc await_topics(rd_kafka_t *rk, const struct cm_topic_plan *plans, size_t n,
                          int64_t deadline_ms, struct cm_arena *arena, struct cm_err *err)
{
    const char **names = CM_NEW_N(arena, const char *, n), *missing = NULL;

    for (size_t i = 0; i < n; i++)
        names[i] = plans[i].name;
    for (;;) {
        int64_t left_ms = deadline_ms - cm_mono_ms();
        cm_rc rc = left_ms <= 0 ? cm_fail_away(err, "Kafka: the new topics do not show up")
                                : find_missing(rk, names, n, (int)left_ms, &missing, err);

        if (rc || !missing)
            return rc;
        cm_pause_ms(AWAIT_PAUSE_MS);
    }
}

cm_rc cm_topics_create(const struct cm_config *config, const struct cm_topic_plan *plans, size_t n,
                       int timeout_ms, enum cm_topic_answer *answers, struct cm_err *err)
{
    OWN_CLIENT rk = NULL;
    CM_OWN(cm_arena) arena = cm_arena_new();
    OWN_TOPICS topics = { .at = CM_NEW_N(arena, rd_kafka_NewTopic_t *, n) };
    OWN_OPTIONS options = NULL;
    OWN_QUEUE queue = NULL;
    OWN_EVENT event = NULL;
    int64_t deadline_ms = cm_mono_ms() + timeout_ms;
    cm_rc rc = open_client(config, &rk, err);

    for (; !rc && topics.count < n; topics.count += !rc)
        rc = plan_topic(&plans[topics.count], &topics.at[topics.count], err);
    if (rc)
        return rc;

    options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, NULL, 0);
    rd_kafka_AdminOptions_set_operation_timeout(options, timeout_ms, NULL, 0);
    queue = rd_kafka_queue_new(rk);
    rd_kafka_CreateTopics(rk, topics.at, n, options, queue);
    event = rd_kafka_queue_poll(queue, timeout_ms + 1000);
    if (!event)
        return fail(RD_KAFKA_RESP_ERR__TIMED_OUT, "create topics", NULL, err);
    if (rd_kafka_event_error(event))
        return fail(rd_kafka_event_error(event), "create topics",
                    rd_kafka_event_error_string(event), err);

    rc = read_answers(event, plans, n, answers, err);
    if (rc)
        return rc;
    return await_topics(rk, plans, n, deadline_ms, arena, err);
}

cm_rc cm_topics_check(const struct cm_config *config, const char *const names[], size_t n,
                      int timeout_ms, struct cm_err *err)
{
    OWN_CLIENT rk = NULL;
    const char *missing;
    cm_rc rc = open_client(config, &rk, err);

    if (!rc)
        rc = find_missing(rk, names, n, timeout_ms, &missing, err);
    if (rc)
        return rc;
    if (missing)
        return cm_fail(err, CM_RETRY, "topic %s does not exist; callmill topics creates it",
                       missing);
    return CM_OK;
}
