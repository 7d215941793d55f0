#include "bus/bus.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "bus/kafka.h"

const struct cm_setting cm_bus_settings[] = {
    { .name = "KAFKA_BROKERS",
      .type = CM_SET_TEXT,
      .min = 1,
      .max = 4096,
      .required = true,
      .help = "Kafka brokers to begin with, host:port separated by commas." },
    { .name = "KAFKA_SECURITY_PROTOCOL",
      .type = CM_SET_CHOICE,
      .fallback = "PLAINTEXT",
      .choices = "PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL",
      .help = "How to talk to the brokers." },
    { .name = "KAFKA_SASL_MECHANISM",
      .type = CM_SET_CHOICE,
      .choices = "PLAIN|SCRAM-SHA-256|SCRAM-SHA-512",
      .help = "How to log in, with SASL_PLAINTEXT and SASL_SSL." },
    { .name = "KAFKA_SASL_USERNAME",
      .type = CM_SET_TEXT,
      .min = 1,
      .max = 256,
      .help = "User for SASL." },
    { .name = "KAFKA_SASL_PASSWORD",
      .type = CM_SET_TEXT,
      .min = 1,
      .max = 1024,
      .secret = true,
      .help = "Password for SASL." },
    { .name = "KAFKA_SSL_CA",
      .type = CM_SET_FILE,
      .help = "PEM file of the authorities that sign the brokers' certificates; unset: the "
              "system's." },
    { .name = "KAFKA_SSL_CERT",
      .type = CM_SET_FILE,
      .help = "PEM file of the certificate to show to the brokers." },
    { .name = "KAFKA_SSL_KEY",
      .type = CM_SET_FILE,
      .help = "PEM file of the key of KAFKA_SSL_CERT." },
    { .name = "KAFKA_SSL_KEY_PASSWORD",
      .type = CM_SET_TEXT,
      .min = 1,
      .max = 1024,
      .secret = true,
      .help = "Password of KAFKA_SSL_KEY, where it has one." },
    { .name = "KAFKA_INSTANCE",
      .type = CM_SET_TEXT,
      .min = 1,
      .max = 200,
      .help =
          "Name of this process within its group, unique and stable (a StatefulSet's pod name): "
          "a restart within KAFKA_SESSION_TIMEOUT_MS then moves no partitions." },
    { .name = "KAFKA_SESSION_TIMEOUT_MS",
      .type = CM_SET_INT,
      .fallback = "15000",
      .min = 6000,
      .max = 1800000,
      .help = "Silence in milliseconds after which the group gives a process's partitions to "
              "others." },
    { .name = "KAFKA_MAX_POLL_INTERVAL_MS",
      .type = CM_SET_INT,
      .fallback = "300000",
      .min = 10000,
      .max = 86400000,
      .help = "Time in milliseconds for which a consumer that lives may not ask for messages." },
    { .name = "KAFKA_BUFFER_BYTES",
      .type = CM_SET_INT,
      .fallback = "67108864",
      .min = 1048576,
      .max = 2147482624,
      .help = "Bytes of messages that a consumer fetches ahead." },
    { 0 },
};

const struct cm_setting cm_topic_settings[] = {
    { .name = "SCHEMA_REGISTRY_URL",
      .type = CM_SET_URL,
      .choices = "http|https",
      .required = true,
      .secret = true, /* may hold user:password@ */
      .help = "Schema registry with the Confluent REST API, may hold user:password@." },
    { .name = "TOPIC_PREFIX",
      .type = CM_SET_TEXT,
      .fallback = "callmill.",
      .min = 0,
      .max = 100,
      .help = "What every topic's name begins with." },
    { .name = "EVENT_RETENTION_DAYS",
      .type = CM_SET_INT,
      .fallback = "7",
      .min = 1,
      .max = 3650,
      .help =
          "Days for which topics keep events: the longest that the words of a deleted call stay "
          "in them." },
    { 0 },
};

struct cm_str cm_topic_name(struct cm_arena *arena, const char *prefix, enum cm_event_kind kind)
{
    return cm_arena_printf(arena, "%s%s", prefix, cm_event_name(kind));
}

