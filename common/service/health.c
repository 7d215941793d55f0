#include "service/health.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cond.h"
#include "base/log.h"
#include "bus/admin.h"
#include "service/relay.h"
#include "service/runner.h"

enum {
    PERIOD_MS = 2000,
    KAFKA_PERIOD_MS = 15000,
    KAFKA_TIMEOUT_MS = 5000,
    TOPICS_MAX = 2 * EVENT_KINDS
};

enum part { PART_START, PART_DATABASE, PART_KAFKA, PART_REGISTRY };

struct health {
    struct cm_service *service;
    pthread_mutex_t lock; /* guards the report and is_over */
    pthread_cond_t over;
    struct health_report report;
    bool is_over, is_watching;
    pthread_t thread;
    struct cm_arena *arena; /* of the topics' names */
    const char *topics[TOPICS_MAX];
    size_t topic_count;
    int64_t kafka_at_ms; /* the thread's */
    struct cm_metric *ready;
};

/* ---- what to look at ---- */

static void add_topic(struct health *health, struct cm_str name)
{
    health->topics[health->topic_count++] = cm_arena_text(health->arena, name);
}

static void list_topics(struct health *health)
{
    const char *prefix = cm_config_text(health->service->config, "TOPIC_PREFIX");
    const struct cm_service_spec *spec = health->service->spec;

    for (const struct cm_route *route = spec->routes; route && route->consumes; route++)
        add_topic(health, cm_topic_name(health->arena, prefix, route->consumes));
    for (const enum cm_event_kind *kind = spec->produces; kind && *kind; kind++)
        add_topic(health, cm_topic_name(health->arena, prefix, *kind));
    if (spec->routes) {
        add_topic(health, cm_topic_name(health->arena, prefix, EVENT_CALL_STEP_FAILED));
        add_topic(health, cm_dead_letter_topic(health->arena, prefix, spec->name));
    }
}

static void note(struct health *health, enum part part, cm_rc rc, const struct cm_err *err)
{
    bool was_up, is_up = rc == CM_OK;

    pthread_mutex_lock(&health->lock);
    was_up = health->report.parts[part].is_up;
    health->report.parts[part].is_up = is_up;
    snprintf(health->report.parts[part].reason, sizeof health->report.parts[part].reason, "%s",
             is_up ? "" : err->msg);
    health->report.is_ready = true;
    for (size_t i = 0; i < health->report.count; i++)
        health->report.is_ready &= health->report.parts[i].is_up;
    cm_metric_set(health->ready, health->report.is_ready);
    pthread_mutex_unlock(&health->lock);

    if (was_up && !is_up && part != PART_START)
        cm_log(CM_LOG_WARN, "dependency away", "name=%s reason=%s", health->report.parts[part].name,
               err->msg);
    if (!was_up && is_up && part != PART_START)
        cm_log(CM_LOG_INFO, "dependency there", "name=%s", health->report.parts[part].name);
}

/* A consumer notices by itself when the brokers go; the topics are looked at less often. */
static cm_rc look_at_kafka(struct health *health, struct cm_err *err)
{
    struct runner *runner = health->service->runner;

    if (cm_mono_ms() < health->kafka_at_ms && runner)
        return runner_is_connected(runner) ? CM_OK : cm_fail_away(err, "Kafka: no broker answers");
    if (cm_mono_ms() < health->kafka_at_ms)
        return CM_OK;

    cm_rc rc = cm_topics_check(health->service->config, health->topics, health->topic_count,
                               KAFKA_TIMEOUT_MS, err);

    health->kafka_at_ms = rc ? 0 : cm_mono_ms() + KAFKA_PERIOD_MS;
    return rc;
}

cm_rc health_look(struct health *health, struct cm_err *err)
{
    struct cm_err errs[3] = { 0 };
    cm_rc rcs[3] = { cm_db_ping(health->service->db, &errs[0]), look_at_kafka(health, &errs[1]),
                     cm_registry_ping(health->service->registry, &errs[2]) };
    cm_rc worst = CM_OK;

    for (int i = 2; i >= 0; i--) {
        note(health, (enum part)(PART_DATABASE + i), rcs[i], &errs[i]);
        if (rcs[i]) {
            *err = errs[i];
            worst = rcs[i];
        }
    }
    return worst;
}

struct health_report health_report(struct health *health)
{
    struct health_report report;

    pthread_mutex_lock(&health->lock);
    report = health->report;
    pthread_mutex_unlock(&health->lock);
    return report;
}

void health_hold(struct health *health, const char *reason)
{
    struct cm_err err = { 0 };

    cm_fail(&err, CM_RETRY, "%s", reason ? reason : "");
    note(health, PART_START, reason ? CM_RETRY : CM_OK, &err);
}

/* ---- life ---- */

struct health *health_new(struct cm_service *service)
{
    static const char *const names[] = { "start", "database", "kafka", "registry" };
    struct health *health = cm_must(calloc(1, sizeof *health));

    health->service = service;
    health->arena = cm_arena_new();
    pthread_mutex_init(&health->lock, NULL);
    cm_cond_init(&health->over);
    health->report.count = HEALTH_PARTS_MAX;
    for (size_t i = 0; i < HEALTH_PARTS_MAX; i++) {
        health->report.parts[i].name = names[i];
        snprintf(health->report.parts[i].reason, sizeof health->report.parts[i].reason,
                 "not reached yet");
    }
    health->ready = cm_gauge(service->metrics, "callmill_ready", "1: /readyz says yes.", "");
    list_topics(health);
    return health;
}

static void *watch(void *arg)
{
    struct health *health = arg;

    pthread_mutex_lock(&health->lock);
    while (!health->is_over) {
        int64_t until_ms = cm_mono_ms() + PERIOD_MS;
        struct cm_err err = { 0 };

        pthread_mutex_unlock(&health->lock);
        (void)!health_look(health, &err); /* what is away stands in the report and the log */
        pthread_mutex_lock(&health->lock);
        if (!health->is_over)
            (void)cm_cond_wait(&health->over, &health->lock, until_ms);
    }
    pthread_mutex_unlock(&health->lock);
    return NULL;
}

cm_rc health_watch(struct health *health, struct cm_err *err)
{
    if (pthread_create(&health->thread, NULL, watch, health) != 0)
        return cm_fail(err, CM_FATAL, "health: cannot start a thread");

    health->is_watching = true;
    return CM_OK;
}

void health_free(struct health *health)
{
    if (!health)
        return;

    pthread_mutex_lock(&health->lock);
    health->is_over = true;
    pthread_cond_signal(&health->over);
    pthread_mutex_unlock(&health->lock);
    if (health->is_watching)
        pthread_join(health->thread, NULL);
    pthread_cond_destroy(&health->over);
    pthread_mutex_destroy(&health->lock);
    cm_arena_free(health->arena);
    free(health);
}
