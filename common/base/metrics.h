/* metrics.h - counters, gauges and histograms, shown as Prometheus text (format 0.0.4).
 *
 * A metric is made once and then only counted: adding is one atomic operation. Thread: any.
 */
#pragma once
#include <stdint.h>

#include "base/buf.h"
#include "base/own.h"

struct cm_metrics; /* the registry, one a process */
struct cm_metric;  /* one series; lent by the registry, valid as long as it */

struct cm_metrics *cm_metrics_new(void);
void cm_metrics_free(struct cm_metrics *metrics);
CM_DEFINE_OWN(cm_metrics, cm_metrics_free);

/** Without a registry there is no metric: `m` may be NULL, which gives NULL.
 *  `name` and `help` are borrowed for ever (literals); `labels` is copied:
 * "topic=\"x\",state=\"y\"" or "" or NULL. Asking again for the same name and labels gives the same
 * series. */
struct cm_metric *cm_counter(struct cm_metrics *m, const char *name, const char *help,
                             const char *labels);
struct cm_metric *cm_gauge(struct cm_metrics *m, const char *name, const char *help,
                           const char *labels);
/** A histogram of seconds with buckets from 1 ms to 300 s. */
struct cm_metric *cm_histogram(struct cm_metrics *m, const char *name, const char *help,
                               const char *labels);

/* Each of these takes NULL and then does nothing, so that code without metrics needs no branch. */
void cm_metric_add(struct cm_metric *metric, int64_t n);
void cm_metric_set(struct cm_metric *metric, int64_t value);
void cm_metric_observe_us(struct cm_metric *metric, int64_t elapsed_us);
int64_t cm_metric_value(const struct cm_metric *metric); /* a histogram's: its count */

void cm_metrics_render(struct cm_metrics *m, struct cm_buf *out);

/** Shows process_cpu_seconds_total, process_resident_memory_bytes and their like as well. */
void cm_metrics_process(struct cm_metrics *m);
