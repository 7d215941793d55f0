/* process_stats.h - what the kernel knows of this process, under the names that every Prometheus
 * client uses (process_cpu_seconds_total, ...). Thread: any.
 */
#pragma once
#include "base/buf.h"

/** Appends the metrics as text; what cannot be read is left out. */
void cm_process_stats_render(struct cm_buf *out);
