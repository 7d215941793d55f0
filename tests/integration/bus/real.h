/* real.h - real brokers and a real registry, under a topic prefix of this run's own. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "bus/admin.h"
#include "bus/codec_cache.h"
#include "bus/consumer.h"
#include "bus/producer.h"
#include "http/client.h"

enum { LONG_MS = 60000, POLL_MS = 100 };

struct real {
    struct cm_arena *arena;
    struct cm_config *config;
    struct cm_http_client *http;
    struct cm_registry *registry;
    struct cm_codec *codec;
    const char *prefix; /* "it-<id>." */
};

/* KAFKA_BROKERS and SCHEMA_REGISTRY_URL come from the environment; without them the tests fail. */
int real_setup(void **state);
int real_teardown(void **state);

/** The environment's configuration, with one variable set otherwise. */
struct cm_config *config_with(const struct real *real, const char *name, const char *value);

/** Makes a topic under the prefix; returns its name. */
const char *given_topic(struct real *real, const char *name, int partitions);

struct cm_producer *given_producer(const struct real *real);
struct cm_consumer *given_consumer(const struct real *real, const struct cm_config *config,
                                   const char *topic, const char *group, bool from_latest);

/** Polls until a message comes, which the caller frees; fails the test when none does. */
struct cm_message_in next_message(struct cm_consumer *consumer);
/** One poll, whose message is forgotten; true: one came. */
bool poll_once(struct cm_consumer *consumer);
void send_text(struct cm_producer *producer, const char *topic, const char *key, const char *value);
