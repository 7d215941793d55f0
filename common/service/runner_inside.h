/* runner_inside.h - the runner as its threads see it. Only for common/service. */
#pragma once
#include <pthread.h>

#include "base/log.h"
#include "service/retry.h"
#include "service/runner.h"
#include "service/work.h"

enum { TOPICS_MAX = EVENT_KINDS };

struct runner {
    struct cm_service *service;
    struct retry_policy retry;
    size_t batch_max, window_max, bytes_max;
    struct topic topics[TOPICS_MAX + 1];
    const char *topic_names[TOPICS_MAX + 1];
    const char *group;
    struct cm_arena *arena; /* of the names */
    struct cm_consumer *consumer;
    atomic_bool is_connected;

    pthread_mutex_t lock; /* guards all below, and every work that is not PREPARING or PERSISTING */
    pthread_cond_t to_prepare_grew, ready_grew, progress;
    struct partition *partitions;
    struct keys keys;
    struct work_queue delayed, to_prepare, ready;
    size_t bytes, at_work; /* works that a thread has */
    bool is_draining, is_over, is_paused;
    int64_t drain_until_ms; /* long work is told to stop then; 0: not draining */
    struct cm_metric *in_flight, *dead_letters;

    pthread_t consumer_thread, persister_thread, *workers;
    size_t worker_count;
};

/* ---- consumer thread (consume.c) ---- */
void *runner_consume(void *runner);

/* ---- moving works (dispatch.c); the lock is held ---- */
void dispatch(struct runner *runner, struct work *work);        /* it is first of its key */
void dispatch_finish(struct runner *runner, struct work *work); /* done, in whatever way */
void dispatch_delay(struct runner *runner, struct work *work, int64_t delay_ms);
/** After a failed attempt: again later, dead, or the process ends. Takes work->failure. */
void dispatch_failed(struct runner *runner, struct work *work, const char *stage);
/** Logs why it failed. Needs no lock. */
void dispatch_tell(const struct work *work, enum cm_log_level level, const char *message,
                   int64_t delay_ms);
/** A thread gives a work back. False: it was abandoned meanwhile and is freed. */
bool dispatch_return(struct runner *runner, struct work *work);

/* ---- the other threads ---- */
void *worker_run(void *runner);
void *persister_run(void *runner);

/** Writes a work that is dead, in a transaction of its own. `*outcome`: which counter it adds to.
 */
cm_rc dead_letter_write(struct cm_service *service, struct work *work, int64_t now_us,
                        struct cm_metric **outcome, struct cm_err *err) CM_MUSTCHECK;
