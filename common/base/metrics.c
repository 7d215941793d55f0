/* The registry is a list of families (one a name), each a list of series (one a set of labels).
 * Both only grow, under the lock; counting touches a series' atomics and nothing else.
 */
#include "base/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/process_stats.h"

static const struct {
    int64_t up_to_us;
    const char *le;
} buckets[] = {
    { 1000, "0.001" },    { 2500, "0.0025" }, { 5000, "0.005" },  { 10000, "0.01" },
    { 25000, "0.025" },   { 50000, "0.05" },  { 100000, "0.1" },  { 250000, "0.25" },
    { 500000, "0.5" },    { 1000000, "1" },   { 2500000, "2.5" }, { 5000000, "5" },
    { 10000000, "10" },   { 30000000, "30" }, { 60000000, "60" }, { 120000000, "120" },
    { 300000000, "300" },
};
enum { BUCKETS = sizeof buckets / sizeof buckets[0] };

enum kind { COUNTER, GAUGE, HISTOGRAM };
static const char *const kind_names[] = { "counter", "gauge", "histogram" };

struct cm_metric {
    struct cm_metric *next;
    enum kind kind;
    char *labels;
    atomic_int_least64_t value;    /* a histogram's: the sum in microseconds */
    atomic_int_least64_t counts[]; /* a histogram's BUCKETS + 1, each for itself */
};

struct family {
    struct family *next;
    const char *name, *help;
    enum kind kind;
    struct cm_metric *first, **last;
};

struct cm_metrics {
    pthread_mutex_t lock;
    struct family *first, **last;
    bool process;
};

struct cm_metrics *cm_metrics_new(void)
{
    struct cm_metrics *m = cm_must(calloc(1, sizeof *m));

    pthread_mutex_init(&m->lock, NULL);
    m->last = &m->first;
    return m;
}

static void family_free(struct family *family)
{
    while (family->first) {
        struct cm_metric *metric = family->first;

        family->first = metric->next;
        free(metric->labels);
        free(metric);
    }
    free(family);
}

