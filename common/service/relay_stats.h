/* relay_stats.h - the outbox in numbers. Only for common/service. Not thread-safe: the relay's
 * thread counts.
 */
#pragma once
#include "service/inside.h"

struct relay_stats {
    struct cm_metrics *metrics;               /* borrowed */
    struct cm_metric *published[EVENT_KINDS]; /* EVENT_NONE: dead letters; NULL: none was yet */
    struct cm_metric *depth, *refused;
};

/** What the service says it produces is there from the start, with 0. */
void relay_stats_open(struct relay_stats *stats, const struct cm_service *service);
/** One more event of the outbox's `type` (a topic's name without prefix) is on its topic. */
void relay_stats_published(struct relay_stats *stats, struct cm_str type);
