/* bus.h - the settings of Kafka and the names of topics. */
#pragma once
#include "base/arena.h"
#include "base/config.h"
#include "event/event.h"

extern const struct cm_setting cm_bus_settings[]; /* KAFKA_*: of who talks to brokers */
extern const struct cm_setting
    cm_topic_settings[]; /* SCHEMA_REGISTRY_URL, TOPIC_PREFIX, EVENT_RETENTION_DAYS: of who makes
                            events, too */

struct cm_header { /* of a Kafka message; UTF-8 text */
    struct cm_str name, value;
};

struct cm_str cm_topic_name(struct cm_arena *arena, const char *prefix, enum cm_event_kind kind);
/** The consumer group of a service: its name behind the prefix, so that two installations may share
 * brokers. */
struct cm_str cm_group_name(struct cm_arena *arena, const char *prefix, const char *service);
struct cm_str cm_dead_letter_topic(struct cm_arena *arena, const char *prefix, const char *service);
