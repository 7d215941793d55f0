/* consume.c - the runner's thread that polls Kafka: admits, decodes, stores offsets, gives up what
 * is taken away.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/consume.h"
#include "service/event_span.h"

enum {
    POLL_MS = 50,
    POLL_PAUSED_MS = 5, /* while something is paused: it goes on as soon as there is room */
    POLLS_A_TURN = 64,  /* between two looks at the windows */
    REGISTRY_PAUSE_MS = 1000,
    LAG_MS = 5000,
};

/* ---- decoding ---- */

static void read_trace(struct work *work)
{
    struct cm_str trace = { 0 };

    if (cm_message_header(&work->message, "traceparent", &trace))
        work->event.traceparent = cm_arena_str(work->arena, trace);
    event_span_admit(&work->item);
}

static struct cm_uuid id_of_place(const struct work *work)
{
    char place[300];
    int len = snprintf(place, sizeof place, "%s/%d/%lld", work->topic->name,
                       (int)work->message.partition, (long long)work->message.offset);

    return cm_uuid_named((struct cm_str){ place, (size_t)len });
}

static void refuse(struct work *work)
{
    struct cm_trace before = cm_trace_enter(&work->item.trace);

    work->is_dead = true;
    work->stage = "decode";
    cm_log(CM_LOG_ERROR, "event cannot be read", "topic=%s partition=%d offset=%lld reason=%s",
           work->topic->name, (int)work->message.partition, (long long)work->message.offset,
           work->failure.msg);
    cm_trace_enter(&before);
}

/* Leaves the work decoded, dead, or neither when the registry is needed and away. */
static void decode(struct consume *c, struct work *work)
{
    cm_rc rc;

    if (cm_mono_ms() < c->registry_pause_until_ms)
        return;

    work->event_id = id_of_place(work);
    rc = cm_codec_decode(c->runner->service->codec, work->message.value,
                         work->topic->route->consumes, work->arena, &work->event, &work->failure);
    if (rc == CM_RETRY || rc == CM_FATAL) {
        c->registry_pause_until_ms = cm_mono_ms() + REGISTRY_PAUSE_MS;
        cm_log(CM_LOG_WARN, "decoding waits", "topic=%s reason=%s", work->topic->name,
               work->failure.msg);
        if (rc == CM_FATAL) /* says nothing against the event: the next process has it */
            service_fatal(c->runner->service, &work->failure);
        return;
    }
    if (!rc && cm_uuid_is_nil(work->event.head.event_id))
        rc = cm_fail(&work->failure, CM_REJECT, "the event has no event_id");
    read_trace(work);
    if (rc) {
        refuse(work);
        return;
    }
    work->is_decoded = true;
    work->failure = (struct cm_err){ 0 };
    work->event_id = work->event.head.event_id;
    work->item.last_attempt = c->runner->retry.attempts == 1;
}

/* ---- partitions; the lock is held ---- */

static const struct topic *topic_of(const struct runner *runner, const char *name)
{
    const struct topic *topic = runner->topics;

    while (topic->route && strcmp(topic->name, name) != 0)
        topic++;
    return topic->route ? topic : NULL;
}

struct partition **consume_place(struct runner *runner, const char *topic, int32_t number)
{
    struct partition **at = &runner->partitions;

    while (*at && ((*at)->number != number || strcmp((*at)->topic, topic) != 0))
        at = &(*at)->next;
    return at;
}

static struct partition *partition_of(struct runner *runner, const struct topic *topic,
                                      int32_t number)
{
    struct partition **at = consume_place(runner, topic->name, number);

    if (!*at) {
        char labels[160];

        *at = cm_must(malloc(sizeof **at));
        partition_init(*at, topic->name, number);
        snprintf(labels, sizeof labels, "topic=\"%s\",partition=\"%d\"",
                 cm_event_name(topic->route->consumes), (int)number);
        (*at)->lag = cm_gauge(runner->service->metrics, "callmill_consumer_lag",
                              "Messages between what is finished and the end.", labels);
        (*at)->oldest = cm_gauge(runner->service->metrics, "callmill_oldest_event_seconds",
                                 "Since when the oldest unfinished event waits.", labels);
    }
    return *at;
}

static void pause_where_full(struct consume *c, struct partition *partition)
{
    struct runner *runner = c->runner;
    bool all = runner->bytes > runner->bytes_max;

    runner->is_paused |= all;
    for (struct partition *p = runner->partitions; p; p = p->next) {
        if (p->is_paused || !(all || (p == partition && p->count >= runner->window_max)))
            continue;
        cm_consumer_pause(c->consumer, p->topic, p->number);
        p->is_paused = true;
    }
}

static bool resume_where_room(struct consume *c)
{
    struct runner *runner = c->runner;
    bool any_paused = false;

    if (runner->is_paused && runner->bytes > runner->bytes_max / 2)
        return true;

    runner->is_paused = false;
    for (struct partition *p = runner->partitions; p; p = p->next) {
        if (p->is_paused && p->count <= runner->window_max / 2) {
            cm_consumer_resume(c->consumer, p->topic, p->number);
            p->is_paused = false;
        }
        any_paused |= p->is_paused;
    }
    return any_paused;
}

