/* consuming.h - consumers of the mock cluster, and what they see. */
#pragma once
#include "cluster.h"

#include "bus/consumer.h"

enum { POLL_MS = 100 };

/* What the hooks were told, in order: "+topic/0 -topic/0 ". */
struct seen {
    char told[400];
    struct cm_consumer *consumer;
    int64_t store_on_revoke; /* an offset, or 0 */
};

/** A consumer of one topic, which tells `seen` of its partitions. The caller frees it. */
struct cm_consumer *a_consumer(struct cluster *fx, struct seen *seen, const char *topic,
                               const char *group, bool from_latest);

/** Sends `count` messages: their values count up from `first`, their keys are "k", and a header "n"
 * has "h" and the number. */
void given_messages(struct cluster *fx, const char *topic, int first, int count);

/** Polls until a message comes; the caller frees it. */
struct cm_message_in next_message(struct cm_consumer *consumer);
void expect_message(struct cm_consumer *consumer, const char *value);

/** Polls without a message until `done`, which the hooks or the library bring about. */
void poll_until(struct cm_consumer *consumer, bool (*done)(void *ctx), void *ctx);
/** For poll_until, of a struct seen. */
bool is_assigned(void *ctx);
