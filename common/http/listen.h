/* listen.h - the listening sockets of one address. */
#pragma once
#include <stddef.h>

#include "base/error.h"

/** Opens `count` sockets that listen on `addr` ("127.0.0.1:8080", "[::1]:0"); more than one share
 * it by SO_REUSEPORT, and the kernel spreads connections among them. Another process on the same
 * address is an error all the same. On CM_OK the descriptors are the caller's and `*port` is the
 * real one. CM_FATAL: says which address and why. */
cm_rc http_listen(const char *addr, size_t count, int fds[], unsigned *port,
                  struct cm_err *err) CM_MUSTCHECK;
