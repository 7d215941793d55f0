#include "service/otlp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cond.h"
#include "base/log.h"
#include "service/otlp_options.h"
#include "service/otlp_wire.h"
#include "service/retry.h"

enum { GIVE_UP_MS = 60000, CONNECT_MAX_MS = 5000, ANSWER_MAX_BYTES = 64 * 1024 };

struct otlp {
    struct cm_service *service;
    struct cm_http_client *http; /* its own: it is not what the service asks of others */
    struct cm_arena *arena, *request;
    struct otlp_options options;
    struct cm_metric *exported, *refused, *away;

    pthread_t thread;
    bool is_running;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    int64_t stop_at_ms; /* guarded by `lock`; 0: it runs */

    /* the thread's */
    struct cm_span *batch;
    struct cm_buf body;
    struct backoff backoff;
    int64_t not_before_ms, give_up_ms;
    enum otlp_answer last;
};

/* ---- the thread ---- */

/* When it must be over with this batch, because it stops or has tried for long enough. */
static int64_t deadline_ms(struct otlp *otlp)
{
    int64_t stop_at_ms;

    pthread_mutex_lock(&otlp->lock);
    stop_at_ms = otlp->stop_at_ms;
    pthread_mutex_unlock(&otlp->lock);
    return stop_at_ms && stop_at_ms < otlp->give_up_ms ? stop_at_ms : otlp->give_up_ms;
}

static bool must_end(void *ctx)
{
    return cm_mono_ms() >= deadline_ms(ctx);
}

/* False: there is no time left to try. */
static bool wait_for_turn(struct otlp *otlp)
{
    int64_t until_ms = otlp->not_before_ms;

    pthread_mutex_lock(&otlp->lock);
    while (cm_mono_ms() < until_ms) {
        if (until_ms > otlp->give_up_ms)
            until_ms = otlp->give_up_ms;
        if (otlp->stop_at_ms && until_ms > otlp->stop_at_ms)
            until_ms = otlp->stop_at_ms;
        (void)cm_cond_wait(&otlp->stopped, &otlp->lock, until_ms);
    }
    pthread_mutex_unlock(&otlp->lock);
    return cm_mono_ms() >= otlp->not_before_ms && !must_end(otlp);
}

/* Once for each change, not for each batch. */
static void tell(struct otlp *otlp, const struct otlp_verdict *verdict)
{
    enum otlp_answer answer = verdict->refused ? OTLP_REFUSED : verdict->answer;

    if (answer != otlp->last && answer == OTLP_TAKEN)
        cm_log(CM_LOG_INFO, "traces are taken again", NULL);
    else if (answer != otlp->last)
        cm_log(CM_LOG_WARN, "traces are not taken", "reason=%s", verdict->why);
    otlp->last = answer;
}

static void pause_before_next(struct otlp *otlp, const struct otlp_verdict *verdict)
{
    int64_t pause_ms = backoff_next_ms(&otlp->backoff, arc4random());

    otlp->not_before_ms =
        cm_mono_ms() + (pause_ms > verdict->pause_ms ? pause_ms : verdict->pause_ms);
}

static struct otlp_verdict try_once(struct otlp *otlp, size_t count)
{
    int64_t left_ms = deadline_ms(otlp) - cm_mono_ms(), timeout_ms = otlp->options.timeout_ms;
    struct cm_http_ask ask = { .url = otlp->options.url,
                               .headers = otlp->options.headers,
                               .body = cm_buf_view(&otlp->body),
                               .body_type = "application/json",
                               .answer_max = ANSWER_MAX_BYTES,
                               .stop = must_end,
                               .stop_ctx = otlp };
    struct otlp_verdict verdict = { .answer = OTLP_REFUSED };
    struct cm_http_answer answer;
    struct cm_err err = { 0 };
    cm_rc rc;

    if (left_ms < timeout_ms)
        timeout_ms = left_ms > 0 ? left_ms : 1;
    ask.timeout_ms = (int)timeout_ms;
    ask.connect_timeout_ms = timeout_ms < CONNECT_MAX_MS ? (int)timeout_ms : CONNECT_MAX_MS;
    cm_arena_reset(otlp->request);
    rc = cm_http_fetch(otlp->http, &ask, otlp->request, &answer, &err);
    if (!rc)
        return otlp_judge(&answer, count, cm_now_us());

    if (rc == CM_RETRY)
        verdict.answer = OTLP_AGAIN;
    snprintf(verdict.why, sizeof verdict.why, "%.*s", (int)sizeof verdict.why - 1, err.msg);
    return verdict;
}

static enum otlp_answer try_until_over(struct otlp *otlp, size_t count, size_t *refused)
{
    enum otlp_answer answer = OTLP_AGAIN;

