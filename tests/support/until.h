/* until.h - waits in a test for what another thread or process brings about.
 *
 * The deadline is for a machine that does much else: who waits for it has failed.
 */
#pragma once
#include "base/clock.h"

enum { UNTIL_WAIT_MS = 30 * 1000, UNTIL_LOOK_MS = 2 };

/** Looks again and again, until `condition` holds; it fails the test when it is not in time. */
#define until(condition)                                                                           \
    do {                                                                                           \
        int64_t until_ms = cm_mono_ms() + UNTIL_WAIT_MS;                                           \
                                                                                                   \
        while (!(condition)) {                                                                     \
            if (cm_mono_ms() > until_ms)                                                           \
                fail_msg("not within %d ms: %s", UNTIL_WAIT_MS, #condition);                       \
            cm_pause_ms(UNTIL_LOOK_MS);                                                            \
        }                                                                                          \
    } while (0)
