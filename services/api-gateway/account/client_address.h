/* client_address.h - from where a request comes, also behind proxies. */
#pragma once
#include "base/str.h"

enum { CLIENT_ADDRESS_MAX = 64 };

/** The client's address as a key for counting, in `out`: an IPv4 address whole, of an IPv6 one the
 * /64 that a site has. With `proxies` > 0 it is the one that the outermost of them saw: so many
 * from the right of X-Forwarded-For; what stands left of it the client may have invented. */
struct cm_str client_address(struct cm_str peer, struct cm_str forwarded_for, int proxies,
                             char out[CLIENT_ADDRESS_MAX]);