    otlp->give_up_ms = cm_mono_ms() + GIVE_UP_MS;
    while (answer == OTLP_AGAIN && wait_for_turn(otlp)) {
        struct otlp_verdict verdict = try_once(otlp, count);

        tell(otlp, &verdict);
        answer = verdict.answer;
        *refused = verdict.refused;
        if (answer == OTLP_AGAIN)
            pause_before_next(otlp, &verdict);
        else
            otlp->backoff.step_ms = 0;
    }
    return answer;
}

static void send_batch(struct otlp *otlp, size_t count)
{
    size_t refused = 0;

    cm_buf_clear(&otlp->body);
    otlp_write(&otlp->body, otlp->options.attributes, otlp->options.attribute_count, otlp->batch,
               count);
    switch (try_until_over(otlp, count, &refused)) {
    case OTLP_TAKEN:
        cm_metric_add(otlp->exported, (int64_t)(count - refused));
        cm_metric_add(otlp->refused, (int64_t)refused);
        break;
    case OTLP_AGAIN:
        cm_metric_add(otlp->away, (int64_t)count);
        break;
    case OTLP_REFUSED:
        cm_metric_add(otlp->refused, (int64_t)count);
        break;
    }
}

static bool is_stopping(struct otlp *otlp)
{
    bool answer;

    pthread_mutex_lock(&otlp->lock);
    answer = otlp->stop_at_ms != 0;
    pthread_mutex_unlock(&otlp->lock);
    return answer;
}

static void *run(void *arg)
{
    struct otlp *otlp = arg;
    bool was_stopping;
    size_t count;

    do {
        was_stopping = is_stopping(otlp);
        count = cm_spans_take(otlp->batch, otlp->options.batch_max, otlp->options.delay_ms);
        if (count)
            send_batch(otlp, count);
    } while (count || !was_stopping);
    return NULL;
}

/* ---- life ---- */

static void make_metrics(struct otlp *otlp)
{
    struct cm_metrics *metrics = otlp->service->metrics;
    static const char name[] = "callmill_spans_dropped_total";
    static const char help[] = "Spans that nobody will see.";

    otlp->exported = cm_counter(metrics, "callmill_spans_exported_total",
                                "Spans that the collector took.", NULL);
    otlp->refused = cm_counter(metrics, name, help, "reason=\"refused\"");
    otlp->away = cm_counter(metrics, name, help, "reason=\"away\"");
}

static struct otlp *make(struct cm_service *service)
{
    struct otlp *otlp = cm_must(calloc(1, sizeof *otlp));

    otlp->service = service;
    otlp->arena = cm_arena_new();
    otlp->request = cm_arena_new();
    pthread_mutex_init(&otlp->lock, NULL);
    cm_cond_init(&otlp->stopped);
    return otlp;
}

cm_rc otlp_new(struct cm_service *service, struct otlp **out, struct cm_err *err)
{
    struct otlp *otlp = make(service);
    cm_rc rc =
        otlp_options_read(service->config, service->spec->name, otlp->arena, &otlp->options, err);

    if (!rc)
        cm_trace_sample(otlp->options.share);
    if (!rc && otlp->options.url)
        rc = cm_http_client_new(NULL, &otlp->http, err);
    if (rc || !otlp->options.url) {
        otlp_free(otlp);
        *out = NULL;
        return rc;
    }
    *out = otlp;
    return CM_OK;
}

cm_rc otlp_start(struct otlp *otlp, struct cm_err *err)
{
    if (!otlp)
        return CM_OK;

    otlp->batch = cm_must(calloc(otlp->options.batch_max, sizeof *otlp->batch));
    make_metrics(otlp);
    cm_spans_start(otlp->options.room, otlp->service->metrics);
    if (pthread_create(&otlp->thread, NULL, run, otlp) != 0)
        return cm_fail(err, CM_FATAL, "traces: cannot start a thread");

    otlp->is_running = true;
    return CM_OK;
}

void otlp_stop(struct otlp *otlp, int64_t grace_ms)
{
    if (!otlp || !otlp->is_running)
        return;

    pthread_mutex_lock(&otlp->lock);
    otlp->stop_at_ms = cm_mono_ms() + grace_ms;
    pthread_cond_signal(&otlp->stopped);
    pthread_mutex_unlock(&otlp->lock);
    cm_spans_close();
    pthread_join(otlp->thread, NULL);
    otlp->is_running = false;
}

void otlp_free(struct otlp *otlp)
{
    if (!otlp)
        return;

    cm_spans_free();
    cm_http_client_free(otlp->http);
    cm_buf_finish(&otlp->body);
    free(otlp->batch);
    pthread_cond_destroy(&otlp->stopped);
    pthread_mutex_destroy(&otlp->lock);
    cm_arena_free(otlp->request);
    cm_arena_free(otlp->arena);
    free(otlp);
}
