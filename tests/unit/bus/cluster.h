/* cluster.h - librdkafka's mock cluster of three brokers, with a configuration that points at it.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/clock.h"
#include "bus/bus.h"

enum { BROKERS = 3, LONG_MS = 60000 };

struct cluster {
    rd_kafka_t *rk; /* runs the mock */
    rd_kafka_mock_cluster_t *mock;
    struct cm_config *config;
    struct cm_arena *arena;
};

int cluster_setup(void **state); /* *state is a struct cluster * */
int cluster_teardown(void **state);

/** Makes a topic with `partitions`; its name is `name`. */
void given_topic(struct cluster *cluster, const char *name, int partitions);

/** A configuration of the bus's settings: KAFKA_BROKERS is `brokers`, "NAME", "value" pairs follow,
 *  ended by NULL. */
struct cm_config *bus_config(const char *brokers, ...) __attribute__((sentinel));
