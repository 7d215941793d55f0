/* jobs.h - at most so many at a time: a counting semaphore that numbers its places. Thread: any. */
#pragma once
#include <stdbool.h>

#include "base/error.h"
#include "base/own.h"

struct cm_jobs; /* opaque */

struct cm_jobs *cm_jobs_new(int places);
void cm_jobs_free(struct cm_jobs *jobs); /* nobody is in it any more */
CM_DEFINE_OWN(cm_jobs, cm_jobs_free);

/** Waits for a place; `*place` is the lowest free one, so that what belongs to a place (a model's
 * working memory) is made only for as many as were ever needed at once. CM_RETRY: `stop` (may be
 * NULL) said true. */
cm_rc cm_jobs_enter(struct cm_jobs *jobs, bool (*stop)(void *ctx), void *stop_ctx, int *place,
                    struct cm_err *err) CM_MUSTCHECK;
void cm_jobs_leave(struct cm_jobs *jobs, int place);