void cm_metrics_free(struct cm_metrics *m)
{
    if (!m)
        return;

    while (m->first) {
        struct family *family = m->first;

        m->first = family->next;
        family_free(family);
    }
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static struct family *find_family(struct cm_metrics *m, const char *name, const char *help,
                                  enum kind kind)
{
    struct family *family = m->first;

    while (family && strcmp(family->name, name) != 0)
        family = family->next;
    if (family && family->kind != kind) {
        fprintf(stderr, "callmill: metric %s is a %s and not a %s\n", name,
                kind_names[family->kind], kind_names[kind]);
        abort();
    }
    if (!family) {
        family = cm_must(calloc(1, sizeof *family));
        *family = (struct family){ .name = name, .help = help, .kind = kind };
        family->last = &family->first;
        *m->last = family;
        m->last = &family->next;
    }
    return family;
}

static struct cm_metric *find_metric(struct family *family, const char *labels)
{
    size_t counts = family->kind == HISTOGRAM ? BUCKETS + 1 : 0;
    struct cm_metric *metric = family->first;

    while (metric && strcmp(metric->labels, labels) != 0)
        metric = metric->next;
    if (!metric) {
        metric = cm_must(calloc(1, sizeof *metric + counts * sizeof metric->counts[0]));
        metric->kind = family->kind;
        metric->labels = cm_must(strdup(labels));
        *family->last = metric;
        family->last = &metric->next;
    }
    return metric;
}

static struct cm_metric *find(struct cm_metrics *m, const char *name, const char *help,
                              const char *labels, enum kind kind)
{
    struct cm_metric *metric;

    if (!m)
        return NULL;

    pthread_mutex_lock(&m->lock);
    metric = find_metric(find_family(m, name, help, kind), labels ? labels : "");
    pthread_mutex_unlock(&m->lock);
    return metric;
}

struct cm_metric *cm_counter(struct cm_metrics *m, const char *name, const char *help,
                             const char *labels)
{
    return find(m, name, help, labels, COUNTER);
}

struct cm_metric *cm_gauge(struct cm_metrics *m, const char *name, const char *help,
                           const char *labels)
{
    return find(m, name, help, labels, GAUGE);
}

struct cm_metric *cm_histogram(struct cm_metrics *m, const char *name, const char *help,
                               const char *labels)
{
    return find(m, name, help, labels, HISTOGRAM);
}

void cm_metric_add(struct cm_metric *metric, int64_t n)
{
    if (metric)
        atomic_fetch_add_explicit(&metric->value, n, memory_order_relaxed);
}

void cm_metric_set(struct cm_metric *metric, int64_t value)
{
    if (metric)
        atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

void cm_metric_observe_us(struct cm_metric *metric, int64_t elapsed_us)
{
    size_t i = 0;

    if (!metric || metric->kind != HISTOGRAM)
        return;
    if (elapsed_us < 0)
        elapsed_us = 0;
    while (i < BUCKETS && elapsed_us > buckets[i].up_to_us)
        i++;
    atomic_fetch_add_explicit(&metric->counts[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metric->value, elapsed_us, memory_order_relaxed);
}

int64_t cm_metric_value(const struct cm_metric *metric)
{
    int64_t sum = 0;

    if (!metric)
        return 0;
    if (metric->kind != HISTOGRAM)
        return atomic_load(&metric->value);
    for (size_t i = 0; i <= BUCKETS; i++)
        sum += atomic_load(&metric->counts[i]);
    return sum;
}

void cm_metrics_process(struct cm_metrics *m)
{
    pthread_mutex_lock(&m->lock);
    m->process = true;
    pthread_mutex_unlock(&m->lock);
}

static void render_simple(const struct family *family, const struct cm_metric *metric,
                          struct cm_buf *out)
{
    bool labels = metric->labels[0] != '\0';

    cm_buf_printf(out, "%s%s%s%s %lld\n", family->name, labels ? "{" : "", metric->labels,
                  labels ? "}" : "", (long long)atomic_load(&metric->value));
}

static void render_seconds(struct cm_buf *out, int64_t us)
{
    cm_buf_printf(out, "%lld.%06lld\n", (long long)(us / 1000000), (long long)(us % 1000000));
}

static void render_histogram(const struct family *family, const struct cm_metric *metric,
                             struct cm_buf *out)
{
    const char *labels = metric->labels, *comma = *labels ? "," : "";
    const char *open = *labels ? "{" : "", *close = *labels ? "}" : "";
    int64_t sum = 0;

    for (size_t i = 0; i <= BUCKETS; i++) {
        sum += atomic_load(&metric->counts[i]);
        cm_buf_printf(out, "%s_bucket{%s%sle=\"%s\"} %lld\n", family->name, labels, comma,
                      i < BUCKETS ? buckets[i].le : "+Inf", (long long)sum);
    }
    cm_buf_printf(out, "%s_sum%s%s%s ", family->name, open, labels, close);
    render_seconds(out, atomic_load(&metric->value));
    cm_buf_printf(out, "%s_count%s%s%s %lld\n", family->name, open, labels, close, (long long)sum);
}

static void render_family(const struct family *family, struct cm_buf *out)
{
    cm_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
                  kind_names[family->kind]);
    for (const struct cm_metric *metric = family->first; metric; metric = metric->next)
        if (family->kind == HISTOGRAM)
            render_histogram(family, metric, out);
        else
            render_simple(family, metric, out);
}

void cm_metrics_render(struct cm_metrics *m, struct cm_buf *out)
{
    pthread_mutex_lock(&m->lock);
    for (const struct family *family = m->first; family; family = family->next)
        render_family(family, out);
    if (m->process)
        cm_process_stats_render(out);
    pthread_mutex_unlock(&m->lock);
}
