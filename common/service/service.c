#include <unistd.h>

#include "base/log.h"
#include "service/inside.h"

const struct cm_setting cm_service_settings[] = {
    { .name = "ADMIN_ADDR",
      .type = CM_SET_ADDR,
      .fallback = "127.0.0.1:9100",
      .help = "Where /healthz, /readyz and /metrics are served, host:port." },
    { .name = "HANDLERS",
      .type = CM_SET_INT,
      .fallback = "4",
      .min = 1,
      .max = 1000,
      .help = "Slow steps that run at a time in a process." },
    { .name = "BATCH_MAX",
      .type = CM_SET_INT,
      .fallback = "500",
      .min = 1,
      .max = 10000,
      .help = "Most events written in one transaction." },
    { .name = "WINDOW_MAX",
      .type = CM_SET_INT,
      .fallback = "1000",
      .min = 1,
      .max = 100000,
      .help = "Most unfinished events of one partition; then it is paused." },
    { .name = "INFLIGHT_MAX_BYTES",
      .type = CM_SET_INT,
      .fallback = "67108864",
      .min = 1048576,
      .max = INT64_C(68719476736),
      .help =
          "Most memory that unfinished events hold, in bytes; then all partitions are paused." },
    { .name = "RETRY_ATTEMPTS",
      .type = CM_SET_INT,
      .fallback = "12",
      .min = 1,
      .max = 1000,
      .help = "Attempts at an event before it becomes a dead letter; none counts while a whole "
              "dependency is away." },
    { .name = "RETRY_BASE_MS",
      .type = CM_SET_INT,
      .fallback = "500",
      .min = 1,
      .max = 3600000,
      .help = "Longest pause before the second attempt, in milliseconds; it doubles from there." },
    { .name = "RETRY_CAP_MS",
      .type = CM_SET_INT,
      .fallback = "60000",
      .min = 1,
      .max = 3600000,
      .help = "Longest pause between two attempts, in milliseconds." },
    { .name = "GRACE_MS",
      .type = CM_SET_INT,
      .fallback = "25000",
      .min = 0,
      .max = 3600000,
      .help = "Time to finish what is in flight after SIGTERM, in milliseconds." },
    { 0 },
};

void service_fatal(struct cm_service *service, const struct cm_err *why)
{
    uint64_t one = 1;
    ssize_t ignored;

    cm_log(CM_LOG_ERROR, "the process ends", LOG_ERR(why));
    atomic_store(&service->is_fatal, true);
    ignored = write(service->fatal_fd, &one, sizeof one);
    (void)ignored; /* fails only when it was written already */
}

const struct cm_config *cm_service_config(const struct cm_service *service)
{
    return service->config;
}

struct cm_db *cm_service_db(const struct cm_service *service)
{
    return service->db;
}

struct cm_metrics *cm_service_metrics(const struct cm_service *service)
{
    return service->metrics;
}

struct cm_http_client *cm_service_http(const struct cm_service *service)
{
    return service->http;
}

struct cm_codec *cm_service_codec(const struct cm_service *service)
{
    return service->codec;
}

bool cm_service_is_stopping(const struct cm_service *service)
{
    return atomic_load(&service->stopping);
}
