#include "engine/hearing/jobs.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/cond.h"

enum { ASK_AGAIN_MS = 200 }; /* how late a stop is noticed */

struct cm_jobs {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    int places;
    bool taken[];
};

struct cm_jobs *cm_jobs_new(int places)
{
    struct cm_jobs *jobs = cm_must(calloc(1, sizeof *jobs + (size_t)places * sizeof(bool)));

    jobs->places = places;
    pthread_mutex_init(&jobs->lock, NULL);
    cm_cond_init(&jobs->freed);
    return jobs;
}

void cm_jobs_free(struct cm_jobs *jobs)
{
    if (!jobs)
        return;

    pthread_cond_destroy(&jobs->freed);
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}

static int lowest_free(const struct cm_jobs *jobs)
{
    for (int i = 0; i < jobs->places; i++)
        if (!jobs->taken[i])
            return i;
    return -1;
}

cm_rc cm_jobs_enter(struct cm_jobs *jobs, bool (*stop)(void *ctx), void *stop_ctx, int *place,
                    struct cm_err *err)
{
    int free_place;

    for (;;) {
        if (stop && stop(stop_ctx))
            return cm_fail(err, CM_RETRY, "speech: stopped");

        pthread_mutex_lock(&jobs->lock);
        if (lowest_free(jobs) < 0)
            (void)cm_cond_wait(&jobs->freed, &jobs->lock, cm_mono_ms() + ASK_AGAIN_MS);
        free_place = lowest_free(jobs);
        if (free_place >= 0)
            jobs->taken[free_place] = true;
        pthread_mutex_unlock(&jobs->lock);

        if (free_place >= 0) {
            *place = free_place;
            return CM_OK;
        }
    }
}

void cm_jobs_leave(struct cm_jobs *jobs, int place)
{
    pthread_mutex_lock(&jobs->lock);
    jobs->taken[place] = false;
    pthread_cond_signal(&jobs->freed);
    pthread_mutex_unlock(&jobs->lock);
}
