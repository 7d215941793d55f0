#include "service/retry.h"

enum { RETRY_AFTER_MAX_MS = 15 * 60 * 1000, BACKOFF_MIN_MS = 200, BACKOFF_MAX_MS = 5000 };

struct retry_policy retry_policy_from(const struct cm_config *config)
{
    return (struct retry_policy){ .attempts = (unsigned)cm_config_int(config, "RETRY_ATTEMPTS"),
                                  .base_ms = cm_config_int(config, "RETRY_BASE_MS"),
                                  .cap_ms = cm_config_int(config, "RETRY_CAP_MS") };
}

int64_t retry_delay_ms(const struct retry_policy *policy, unsigned attempt, unsigned retry_after_ms,
                       uint32_t random)
{
    int64_t ceiling_ms = policy->base_ms, delay_ms;

    for (unsigned i = 1; i < attempt && ceiling_ms < policy->cap_ms; i++)
        ceiling_ms *= 2;
    if (ceiling_ms > policy->cap_ms)
        ceiling_ms = policy->cap_ms;

    delay_ms = (int64_t)random % (ceiling_ms + 1);
    if (retry_after_ms > RETRY_AFTER_MAX_MS)
        retry_after_ms = RETRY_AFTER_MAX_MS;
    return delay_ms > retry_after_ms ? delay_ms : retry_after_ms;
}

int64_t backoff_next_ms(struct backoff *backoff, uint32_t random)
{
    backoff->step_ms = backoff->step_ms ? 2 * backoff->step_ms : BACKOFF_MIN_MS;
    if (backoff->step_ms > BACKOFF_MAX_MS)
        backoff->step_ms = BACKOFF_MAX_MS;
    return backoff->step_ms / 2 + (int64_t)random % (backoff->step_ms / 2 + 1);
}
