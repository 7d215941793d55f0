/* admin_http.h - /healthz, /readyz and /metrics, on a port of their own. Only for common/service.
 */
#pragma once
#include "service/inside.h"

/** CM_FATAL: the address is taken or wrong. */
cm_rc admin_start(struct cm_service *service, struct cm_http_server **out,
                  struct cm_err *err) CM_MUSTCHECK;
