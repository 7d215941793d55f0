/* runner.h - takes events from Kafka through the service's routes. Only for common/service.
 *
 * Threads: one polls Kafka, decodes, stores offsets; HANDLERS workers prepare; one persists. They
 * meet at the runner's lock. A work belongs to the lists of work.h while it waits, and to one
 * thread while it is PREPARING or PERSISTING.
 */
#pragma once
#include "service/inside.h"

struct runner; /* opaque */

cm_rc runner_start(struct cm_service *service, struct runner **out,
                   struct cm_err *err) CM_MUSTCHECK;
/** Takes nothing new, finishes what is being worked on for up to `grace_ms`, commits, leaves. */
void runner_stop(struct runner *runner, int64_t grace_ms);
void runner_free(struct runner *runner); /* after runner_stop */

bool runner_is_connected(const struct runner *runner); /* Thread: any */
