/* kafka.h - what producer, consumer and admin share of librdkafka; inside common/bus only. */
#pragma once
#include <librdkafka/rdkafka.h>

#include "base/own.h"
#include "bus/bus.h"

struct kafka_property {
    const char *name, *value; /* a NULL value is left out, a NULL name ends the table */
};

/** A client's configuration: brokers, TLS, SASL, logging by cm_log, and then `properties`.
 *  CM_FATAL: librdkafka refuses a value (the message names it). The caller owns `*out`, which
 *  rd_kafka_new takes over when it succeeds. */
cm_rc kafka_conf_new(const struct cm_config *config, const char *client_id,
                     const struct kafka_property *properties, rd_kafka_conf_t **out,
                     struct cm_err *err) CM_MUSTCHECK;

static inline void kafka_conf_own(rd_kafka_conf_t **conf)
{
    if (*conf)
        rd_kafka_conf_destroy(*conf);
}
#define OWN_CONF __attribute__((cleanup(kafka_conf_own))) rd_kafka_conf_t *

static inline void kafka_list_own(rd_kafka_topic_partition_list_t **list)
{
    if (*list)
        rd_kafka_topic_partition_list_destroy(*list);
}
#define OWN_LIST __attribute__((cleanup(kafka_list_own))) rd_kafka_topic_partition_list_t *

static inline void kafka_queue_own(rd_kafka_queue_t **queue)
{
    if (*queue)
        rd_kafka_queue_destroy(*queue);
}
#define OWN_QUEUE __attribute__((cleanup(kafka_queue_own))) rd_kafka_queue_t *

static inline void kafka_event_own(rd_kafka_event_t **event)
{
    if (*event)
        rd_kafka_event_destroy(*event);
}
#define OWN_EVENT __attribute__((cleanup(kafka_event_own))) rd_kafka_event_t *

/** Does the error say that no broker can be reached, or none that knows the answer? */
bool kafka_is_away(rd_kafka_resp_err_t code);

/** CM_FATAL with its reason when the client is broken for good, else CM_OK. */
cm_rc kafka_check_fatal(rd_kafka_t *rk, struct cm_err *err) CM_MUSTCHECK;
