#include "service/relay_stats.h"

#include <stdio.h>

static struct cm_metric *published(struct relay_stats *stats, enum cm_event_kind kind)
{
    char labels[96];

    if (!stats->published[kind]) {
        snprintf(labels, sizeof labels, "topic=\"%s\"",
                 kind == EVENT_NONE ? "dead-letter" : cm_event_name(kind));
        stats->published[kind] =
            cm_counter(stats->metrics, "callmill_outbox_published_total",
                       "Events that this process has published, by topic.", labels);
    }
    return stats->published[kind];
}

void relay_stats_open(struct relay_stats *stats, const struct cm_service *service)
{
    *stats = (struct relay_stats){ .metrics = service->metrics };
    for (const enum cm_event_kind *kind = service->spec->produces; kind && *kind; kind++)
        published(stats, *kind);
    if (service->spec->routes) {
        published(stats, EVENT_CALL_STEP_FAILED);
        published(stats, EVENT_NONE);
    }
    stats->depth = cm_gauge(service->metrics, "callmill_outbox_depth",
                            "Events of this service that wait to be published.", "");
    stats->refused = cm_counter(service->metrics, "callmill_outbox_refused_total",
                                "Events that no broker will ever take.", "");
}

/* A replayed letter goes back to the topic that it came from, which is none that is produced. */
void relay_stats_published(struct relay_stats *stats, struct cm_str type)
{
    cm_metric_add(published(stats, cm_event_kind_of(type)), 1);
}
