/* relay.h - publishes the service's outbox to Kafka, in a thread of its own. Only for
 * common/service.
 *
 * One relay a service works at a time, by an advisory lock that lives as long as its connection;
 * the others stand by. Rows go out in the order in which they were written and are deleted when the
 * brokers have them. What was sent and not deleted is sent again: consumers drop repeats by event
 * id.
 */
#pragma once
#include "service/inside.h"

struct relay; /* opaque */

cm_rc relay_start(struct cm_service *service, struct relay **out, struct cm_err *err) CM_MUSTCHECK;
/** Publishes what is there, for up to `grace_ms`, and ends. */
void relay_stop(struct relay *relay, int64_t grace_ms);
void relay_free(struct relay *relay); /* after relay_stop */
