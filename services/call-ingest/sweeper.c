/* The thread that sweeps, if it is the one; sweep.c has what it does then. */
#include "sweeper.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/cond.h"
#include "base/log.h"
#include "store_sweep.h"

struct sweeper {
    struct sweeper_options options;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool stopping;               /* under lock */
    struct cm_listener *session; /* the thread's: holds the advisory lock */
    bool is_the_one;
    int64_t retention_due_ms;
};

static bool is_stopping(void *ctx)
{
    struct sweeper *sweeper = ctx;
    bool stopping;

    pthread_mutex_lock(&sweeper->lock);
    stopping = sweeper->stopping;
    pthread_mutex_unlock(&sweeper->lock);
    return stopping;
}

/* Up to a fifth more or less, so that replicas don't ask for the lock in step. */
static int64_t jittered(int64_t ms)
{
    uint32_t random = 0;

    if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
        return ms;
    return ms - ms / 5 + (int64_t)(random % (uint32_t)(ms * 2 / 5 + 1));
}

/* False: it is over. */
static bool rest(struct sweeper *sweeper)
{
    int64_t until_ms = cm_mono_ms() + jittered(sweeper->options.interval_ms);
    bool stopping;

    pthread_mutex_lock(&sweeper->lock);
    while (!sweeper->stopping && cm_cond_wait(&sweeper->woken, &sweeper->lock, until_ms))
        ;
    stopping = sweeper->stopping;
    pthread_mutex_unlock(&sweeper->lock);
    return !stopping;
}

static void leave_session(struct sweeper *sweeper)
{
    cm_listener_free(sweeper->session);
    sweeper->session = NULL;
    sweeper->is_the_one = false;
}

/* The lock lives as long as the session, so a lost session is a lost lock. */
static cm_rc become_the_one(struct sweeper *sweeper, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = CM_OK;

    if (!sweeper->session)
        rc = cm_listener_new(sweeper->options.intake->db, "callmill_sweeper", &sweeper->session,
                             err);
    if (!rc)
        rc = cm_listener_query(sweeper->session,
                               sweeper->is_the_one ? &store_sweeper_alive : &store_sweeper_lock,
                               NULL, &rows, err);
    if (rc) {
        leave_session(sweeper);
        return rc;
    }
    sweeper->is_the_one = cm_row_bool(rows, 0, 0);
    return CM_OK;
}

static cm_rc delete_old(struct sweeper *sweeper, struct cm_err *err)
{
    if (cm_mono_ms() < sweeper->retention_due_ms)
        return CM_OK;
    sweeper->retention_due_ms = cm_mono_ms() + sweeper->options.retention_interval_ms;
    return retention_pass(&sweeper->options.retention, cm_now_us(), is_stopping, sweeper, err);
}

static void *run(void *ctx)
{
    struct sweeper *sweeper = ctx;

    while (rest(sweeper)) {
        struct cm_err err = { 0 };
        cm_rc rc = become_the_one(sweeper, &err);

        if (!rc && sweeper->is_the_one)
            rc = sweep(&sweeper->options, cm_now_us(), is_stopping, sweeper, &err);
        if (!rc)
            rc = delete_old(sweeper, &err);
        if (rc)
            cm_log(rc == CM_RETRY ? CM_LOG_WARN : CM_LOG_ERROR, "sweep not finished", "reason=%s",
                   err.msg);
    }
    return NULL;
}

cm_rc sweeper_start(const struct sweeper_options *options, struct sweeper **out, struct cm_err *err)
{
    struct sweeper *sweeper = cm_must(calloc(1, sizeof *sweeper));

    sweeper->options = *options;
    pthread_mutex_init(&sweeper->lock, NULL);
    cm_cond_init(&sweeper->woken);
    if (pthread_create(&sweeper->thread, NULL, run, sweeper)) {
        pthread_cond_destroy(&sweeper->woken);
        pthread_mutex_destroy(&sweeper->lock);
        free(sweeper);
        return cm_fail(err, CM_FATAL, "sweeper: no thread can be started");
    }
    *out = sweeper;
    return CM_OK;
}

void sweeper_free(struct sweeper *sweeper)
{
    if (!sweeper)
        return;
    pthread_mutex_lock(&sweeper->lock);
    sweeper->stopping = true;
    pthread_cond_signal(&sweeper->woken);
    pthread_mutex_unlock(&sweeper->lock);
    pthread_join(sweeper->thread, NULL);
    leave_session(sweeper);
    pthread_cond_destroy(&sweeper->woken);
    pthread_mutex_destroy(&sweeper->lock);
    free(sweeper);
}
