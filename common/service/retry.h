/* retry.h - how long to wait before the next attempt. Thread: any. */
#pragma once
#include <stdint.h>

#include "base/config.h"

struct retry_policy {
    unsigned attempts; /* in all; then it is a dead letter */
    int64_t base_ms, cap_ms;
};

struct retry_policy retry_policy_from(const struct cm_config *config);

/** Full jitter: anything up to base * 2^(attempt - 1), at most the cap, but never less than what
 * the other side asked for. `random` decides; `attempt` counts from 1. */
int64_t retry_delay_ms(const struct retry_policy *policy, unsigned attempt, unsigned retry_after_ms,
                       uint32_t random);

/* For what is away altogether (no attempts count): doubling from 200 ms to 5 s, half of it jitter.
 */
struct backoff {
    int64_t step_ms; /* 0 at first and after a success */
};
int64_t backoff_next_ms(struct backoff *backoff, uint32_t random);
