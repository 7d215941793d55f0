/* address.h - may a request of CM_REACH_PUBLIC (client.h) go there? Thread: any. */
#pragma once
#include <stdbool.h>
#include <sys/socket.h>

/** Anything but IPv4 and IPv6 is not. */
bool cm_address_is_public(const struct sockaddr *address);
