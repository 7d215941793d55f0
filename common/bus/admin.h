/* admin.h - creates topics and reads what the cluster knows of them. Thread: any. */
#pragma once
#include "base/arena.h"
#include "bus/bus.h"

struct cm_topic_plan {
    const char *name;
    int partitions;
    int replication; /* -1: the broker's default */
    int64_t retention_ms;
    int max_bytes; /* of a message; 0: the broker's default */
};
enum cm_topic_answer { CM_TOPIC_CREATED, CM_TOPIC_EXISTS };

/** Creates what is missing; what exists stays as it is. `answers[n]` tells what happened to each.
 *  CM_RETRY (away): no broker answers within `timeout_ms`. CM_FATAL: the brokers refuse a topic. */
cm_rc cm_topics_create(const struct cm_config *config, const struct cm_topic_plan *plans, size_t n,
                       int timeout_ms, enum cm_topic_answer *answers,
                       struct cm_err *err) CM_MUSTCHECK;

/** Is a broker there, and are these topics? CM_RETRY (away) / CM_RETRY with the missing one's name.
 */
cm_rc cm_topics_check(const struct cm_config *config, const char *const names[], size_t n,
                      int timeout_ms, struct cm_err *err) CM_MUSTCHECK;
