#include "engine/hearing/jobs.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"

enum { ASK_AGAIN_MS = 200 }; /* how late a stop is noticed */

struct cm_jobs {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    int places;
    bool taken[];
};

struct cm_jobs *cm_jobs_new(int places)
{
    struct cm_jobs *jobs = calloc(1, sizeof *jobs + (size_t)places * sizeof(bool));
    pthread_condattr_t monotonic;

    if (!jobs)
        cm_out_of_memory();
    jobs->places = places;
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&jobs->freed, &monotonic);
    pthread_condattr_destroy(&monotonic);
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

static struct timespec soon(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += ASK_AGAIN_MS * 1000000L;
    at.tv_sec += at.tv_nsec / 1000000000L;
    at.tv_nsec %= 1000000000L;
    return at;
}

cm_rc cm_jobs_enter(struct cm_jobs *jobs, bool (*stop)(void *ctx), void *stop_ctx, int *place,
                    struct cm_err *err)
{
    int free_place;

    for (;;) {
        struct timespec until = soon();

        if (stop && stop(stop_ctx))
            return cm_fail(err, CM_RETRY, "speech: stopped");

        pthread_mutex_lock(&jobs->lock);
        if (lowest_free(jobs) < 0)
            pthread_cond_timedwait(&jobs->freed, &jobs->lock, &until);
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
