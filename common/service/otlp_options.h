/* otlp_options.h - what OpenTelemetry's settings say of the exporter, by its standard names
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). Only for
 * common/service.
 */
#pragma once
#include "base/config.h"
#include "base/percent.h"

extern const struct cm_setting otlp_settings[]; /* OTEL_* */

struct otlp_options {           /* its texts live in the arena and the configuration */
    double share;               /* of the calls that are traced, 0 to 1 */
    const char *url;            /* NULL: no collector is set, and all below is unset */
    const char *const *headers; /* "Name: value", ended by NULL */
    int64_t timeout_ms, delay_ms;
    size_t room, batch_max;
    const struct cm_pair *attributes; /* of the process; of two with one name the later counts */
    size_t attribute_count;
};

/** CM_FATAL: a value is none that can be used; the headers' values are never told. */
cm_rc otlp_options_read(const struct cm_config *config, const char *service, struct cm_arena *arena,
                        struct otlp_options *out, struct cm_err *err) CM_MUSTCHECK;
