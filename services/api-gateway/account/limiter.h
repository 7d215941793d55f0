/* limiter.h - counts attempts by key, within bounded memory.
 *
 * A key (an account at an address, or an address) has so many attempts in a window, which begins
 * with its first. The table holds a fixed number of keys; when a place is needed, the key with the
 * fewest attempts and the oldest window makes room. Counted by each process for itself. Thread:
 * any.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/own.h"
#include "base/str.h"

struct limiter; /* opaque */

struct limiter *limiter_new(size_t keys, unsigned attempts, int64_t window_ms);
void limiter_free(struct limiter *limiter);
CM_DEFINE_OWN(limiter, limiter_free);

/** Uses one attempt up and returns 0; or, if none is left, how many ms until there are some again.
 */
int64_t limiter_take(struct limiter *limiter, struct cm_str key, int64_t now_ms);
/** The attempt was a good one and does not count. */
void limiter_give_back(struct limiter *limiter, struct cm_str key);
/** The attempt was a good one, and those before it are forgiven: the key starts afresh. */
void limiter_forget(struct limiter *limiter, struct cm_str key);