struct cm_str cm_group_name(struct cm_arena *arena, const char *prefix, const char *service)
{
    return cm_arena_printf(arena, "%s%s", prefix, service);
}

struct cm_str cm_dead_letter_topic(struct cm_arena *arena, const char *prefix, const char *service)
{
    return cm_arena_printf(arena, "%sdead-letter.%s", prefix, service);
}

/* Syslog's levels. What is an error to librdkafka is often a broker that restarts. */
static enum cm_log_level log_level(int level)
{
    return level <= 4 ? CM_LOG_WARN : level <= 6 ? CM_LOG_INFO : CM_LOG_DEBUG;
}

/* Thread: any, librdkafka's own ones too. */
static void write_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    cm_log(log_level(level), "kafka client", "client=%s facility=%s text=%s",
           rk ? rd_kafka_name(rk) : "", facility, text);
}

/* Without it librdkafka logs each failed connection twice. */
static void ignore_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    (void)rk;
    (void)code;
    (void)reason;
    (void)opaque;
}

static cm_rc set(rd_kafka_conf_t *conf, const char *name, const char *value, struct cm_err *err)
{
    char why[160];

    if (!value)
        return CM_OK;
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK)
        return cm_fail(err, CM_FATAL, "Kafka property %s: %s", name, why);
    return CM_OK;
}

static cm_rc set_all(rd_kafka_conf_t *conf, const struct kafka_property *properties,
                     struct cm_err *err)
{
    for (; properties->name; properties++) {
        cm_rc rc = set(conf, properties->name, properties->value, err);

        if (rc)
            return rc;
    }
    return CM_OK;
}

cm_rc kafka_conf_new(const struct cm_config *config, const char *client_id,
                     const struct kafka_property *properties, rd_kafka_conf_t **out,
                     struct cm_err *err)
{
    OWN_CONF conf = rd_kafka_conf_new();
    const struct kafka_property common[] = {
        { "bootstrap.servers", cm_config_text(config, "KAFKA_BROKERS") },
        { "client.id", client_id },
        { "security.protocol", cm_config_text(config, "KAFKA_SECURITY_PROTOCOL") },
        { "sasl.mechanism", cm_config_text(config, "KAFKA_SASL_MECHANISM") },
        { "sasl.username", cm_config_text(config, "KAFKA_SASL_USERNAME") },
        { "sasl.password", cm_config_text(config, "KAFKA_SASL_PASSWORD") },
        { "ssl.ca.location", cm_config_text(config, "KAFKA_SSL_CA") },
        { "ssl.certificate.location", cm_config_text(config, "KAFKA_SSL_CERT") },
        { "ssl.key.location", cm_config_text(config, "KAFKA_SSL_KEY") },
        { "ssl.key.password", cm_config_text(config, "KAFKA_SSL_KEY_PASSWORD") },
        { "socket.keepalive.enable", "true" },
        { "reconnect.backoff.max.ms", "5000" },
        { "log.connection.close", "false" }, /* brokers close idle connections */
        { 0 },
    };
    cm_rc rc = set_all(conf, common, err);

    if (!rc)
        rc = set_all(conf, properties, err);
    if (rc)
        return rc;

    rd_kafka_conf_set_log_cb(conf, write_log);
    rd_kafka_conf_set_error_cb(conf, ignore_error);
    *out = conf;
    conf = NULL;
    return CM_OK;
}

bool kafka_is_away(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
           code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__RESOLVE ||
           code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT || code == RD_KAFKA_RESP_ERR__QUEUE_FULL ||
           code == RD_KAFKA_RESP_ERR__WAIT_COORD ||
           code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
           code == RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS ||
           code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT;
}

cm_rc kafka_check_fatal(rd_kafka_t *rk, struct cm_err *err)
{
    char why[200];
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(rk, why, sizeof why);

    if (code)
        return cm_fail(err, CM_FATAL, "Kafka client is broken for good: %s: %s",
                       rd_kafka_err2name(code), why);
    return CM_OK;
}
