#include "service/assemble.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/admin_http.h"
#include "service/health.h"
#include "service/otlp.h"
#include "service/relay.h"
#include "service/runner.h"

enum { RELAY_RESERVE_MS = 2000, TRACES_RESERVE_MS = 2000 }; /* of the grace period */

static const struct cm_stmt sql_schema_table = {
    "service_schema_table", "SELECT to_regclass('schema_version') IS NOT NULL"
};
static const struct cm_stmt sql_schema_version = {
    "service_schema_version", "SELECT coalesce(max(version), 0) FROM schema_version"
};

/* ---- made of ---- */

static void show_build(struct cm_metrics *metrics, const char *service)
{
    char labels[128];

    snprintf(labels, sizeof labels, "service=\"%s\",version=\"" CALLMILL_VERSION "\"", service);
    cm_metric_set(cm_gauge(metrics, "callmill_build_info", "Always 1.", labels), 1);
}

static cm_rc make_parts(struct cm_service *service, struct cm_err *err)
{
    const struct cm_config *config = service->config;
    cm_rc rc;

    service->fatal_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (service->fatal_fd < 0)
        return cm_fail(err, CM_FATAL, "eventfd: no descriptor left");

    service->metrics = cm_metrics_new();
    show_build(service->metrics, service->spec->name);
    cm_metrics_process(service->metrics);
    rc = otlp_new(service, &service->otlp, err);
    if (!rc)
        rc = cm_http_client_new(service->metrics, &service->http, err);
    if (rc)
        return rc;

    service->registry =
        cm_registry_new(cm_config_text(config, "SCHEMA_REGISTRY_URL"), service->http);
    service->codec = cm_codec_new(service->registry, cm_config_text(config, "TOPIC_PREFIX"));
    rc = cm_db_new_from(config, service->spec->name, service->metrics, &service->db, err);
    if (rc)
        return rc;

    service->health = health_new(service);
    health_hold(service->health, "starting");
    return CM_OK;
}

cm_rc service_new(const struct cm_service_spec *spec, struct cm_config *config,
                  struct cm_service **out, struct cm_err *err)
{
    struct cm_service *service = cm_must(calloc(1, sizeof *service));
    cm_rc rc;

    service->spec = spec;
    service->config = config;
    rc = make_parts(service, err);
    if (rc) {
        service_free(service);
        return rc;
    }
    *out = service;
    return CM_OK;
}

void service_free(struct cm_service *service)
{
    if (!service)
        return;

    cm_http_server_free(service->admin);
    health_free(service->health);
    runner_free(service->runner);
    relay_free(service->relay);
    if (service->app && service->spec->close)
        service->spec->close(service->app);
    cm_codec_free(service->codec);
    cm_registry_free(service->registry);
    cm_http_client_free(service->http);
    cm_db_free(service->db);
    otlp_free(service->otlp);
    cm_metrics_free(service->metrics);
    if (service->fatal_fd > 0)
        close(service->fatal_fd);
    free(service);
}

/* ---- opening ---- */

static cm_rc check_schema(struct cm_service *service, struct cm_err *err)
{
    CM_OWN(cm_rows) table = NULL;
    CM_OWN(cm_rows) version = NULL;
    int64_t found = 0;
    cm_rc rc = cm_db_query(service->db, &sql_schema_table, NULL, &table, err);

    if (!rc && cm_row_bool(table, 0, 0)) {
        rc = cm_db_query(service->db, &sql_schema_version, NULL, &version, err);
        found = rc ? 0 : cm_row_i64(version, 0, 0);
    }
    if (!rc && found < CM_SCHEMA_VERSION)
        return cm_fail(err, CM_FATAL,
                       "the database's schema has version %lld, %d is needed: run callmill migrate",
                       (long long)found, CM_SCHEMA_VERSION);
    return rc;
}

static cm_rc register_schemas(struct cm_service *service, struct cm_err *err)
{
    enum cm_event_kind kinds[EVENT_KINDS + 1];
    size_t n = 0;

    for (const enum cm_event_kind *kind = service->spec->produces; kind && *kind; kind++)
        kinds[n++] = *kind;
    if (service->spec->routes)
        kinds[n++] = EVENT_CALL_STEP_FAILED; /* of its dead letters */
    kinds[n] = EVENT_NONE;
    return cm_codec_register(service->codec, kinds, err);
}

cm_rc service_check(struct cm_service *service, struct cm_err *err)
{
    cm_rc rc = health_look(service->health, err);

    return rc ? rc : check_schema(service, err);
}

cm_rc service_open(struct cm_service *service, struct cm_err *err)
{
    cm_rc rc = service_check(service, err);

    if (!rc)
        rc = register_schemas(service, err);
    if (!rc && service->spec->open && !service->app)
        rc = service->spec->open(service, &service->app, err);
    if (rc)
        health_hold(service->health, err->msg);
    return rc;
}

/* ---- running ---- */

cm_rc service_start(struct cm_service *service, struct cm_err *err)
{
    cm_rc rc = otlp_start(service->otlp, err);

    if (!rc)
        rc = health_watch(service->health, err);
    if (!rc)
        rc = relay_start(service, &service->relay, err);
    if (!rc && service->spec->routes)
        rc = runner_start(service, &service->runner, err);
    if (!rc && service->spec->start)
        rc = service->spec->start(service, service->app, err);
    if (!rc)
        health_hold(service->health, NULL);
    return rc;
}

void service_stop(struct cm_service *service)
{
    int64_t end_ms = cm_mono_ms() + cm_config_int(service->config, "GRACE_MS");
    int64_t until_ms = end_ms - (service->otlp ? TRACES_RESERVE_MS : 0);
    int64_t left_ms;

    atomic_store(&service->stopping, true);
    health_hold(service->health, "stopping");
    if (service->spec->stop)
        service->spec->stop(service, service->app);
    left_ms = until_ms - cm_mono_ms() - RELAY_RESERVE_MS;
    runner_stop(service->runner, left_ms > 0 ? left_ms : 0);
    left_ms = until_ms - cm_mono_ms();
    relay_stop(service->relay, left_ms > 0 ? left_ms : 0);
    left_ms = end_ms - cm_mono_ms();
    if (left_ms > TRACES_RESERVE_MS)
        left_ms = TRACES_RESERVE_MS;
    otlp_stop(service->otlp, left_ms > 0 ? left_ms : 0);
}
