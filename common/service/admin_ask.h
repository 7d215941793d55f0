/* admin_ask.h - asks a running service's /healthz, for --healthcheck. Only for common/service. */
#pragma once
#include "base/error.h"

/** `addr` is that service's ADMIN_ADDR; where it listens on every address, loopback is asked.
 * CM_RETRY: nobody answers, or not within ASK_MS, or with another status than 200. */
cm_rc admin_ask_alive(const char *addr, struct cm_err *err) CM_MUSTCHECK;