static void admit(struct consume *c, struct cm_message_in *message)
{
    struct runner *runner = c->runner;
    const struct topic *topic = topic_of(runner, message->topic);
    struct work *work;

    if (!topic) {
        cm_message_free(message);
        return;
    }
    work = work_new(topic, message);
    decode(c, work);

    pthread_mutex_lock(&runner->lock);
    partition_add(partition_of(runner, topic, message->partition), work);
    runner->bytes += work_bytes(work);
    cm_metric_add(runner->in_flight, 1);
    if (keys_enter(&runner->keys, work))
        dispatch(runner, work);
    pause_where_full(c, work->partition);
    pthread_mutex_unlock(&runner->lock);
}

/* ---- between the polls ---- */

void consume_store(struct consume *c, struct partition *partition)
{
    struct work_queue finished;
    int64_t offset;

    work_queue_init(&finished);
    offset = partition_advance(partition, &finished);
    if (offset >= 0)
        cm_consumer_store(c->consumer, partition->topic, partition->number, offset);
    for (struct work *work = work_queue_pop(&finished); work; work = work_queue_pop(&finished)) {
        c->runner->bytes -= work_bytes(work);
        work_free(work);
    }
}

static void wake_delayed(struct consume *c)
{
    struct runner *runner = c->runner;
    int64_t now_ms = cm_mono_ms();
    struct work *next;

    if (runner->is_draining)
        return;
    for (struct work *work = runner->delayed.first; work; work = next) {
        next = work->next_in_queue;
        if (work->due_ms > now_ms)
            continue;
        work_queue_remove(&runner->delayed, work);
        if (!work->is_decoded && !work->is_dead)
            decode(c, work);
        if (!work->is_decoded && !work->is_dead)
            dispatch_delay(runner, work, REGISTRY_PAUSE_MS);
        else
            dispatch(runner, work);
    }
}

/* Of what was polled, which is what came first. */
static int64_t oldest_s(const struct partition *partition)
{
    int64_t age_ms =
        partition->first ? cm_now_us() / 1000 - partition->first->message.timestamp_ms : 0;

    return age_ms > 0 ? age_ms / 1000 : 0;
}

static void show_lag(struct consume *c)
{
    if (cm_mono_ms() < c->lag_at_ms)
        return;

    c->lag_at_ms = cm_mono_ms() + LAG_MS;
    for (struct partition *p = c->runner->partitions; p; p = p->next) {
        int64_t lag = cm_consumer_lag(c->consumer, p->topic, p->number);

        if (lag >= 0)
            cm_metric_set(p->lag, lag);
        cm_metric_set(p->oldest, oldest_s(p));
    }
}

/* The brokers were there when the service was opened, so only what was connected can be lost. */
static void note_connection(struct consume *c)
{
    bool is_connected = cm_consumer_is_connected(c->consumer);

    c->was_connected |= is_connected;
    atomic_store(&c->runner->is_connected, is_connected || !c->was_connected);
}

/* True: something is paused. */
static bool look_after_windows(struct consume *c)
{
    bool is_paused;

    pthread_mutex_lock(&c->runner->lock);
    for (struct partition *p = c->runner->partitions; p; p = p->next)
        consume_store(c, p);
    wake_delayed(c);
    is_paused = resume_where_room(c);
    show_lag(c);
    pthread_mutex_unlock(&c->runner->lock);
    note_connection(c);
    return is_paused;
}

/* ---- the thread ---- */

static void note_broker(struct consume *c, cm_rc rc, const struct cm_err *err)
{
    if (rc == CM_RETRY && !c->was_away)
        cm_log(CM_LOG_WARN, "Kafka is away", "reason=%s", err->msg);
    if (rc == CM_OK && c->was_away)
        cm_log(CM_LOG_INFO, "Kafka is back", NULL);
    c->was_away = rc == CM_RETRY;
}

static bool is_draining(struct runner *runner)
{
    bool answer;

    pthread_mutex_lock(&runner->lock);
    answer = runner->is_draining;
    pthread_mutex_unlock(&runner->lock);
    return answer;
}

static void poll_until_drained(struct consume *c)
{
    bool is_paused = false;
    unsigned polls = 0;

    while (!is_draining(c->runner)) {
        enum cm_poll_answer answer = CM_POLL_NOTHING;
        struct cm_message_in message;
        struct cm_err err = { 0 };
        cm_rc rc = cm_consumer_poll(c->consumer, is_paused ? POLL_PAUSED_MS : POLL_MS, &answer,
                                    &message, &err);

        c->revoke_until_ms = 0; /* the next rebalance has its own time */
        note_broker(c, rc, &err);
        if (rc == CM_FATAL) {
            service_fatal(c->runner->service, &err);
            return;
        }
        if (!rc && answer == CM_POLL_MESSAGE)
            admit(c, &message);
        if (answer == CM_POLL_NOTHING || ++polls % POLLS_A_TURN == 0)
            is_paused = look_after_windows(c);
    }
}

void *runner_consume(void *arg)
{
    struct runner *runner = arg;
    struct consume c = { .runner = runner };
    struct cm_consumer_options options = { .config = runner->service->config,
                                           .group = runner->group,
                                           .topics = runner->topic_names,
                                           .assigned = consume_assigned,
                                           .revoked = consume_revoked,
                                           .ctx = &c };
    struct cm_err err = { 0 };

    if (cm_consumer_new(&options, &c.consumer, &err)) {
        service_fatal(runner->service, &err);
        return NULL;
    }
    poll_until_drained(&c);

    consume_drain_all(&c);
    cm_consumer_free(c.consumer);
    return NULL;
}
