/* assemble.h - makes a service of its spec and its configuration, and takes it apart. Only for
 * common/service.
 */
#pragma once
#include "service/inside.h"

/** Everything that needs no dependency to be there, the health port included. CM_FATAL. */
cm_rc service_new(const struct cm_service_spec *spec, struct cm_config *config,
                  struct cm_service **out, struct cm_err *err) CM_MUSTCHECK;
void service_free(struct cm_service *service);

/** Looks at the dependencies, the schema's version and the topics, registers the schemas, opens the
 * app. CM_RETRY: something is away; call it again. CM_FATAL: it will never work. */
cm_rc service_open(struct cm_service *service, struct cm_err *err) CM_MUSTCHECK;
/** What --check looks at: the dependencies, the schema's version, the topics. */
cm_rc service_check(struct cm_service *service, struct cm_err *err) CM_MUSTCHECK;
/** The traces' and health's threads, relay, runner, then the app's own listeners. */
cm_rc service_start(struct cm_service *service, struct cm_err *err) CM_MUSTCHECK;
/** In the reverse order, within the grace period. */
void service_stop(struct cm_service *service);
