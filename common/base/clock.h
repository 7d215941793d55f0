/* clock.h - time as numbers, and the three texts it takes outside.
 *
 * Wall times are microseconds since 1970 UTC (`_us`); deadlines use the monotonic clock. Code that
 * decides by time takes it as a parameter; only main loops and runners read the clock.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define CM_US_PER_SEC INT64_C(1000000)

int64_t cm_now_us(void);  /* wall clock. Thread: any */
int64_t cm_mono_ms(void); /* monotonic milliseconds. Thread: any */

/** Between two attempts at something that is away, in a thread that may wait and looks itself at
 * whether it is to end: in a service, up to a second. Thread: any. */
void cm_pause_ms(int ms);

struct cm_time_text {
    char at[40];
};
struct cm_time_text cm_time_rfc3339(int64_t at_us); /* 2026-11-23T15:36:00.123456Z */
struct cm_time_text cm_time_rfc5322(int64_t at_us); /* Mon, 23 Nov 2026 15:36:00 +0000 */

/* Years from 1 to 9999. What an offset moves out of them is taken for their very beginning or end.
 */
bool cm_time_parse_rfc3339(struct cm_str text, int64_t *at_us);
bool cm_time_parse_rfc2822(struct cm_str text, int64_t *at_us); /* as Twilio writes it */
