#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/cond.h"
#include "base/log.h"
#include "service/runner_inside.h"

/* ---- what it consumes ---- */

static struct cm_metric *outcome(struct cm_metrics *metrics, const char *topic, const char *name)
{
    char labels[160];

    snprintf(labels, sizeof labels, "topic=\"%s\",outcome=\"%s\"", topic, name);
    return cm_counter(metrics, "callmill_events_handled_total",
                      "Events by what became of them; retried counts attempts.", labels);
}

static struct cm_metric *phase(struct cm_metrics *metrics, const char *topic, const char *name)
{
    char labels[160];

    snprintf(labels, sizeof labels, "topic=\"%s\",phase=\"%s\"", topic, name);
    return cm_histogram(metrics, "callmill_event_handler_seconds",
                        "Time of a prepare, or of the transaction of a batch.", labels);
}

static void topics_make(struct runner *runner)
{
    struct cm_service *service = runner->service;
    const char *prefix = cm_config_text(service->config, "TOPIC_PREFIX");
    size_t n = 0;

    runner->group = cm_group_name(runner->arena, prefix, service->spec->name).at;
    for (const struct cm_route *route = service->spec->routes; route->consumes; route++, n++) {
        struct topic *topic = &runner->topics[n];
        struct cm_str full = cm_topic_name(runner->arena, prefix, route->consumes);
        const char *name = cm_event_name(route->consumes);

        topic->route = route;
        topic->prepares = route->prepare && (!route->prepares || route->prepares(service->app));
        topic->name = runner->topic_names[n] = cm_arena_text(runner->arena, full);
        topic->done = outcome(service->metrics, name, "done");
        topic->duplicate = outcome(service->metrics, name, "duplicate");
        topic->retried = outcome(service->metrics, name, "retried");
        topic->dead = outcome(service->metrics, name, "dead");
        topic->gone = outcome(service->metrics, name, "gone");
        topic->prepare_time = topic->prepares ? phase(service->metrics, name, "prepare") : NULL;
        topic->persist_time = phase(service->metrics, name, "persist");
    }
}

bool runner_is_connected(const struct runner *runner)
{
    return atomic_load(&runner->is_connected);
}

/* ---- life ---- */

static void locks_make(struct runner *runner)
{

    pthread_mutex_init(&runner->lock, NULL);
    cm_cond_init(&runner->to_prepare_grew);
    cm_cond_init(&runner->ready_grew);
    cm_cond_init(&runner->progress);
}

static struct runner *runner_new(struct cm_service *service)
{
    struct runner *runner = cm_must(calloc(1, sizeof *runner));

    runner->service = service;
    atomic_init(&runner->is_connected, true);
    runner->arena = cm_arena_new();
    runner->retry = retry_policy_from(service->config);
    runner->batch_max = (size_t)cm_config_int(service->config, "BATCH_MAX");
    runner->window_max = (size_t)cm_config_int(service->config, "WINDOW_MAX");
    runner->bytes_max = (size_t)cm_config_int(service->config, "INFLIGHT_MAX_BYTES");
    runner->worker_count = (size_t)cm_config_int(service->config, "HANDLERS");
    runner->in_flight = cm_gauge(service->metrics, "callmill_events_in_flight",
                                 "Events taken from Kafka and not finished.", "");
    runner->dead_letters = cm_counter(service->metrics, "callmill_dead_letters_total",
                                      "Events that this service gave up.", "");
    work_queue_init(&runner->delayed);
    work_queue_init(&runner->to_prepare);
    work_queue_init(&runner->ready);
    locks_make(runner);
    topics_make(runner);
    return runner;
}

static bool needs_workers(const struct runner *runner)
{
    for (const struct topic *topic = runner->topics; topic->route; topic++) {
        if (topic->prepares)
            return true;
    }
    return false;
}

static void thread_start(pthread_t *thread, void *(*run)(void *), struct runner *runner)
{
    if (pthread_create(thread, NULL, run, runner) != 0)
        cm_out_of_memory();
}

cm_rc runner_start(struct cm_service *service, struct runner **out, struct cm_err *err)
{
    struct runner *runner = runner_new(service);

    (void)err;
    if (!needs_workers(runner))
        runner->worker_count = 0;
    runner->workers = cm_must(calloc(runner->worker_count + 1, sizeof *runner->workers));

    *out = runner;
    for (size_t i = 0; i < runner->worker_count; i++)
        thread_start(&runner->workers[i], worker_run, runner);
    thread_start(&runner->persister_thread, persister_run, runner);
    thread_start(&runner->consumer_thread, runner_consume, runner);
    return CM_OK;
}

/* The consumer's thread does the draining, then leaves the group; the others end after it. */
void runner_stop(struct runner *runner, int64_t grace_ms)
{
    if (!runner)
        return;

    pthread_mutex_lock(&runner->lock);
    runner->is_draining = true;
    runner->drain_until_ms = cm_mono_ms() + grace_ms;
    pthread_cond_broadcast(&runner->progress);
    pthread_mutex_unlock(&runner->lock);
    pthread_join(runner->consumer_thread, NULL);

    pthread_mutex_lock(&runner->lock);
    runner->is_over = true;
    pthread_cond_broadcast(&runner->to_prepare_grew);
    pthread_cond_broadcast(&runner->ready_grew);
    pthread_cond_broadcast(&runner->progress);
    pthread_mutex_unlock(&runner->lock);
    for (size_t i = 0; i < runner->worker_count; i++)
        pthread_join(runner->workers[i], NULL);
    pthread_join(runner->persister_thread, NULL);
}

static void queue_free(struct work_queue *queue)
{
    for (struct work *work = work_queue_pop(queue); work; work = work_queue_pop(queue))
        work_free(work);
}

void runner_free(struct runner *runner)
{
    if (!runner)
        return;

    queue_free(&runner->delayed);
    queue_free(&runner->to_prepare);
    queue_free(&runner->ready);
    while (runner->partitions) {
        struct partition *next = runner->partitions->next;

        free(runner->partitions);
        runner->partitions = next;
    }
    cm_arena_free(runner->arena);
    pthread_cond_destroy(&runner->progress);
    pthread_cond_destroy(&runner->ready_grew);
    pthread_cond_destroy(&runner->to_prepare_grew);
    pthread_mutex_destroy(&runner->lock);
    free(runner->workers);
    free(runner);
}
