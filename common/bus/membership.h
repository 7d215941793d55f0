/* membership.h - a consumer's life in its group: joining, partitions given and taken, leaving.
 *
 * Inside common/bus only. Thread: the consumer's.
 */
#pragma once
#include <stdatomic.h>

#include "bus/consumer.h"
#include "bus/kafka.h"

struct place { /* where we are in a partition that is ours */
    char *topic;
    int32_t partition;
    int64_t next; /* everything below is finished; -1: not known yet */
};

struct cm_consumer {
    rd_kafka_t *rk;
    struct cm_consumer_options options;
    struct place *places;
    size_t place_count;
    atomic_bool is_connected;
    char last_error[200]; /* of the connection, for messages */
};

/** The place of a partition that is ours; NULL: it is not. Valid until the next poll. */
struct place *place_of(const struct cm_consumer *consumer, const char *topic, int32_t partition);
