/* inside.h - the running service as its parts see it. Only for common/service. */
#pragma once
#include <stdatomic.h>

#include "bus/bus.h"
#include "bus/codec_cache.h"
#include "bus/registry.h"
#include "http/client.h"
#include "service/service.h"

struct health;
struct otlp;
struct relay;
struct runner;
struct cm_bench;

struct cm_service {
    const struct cm_service_spec *spec;
    struct cm_config *config;
    struct cm_metrics *metrics;
    struct cm_http_client *http;
    struct cm_registry *registry;
    struct cm_codec *codec;
    struct cm_db *db;
    struct health *health;
    struct cm_http_server *admin;
    struct runner *runner; /* NULL: consumes nothing */
    struct relay *relay;
    struct otlp *otlp; /* NULL: traces go nowhere */
    /* A test's own, which keeps the events instead of the outbox; NULL in a real service. */
    cm_rc (*keep)(struct cm_bench *bench, const struct cm_event *event, struct cm_err *err);
    struct cm_bench *bench;
    void *app;
    atomic_bool stopping;
    atomic_bool is_fatal;
    int fatal_fd; /* an eventfd: the process must end */
};

/** Logs why and asks the main thread to end the process. Thread: any. */
void service_fatal(struct cm_service *service, const struct cm_err *why);

/** An error's place in a log line. */
#define LOG_ERR(err) "reason=%s class=%s", (err)->msg, cm_rc_name((err)->rc)
