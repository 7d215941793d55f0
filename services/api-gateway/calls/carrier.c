#include "calls/carrier.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/queue.h"
#include "base/trace.h"
#include "reply.h"

struct carriage {
    struct carrier *carrier;
    struct carriage *prev, *next; /* of all that there are */
    struct cm_http_request *rq;   /* the loop's */
    struct cm_loop *loop;
    struct cm_arena *arena;
    struct cm_str call_sid;
    struct cm_trace trace; /* the request's */
    struct cm_recording recording;
    struct cm_http_wanted wanted;
    int to_fd; /* -1: it has not been looked at yet */
    cm_rc rc;
    struct cm_err err;
};

struct carrier {
    const struct cm_recordings *recordings;
    struct cm_queue *queue;
    pthread_t *threads;
    unsigned count, most;
    atomic_bool stopping;
    pthread_mutex_t lock; /* of the list */
    struct carriage *all;
    unsigned under_way;
    struct cm_metric *carried, *refused, *now;
};

/* NULL: there are too many. */
static struct carriage *begin(struct carrier *carrier)
{
    struct carriage *c = NULL;

    pthread_mutex_lock(&carrier->lock);
    if (carrier->under_way < carrier->most) {
        c = cm_must(calloc(1, sizeof *c));
        c->carrier = carrier;
        c->next = carrier->all;
        if (c->next)
            c->next->prev = c;
        carrier->all = c;
        carrier->under_way++;
    }
    pthread_mutex_unlock(&carrier->lock);
    return c;
}

static void end(struct carriage *c)
{
    struct carrier *carrier = c->carrier;

    pthread_mutex_lock(&carrier->lock);
    if (c->prev)
        c->prev->next = c->next;
    else
        carrier->all = c->next;
    if (c->next)
        c->next->prev = c->prev;
    carrier->under_way--;
    pthread_mutex_unlock(&carrier->lock);
    cm_own_fd(&c->to_fd);
    cm_arena_free(c->arena);
    free(c);
    cm_metric_add(carrier->now, -1);
}

static bool is_stopping(void *ctx)
{
    const struct carrier *carrier = ctx;

    return atomic_load(&carrier->stopping);
}

/* ---- in the loop ---- */

/* There is room: the queue takes as many as there are. */
static void hand_on(struct carriage *c)
{
    if (!cm_queue_try_push(c->carrier->queue, c))
        end(c);
}

static void on_looked(void *ctx)
{
    struct carriage *c = ctx;
    const struct cm_recording *recording = &c->recording;
    const char *etag = recording->etag[0] ? recording->etag : NULL;

    if (recording_found(c->rq, c->rc, recording, &c->err) &&
        cm_http_want_part(c->rq, recording->size, etag, &c->wanted))
        c->to_fd = cm_http_reply_pipe(c->rq, &c->wanted, "audio/mpeg");
    c->rq = NULL; /* it ends when its client likes */
    if (c->to_fd >= 0)
        hand_on(c);
    else
        end(c);
}

void carrier_take(struct carrier *carrier, struct cm_http_request *rq, struct cm_str call_sid)
{
    struct carriage *c = begin(carrier);

    if (!c) {
        cm_metric_add(carrier->refused, 1);
        reply_away(rq, 2, "Too many recordings are sent at a time. Try again soon.");
        return;
    }
    cm_metric_add(carrier->now, 1);
    c->rq = rq;
    c->loop = cm_http_loop(rq);
    c->arena = cm_arena_new();
    c->call_sid = cm_arena_str(c->arena, call_sid);
    c->trace = *cm_trace_current();
    c->to_fd = -1;
    hand_on(c);
}

/* ---- in a thread ---- */

static void carry(struct carriage *c)
{
    struct carrier *carrier = c->carrier;
    const struct cm_recording_ask ask = { .call_sid = c->call_sid,
                                          .stop = is_stopping,
                                          .stop_ctx = carrier };
    cm_rc rc = cm_recordings_copy(carrier->recordings, c->arena, &ask, &c->recording,
                                  c->wanted.from, c->wanted.len, c->to_fd, &c->err);

    if (rc) /* mostly a listener who left */
        cm_log(CM_LOG_INFO, "recording not sent to its end", "reason=%s", c->err.msg);
    else
        cm_metric_add(carrier->carried, 1);
    end(c);
}

static void *carrier_main(void *ctx)
{
    struct carrier *carrier = ctx;
    void *item;

    while (cm_queue_pop(carrier->queue, &item, -1) == CM_QUEUE_OK) {
        struct carriage *c = item;

        cm_trace_enter(&c->trace);
        if (c->to_fd >= 0) {
            carry(c);
            continue;
        }
        c->rc =
            cm_recordings_look(carrier->recordings, c->arena, c->call_sid, &c->recording, &c->err);
        cm_loop_post(c->loop, on_looked, c);
    }
    return NULL;
}

/* ---- its life ---- */

static void open_metrics(struct carrier *carrier, struct cm_metrics *metrics)
{
    static const char name[] = "callmill_recordings_carried_total",
                      help[] = "Recordings, or parts of them, that were asked of the object store.";

    carrier->carried = cm_counter(metrics, name, help, "outcome=\"sent\"");
    carrier->refused = cm_counter(metrics, name, help, "outcome=\"refused\"");
    carrier->now = cm_gauge(metrics, "callmill_recordings_under_way",
                            "Recordings that are being sent from the object store.", NULL);
}

cm_rc carrier_new(const struct cm_recordings *recordings, unsigned most, struct cm_metrics *metrics,
                  struct carrier **out, struct cm_err *err)
{
    CM_OWN(carrier) carrier = cm_must(calloc(1, sizeof *carrier));

    carrier->recordings = recordings;
    carrier->most = most;
    carrier->queue = cm_queue_new(most);
    carrier->threads = cm_must(calloc(most, sizeof *carrier->threads));
    pthread_mutex_init(&carrier->lock, NULL);
    open_metrics(carrier, metrics);
    for (; carrier->count < most; carrier->count++)
        if (pthread_create(&carrier->threads[carrier->count], NULL, carrier_main, carrier) != 0)
            return cm_fail(err, CM_FATAL, "no thread to carry recordings, %u of %u",
                           carrier->count + 1, most);

    *out = CM_STEAL(carrier);
    return CM_OK;
}

void carrier_free(struct carrier *carrier)
{
    if (!carrier)
        return;

    atomic_store(&carrier->stopping, true);
    cm_queue_close(carrier->queue);
    for (unsigned i = 0; i < carrier->count; i++)
        pthread_join(carrier->threads[i], NULL);
    while (carrier->all) /* of those whose loop did not turn any more */
        end(carrier->all);
    cm_queue_free(carrier->queue);
    pthread_mutex_destroy(&carrier->lock);
    free(carrier->threads);
    free(carrier);
}
