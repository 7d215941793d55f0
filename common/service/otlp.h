/* otlp.h - takes the process's ended spans (span.h) to an OpenTelemetry collector. Only for
 * common/service.
 *
 * One thread, which nothing waits for. A collector that is away is asked again with growing pauses,
 * for a minute a batch; meanwhile spans wait in their queue, and what does not fit is dropped and
 * counted. NULL is an exporter that is off.
 */
#pragma once
#include "service/inside.h"

struct otlp; /* opaque */

/** Reads the settings, of sampling too; `*out` is NULL where no collector is set. CM_FATAL: a value
 * is none. */
cm_rc otlp_new(struct cm_service *service, struct otlp **out, struct cm_err *err) CM_MUSTCHECK;
/** From here on spans are kept and taken there. Before any other thread makes one. */
cm_rc otlp_start(struct otlp *otlp, struct cm_err *err) CM_MUSTCHECK;
/** No more spans are kept; those there are go out, for up to `grace_ms`. */
void otlp_stop(struct otlp *otlp, int64_t grace_ms);
void otlp_free(struct otlp *otlp); /* after otlp_stop, when nobody makes spans any more */
