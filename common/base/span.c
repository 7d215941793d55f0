#include "base/span.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/cond.h"

/* Like the log it is the process's: what makes spans need not know who wants them. */
static struct {
    atomic_bool open;
    pthread_mutex_t lock;
    pthread_cond_t grew;
    struct cm_span *ring;
    size_t room, first, count;
    size_t wanted; /* as many wake who waits */
    struct cm_metric *dropped, *waiting;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- one span ---- */

/* Whole characters only. */
static void put_text(char *out, size_t size, struct cm_str text)
{
    size_t len = 0, step;

    for (; (step = cm_utf8_step(text)) && len + step < size; len += step) {
        memcpy(out + len, text.at, step);
        text.at += step;
        text.len -= step;
    }
    out[len] = '\0';
}

void cm_span_begin(struct cm_span *span, const struct cm_trace *parent, enum cm_span_kind kind,
                   const char *name)
{
    struct cm_trace at;

    *span = (struct cm_span){ .kind = kind };
    if (!parent || !cm_trace_is_some(parent))
        return;

    at = cm_trace_child(parent);
    cm_span_begin_as(span, &at, parent, kind, name);
}

void cm_span_begin_as(struct cm_span *span, const struct cm_trace *at,
                      const struct cm_trace *parent, enum cm_span_kind kind, const char *name)
{
    *span = (struct cm_span){ .at = *at, .kind = kind, .start_us = cm_now_us() };
    if (parent)
        memcpy(span->parent_id, parent->span_id, sizeof span->parent_id);
    put_text(span->name, sizeof span->name, cm_str_of(name));
}

static struct cm_span_field *add_field(struct cm_span *span, const char *name)
{
    static _Thread_local struct cm_span_field left_out;
    struct cm_span_field *field =
        span->field_count < CM_SPAN_FIELDS ? &span->fields[span->field_count++] : &left_out;

    *field = (struct cm_span_field){ .name = name };
    return field;
}

void cm_span_text(struct cm_span *span, const char *name, struct cm_str text)
{
    put_text(add_field(span, name)->text, CM_SPAN_TEXT, text);
}

void cm_span_number(struct cm_span *span, const char *name, int64_t number)
{
    add_field(span, name)->number = number;
}

void cm_span_fail(struct cm_span *span, const char *why)
{
    span->failed = true;
    put_text(span->why, sizeof span->why, cm_str_of(why));
}

static void push(const struct cm_span *span)
{
    bool dropped, enough;

    pthread_mutex_lock(&queue.lock);
    dropped = queue.count == queue.room; /* of a freed queue too */
    if (!dropped)
        queue.ring[(queue.first + queue.count++) % queue.room] = *span;
    enough = queue.count >= queue.wanted;
    cm_metric_add(dropped ? queue.dropped : queue.waiting, 1);
    pthread_mutex_unlock(&queue.lock);
    if (enough)
        pthread_cond_signal(&queue.grew);
}

bool cm_span_is_wanted(const struct cm_trace *at)
{
    return at->sampled && atomic_load_explicit(&queue.open, memory_order_acquire);
}

void cm_span_end(struct cm_span *span)
{
    if (!cm_span_is_wanted(&span->at))
        return;

    if (!span->end_us)
        span->end_us = cm_now_us();
    push(span);
}

void cm_span_call(const struct cm_call_span *call)
{
    const struct cm_trace root = cm_trace_of_call(call->call_id);
    struct cm_span span;

    cm_span_begin_as(&span, &root, NULL, CM_SPAN_INTERNAL, "call");
    span.start_us = call->start_us;
    span.end_us = call->end_us;
    cm_span_text(&span, "callmill.call.direction", call->direction);
    cm_span_text(&span, "callmill.call.status", call->status);
    if (cm_str_is(call->status, "failed"))
        cm_span_fail(&span, "");
    cm_span_end(&span);
}

/* ---- all of them ---- */

void cm_spans_start(size_t room, struct cm_metrics *metrics)
{

    queue.ring = cm_must(calloc(room, sizeof *queue.ring));
    queue.room = room;
    queue.dropped = cm_counter(metrics, "callmill_spans_dropped_total",
                               "Spans that nobody will see.", "reason=\"queue\"");
    queue.waiting = cm_gauge(metrics, "callmill_spans_waiting", "Spans to be exported.", NULL);
    cm_cond_init(&queue.grew);
    atomic_store_explicit(&queue.open, true, memory_order_release);
}

size_t cm_spans_take(struct cm_span *out, size_t max, int64_t wait_ms)
{
    int64_t until_ms = cm_mono_ms() + wait_ms;
    bool in_time = true;
    size_t count;

    pthread_mutex_lock(&queue.lock);
    queue.wanted = max;
    while (queue.count < max && atomic_load(&queue.open) && in_time)
        in_time = cm_cond_wait(&queue.grew, &queue.lock, until_ms);
    count = queue.count < max ? queue.count : max;
    for (size_t i = 0; i < count; i++)
        out[i] = queue.ring[(queue.first + i) % queue.room];
    queue.first = (queue.first + count) % queue.room;
    queue.count -= count;
    cm_metric_add(queue.waiting, -(int64_t)count);
    pthread_mutex_unlock(&queue.lock);
    return count;
}

void cm_spans_close(void)
{
    if (!atomic_load(&queue.open))
        return;

    pthread_mutex_lock(&queue.lock);
    atomic_store(&queue.open, false);
    pthread_mutex_unlock(&queue.lock);
    pthread_cond_broadcast(&queue.grew);
}

void cm_spans_free(void)
{
    free(queue.ring);
    queue.ring = NULL;
    queue.room = queue.first = queue.count = 0;
}
