/* cond.h - a thread's wait that ends at a time of the monotonic clock (cm_mono_ms).
 *
 * pthread's own goes by the wall clock, which is set now and then, and takes its end in seconds and
 * nanoseconds. Broadcast, signal, destroy and a wait without an end are pthread's. Thread: any.
 */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

void cm_cond_init(pthread_cond_t *cond);

/** Waits with `lock` held, for one that cm_cond_init made. False: it is `until_ms`. Who is woken
 * looks at what was waited for, as ever. */
bool cm_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_ms);
