/* The requests' metrics. Each loop keeps the series that it has met, so that counting looks nothing
 * up in the registry.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/inside.h"

struct series {
    unsigned status;
    char method[12];
    struct cm_metric *count;
};

struct route_stats {
    struct cm_metric *seconds;
    struct series *series;
    size_t count;
};

static const char *const refusal_names[REFUSALS] = {
    [REFUSED_FRAMING] = "framing",         [REFUSED_MALFORMED] = "malformed",
    [REFUSED_DEADLINE] = "deadline",       [REFUSED_BODY] = "body",
    [REFUSED_CONNECTIONS] = "connections", [REFUSED_QUEUE] = "queue",
    [REFUSED_SLOW_READER] = "slow_reader", [REFUSED_LONG_BODIES] = "long_bodies",
};

struct route_stats *http_stats_new(size_t routes)
{
    struct route_stats *stats = cm_must(calloc(routes + 1, sizeof *stats));

    return stats;
}

void http_stats_free(struct route_stats *stats, size_t routes)
{
    for (size_t i = 0; stats && i <= routes; i++)
        free(stats[i].series);
    free(stats);
}

void http_refusals_open(struct cm_http_server *server)
{
    struct cm_metrics *m = server->options.metrics;
    char labels[64];

    for (int i = 0; i < REFUSALS; i++) {
        snprintf(labels, sizeof labels, "reason=\"%s\"", refusal_names[i]);
        server->refused[i] =
            cm_counter(m, "callmill_http_refused_total",
                       "Requests and connections turned away by the server itself.", labels);
    }
    server->open_connections =
        cm_gauge(m, "callmill_http_connections", "Open connections of clients.", NULL);
}

/* Whatever a client calls its method, there are only so many series. */
static const char *method_label(const char *method)
{
    static const char *const known[] = {
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i], method) == 0)
            return known[i];
    return "other";
}

static struct cm_metric *find(struct route_stats *stats, struct cm_metrics *m, const char *route,
                              const char *method, unsigned status)
{
    struct series *s;
    char labels[200];

    for (size_t i = 0; i < stats->count; i++)
        if (stats->series[i].status == status && strcmp(stats->series[i].method, method) == 0)
            return stats->series[i].count;

    stats->series = cm_must(reallocarray(stats->series, stats->count + 1, sizeof *stats->series));
    s = &stats->series[stats->count++];
    s->status = status;
    snprintf(s->method, sizeof s->method, "%s", method);
    snprintf(labels, sizeof labels, "route=\"%s\",method=\"%s\",status=\"%u\"", route, method,
             status);
    s->count = cm_counter(m, "callmill_http_requests_total",
                          "Requests by route, method and status of the answer.", labels);
    return s->count;
}

void http_stats_count(struct cm_http_request *rq)
{
    struct cm_metrics *m = rq->at->server->options.metrics;
    struct route_stats *stats = &rq->at->stats[rq->match.index];
    const char *route = rq->match.route ? rq->match.route->path : "none";
    int64_t elapsed_us = cm_now_us() - rq->began_us;

    cm_log(CM_LOG_DEBUG, "request", "method=%s route=%s status=%u us=%lld", rq->method, route,
           rq->status, (long long)elapsed_us);
    if (!m || !rq->admitted)
        return;

    cm_metric_add(find(stats, m, route, method_label(rq->method), rq->status), 1);
    if (rq->stream)
        return; /* its length says nothing about how fast the server is */
    if (!stats->seconds) {
        char labels[160];

        snprintf(labels, sizeof labels, "route=\"%s\"", route);
        stats->seconds =
            cm_histogram(m, "callmill_http_request_seconds",
                         "From the request's first line to the answer's last byte.", labels);
    }
    cm_metric_observe_us(stats->seconds, elapsed_us);
}
