/* consume.h - the runner's thread that polls Kafka. Only for common/service. */
#pragma once
#include "service/runner_inside.h"

struct consume { /* of the one thread */
    struct runner *runner;
    struct cm_consumer *consumer;
    int64_t registry_pause_until_ms, lag_at_ms, revoke_until_ms;
    bool was_away, was_connected;
};

/* The runner's lock is held for these two. */

/** Where the partition stands in the runner's list, or the list's end. */
struct partition **consume_place(struct runner *runner, const char *topic, int32_t number);
/** Tells the consumer how far the partition is finished and frees what is. */
void consume_store(struct consume *c, struct partition *partition);

/* ---- rebalance.c; the lock is not held ---- */
void consume_assigned(void *ctx, const char *topic, int32_t number);
void consume_revoked(void *ctx, const char *topic, int32_t number);
/** At the end: finishes or abandons everything until the runner's drain_until_ms. */
void consume_drain_all(struct consume *c);
