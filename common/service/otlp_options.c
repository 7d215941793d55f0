#include "service/otlp_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"

enum { OWN_ATTRIBUTES = 4 };

const struct cm_setting otlp_settings[] = {
    { .name = "OTEL_EXPORTER_OTLP_ENDPOINT",
      .type = CM_SET_URL,
      .choices = "http|https",
      .help = "OpenTelemetry collector that takes traces as OTLP/HTTP, without /v1/traces; unset: "
              "no traces." },
    { .name = "OTEL_EXPORTER_OTLP_HEADERS",
      .type = CM_SET_TEXT,
      .secret = true,
      .help = "Request headers for it, name=value,name=value with percent-encoded values." },
    { .name = "OTEL_EXPORTER_OTLP_TIMEOUT",
      .type = CM_SET_INT,
      .fallback = "10000",
      .min = 100,
      .max = 600000,
      .help = "Longest wait for its answer, in milliseconds." },
    { .name = "OTEL_TRACES_SAMPLER_ARG",
      .type = CM_SET_TEXT,
      .fallback = "1",
      .help = "Share of the calls that are traced, from 0 to 1; the same in every service." },
    { .name = "OTEL_RESOURCE_ATTRIBUTES",
      .type = CM_SET_TEXT,
      .help =
          "What else to say of the process, name=value,name=value with percent-encoded values." },
    { .name = "OTEL_BSP_MAX_QUEUE_SIZE",
      .type = CM_SET_INT,
      .fallback = "2048",
      .min = 1,
      .max = 65536,
      .help = "Most spans that wait for the collector; more are dropped and counted." },
    { .name = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
      .type = CM_SET_INT,
      .fallback = "512",
      .min = 1,
      .max = 4096,
      .help = "Most spans in a request." },
    { .name = "OTEL_BSP_SCHEDULE_DELAY",
      .type = CM_SET_INT,
      .fallback = "5000",
      .min = 10,
      .max = 60000,
      .help = "Longest time that a span waits for others to go with, in milliseconds." },
    { 0 },
};

static cm_rc read_share(const struct cm_config *config, double *out, struct cm_err *err)
{
    const char *text = cm_config_text(config, "OTEL_TRACES_SAMPLER_ARG");
    char *end;
    double share = strtod(text, &end);

    if (end == text || *end || !(share >= 0 && share <= 1))
        return cm_fail(err, CM_FATAL, "OTEL_TRACES_SAMPLER_ARG=%s: want a number from 0 to 1",
                       text);

    *out = share;
    return CM_OK;
}

static cm_rc read_pairs(const struct cm_config *config, const char *setting, struct cm_arena *arena,
                        struct cm_pair **out, size_t *count, struct cm_err *err)
{
    if (!cm_percent_pairs(arena, cm_str_of(cm_config_text(config, setting)), out, count))
        return cm_fail(err, CM_FATAL, "%s: want name=value,name=value", setting);
    return CM_OK;
}

static bool is_header(const struct cm_pair *pair)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (size_t i = 0; i < pair->name.len; i++)
        if (!memchr(token, pair->name.at[i], sizeof token - 1))
            return false;
    for (size_t i = 0; i < pair->value.len; i++)
        if ((unsigned char)pair->value.at[i] < ' ' || pair->value.at[i] == '\x7f')
            return false;
    return true;
}

static cm_rc read_headers(const struct cm_config *config, struct cm_arena *arena,
                          struct otlp_options *out, struct cm_err *err)
{
    struct cm_pair *pairs;
    const char **headers;
    size_t count;
    cm_rc rc = read_pairs(config, "OTEL_EXPORTER_OTLP_HEADERS", arena, &pairs, &count, err);

    if (rc)
        return rc;

    headers = CM_NEW_N(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (!is_header(&pairs[i]))
            return cm_fail(err, CM_FATAL, "OTEL_EXPORTER_OTLP_HEADERS: number %zu is no header",
                           i + 1);
        headers[i] = cm_arena_printf(arena, "%.*s: %.*s", CM_STR_FMT(pairs[i].name),
                                     CM_STR_FMT(pairs[i].value))
                         .at;
    }
    out->headers = headers;
    return CM_OK;
}

/* https://opentelemetry.io/docs/specs/semconv/resource/ */
static cm_rc read_attributes(const struct cm_config *config, const char *service,
                             struct cm_arena *arena, struct otlp_options *out, struct cm_err *err)
{
    const char *instance =
        cm_arena_text(arena, cm_str_of(cm_uuid_text(cm_uuid_v7(cm_now_us())).at));
    const struct cm_pair own[OWN_ATTRIBUTES] = {
        { CM_STR("service.name"), cm_str_of(service) },
        { CM_STR("service.namespace"), CM_STR("callmill") },
        { CM_STR("service.version"), CM_STR(CALLMILL_VERSION) },
        { CM_STR("service.instance.id"), cm_str_of(instance) },
    };
    struct cm_pair *more, *all;
    size_t count;
    cm_rc rc = read_pairs(config, "OTEL_RESOURCE_ATTRIBUTES", arena, &more, &count, err);

    if (rc)
        return rc;

    out->attribute_count = OWN_ATTRIBUTES + count;
    out->attributes = all = CM_NEW_N(arena, struct cm_pair, out->attribute_count);
    memcpy(all, own, sizeof own);
    memcpy(all + OWN_ATTRIBUTES, more, count * sizeof *more);
    return CM_OK;
}

static const char *url_of(const char *endpoint, struct cm_arena *arena)
{
    struct cm_str base = cm_str_trim_end(cm_str_of(endpoint), '/');

    return cm_arena_printf(arena, "%.*s/v1/traces", CM_STR_FMT(base)).at;
}

cm_rc otlp_options_read(const struct cm_config *config, const char *service, struct cm_arena *arena,
                        struct otlp_options *out, struct cm_err *err)
{
    const char *endpoint = cm_config_text(config, "OTEL_EXPORTER_OTLP_ENDPOINT");
    cm_rc rc = read_share(config, &out->share, err);

    if (rc || !endpoint)
        return rc;

    out->url = url_of(endpoint, arena);
    out->timeout_ms = cm_config_int(config, "OTEL_EXPORTER_OTLP_TIMEOUT");
    out->delay_ms = cm_config_int(config, "OTEL_BSP_SCHEDULE_DELAY");
    out->room = (size_t)cm_config_int(config, "OTEL_BSP_MAX_QUEUE_SIZE");
    out->batch_max = (size_t)cm_config_int(config, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
    if (out->batch_max > out->room)
        out->batch_max = out->room;
    rc = read_headers(config, arena, out, err);
    return rc ? rc : read_attributes(config, service, arena, out, err);
}
