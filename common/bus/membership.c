#include "bus/membership.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/log.h"

enum { COMMIT_WAIT_MS = 5000, CLOSE_WAIT_MS = 5000, CLOSE_SLICE_MS = 50 };

struct place *place_of(const struct cm_consumer *consumer, const char *topic, int32_t partition)
{
    for (size_t i = 0; i < consumer->place_count; i++) {
        struct place *place = &consumer->places[i];

        if (place->partition == partition && strcmp(place->topic, topic) == 0)
            return place;
    }
    return NULL;
}

static void add_place(struct cm_consumer *consumer, const char *topic, int32_t partition)
{
    size_t bytes = (consumer->place_count + 1) * sizeof *consumer->places;
    struct place *places = cm_must(realloc(consumer->places, bytes));

    consumer->places = places;
    places[consumer->place_count++] = (struct place){ cm_must(strdup(topic)), partition, -1 };
}

static void forget_places(struct cm_consumer *consumer)
{
    for (size_t i = 0; i < consumer->place_count; i++)
        free(consumer->places[i].topic);
    free(consumer->places);
    consumer->places = NULL;
    consumer->place_count = 0;
}

static void report_commit(rd_kafka_resp_err_t code)
{
    if (code && code != RD_KAFKA_RESP_ERR__NO_OFFSET)
        cm_log(CM_LOG_WARN, "offsets not committed, their messages come again", "reason=%s",
               rd_kafka_err2str(code));
}

/* Synchronous with a bound: rd_kafka_commit would wait for the coordinator as long as it is away.
 */
static void commit_stored(struct cm_consumer *consumer)
{
    OWN_QUEUE queue = rd_kafka_queue_new(consumer->rk);
    OWN_EVENT event = NULL;
    rd_kafka_resp_err_t code = rd_kafka_commit_queue(consumer->rk, NULL, queue, NULL, NULL);

    if (!code) {
        event = rd_kafka_queue_poll(queue, COMMIT_WAIT_MS);
        code = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    report_commit(code);
}

static void assign(struct cm_consumer *consumer, const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t code = rd_kafka_assign(consumer->rk, list);

    if (code)
        cm_log(CM_LOG_ERROR, "partitions not taken", "reason=%s", rd_kafka_err2str(code));
    atomic_store(&consumer->is_connected, true); /* somebody has told us */
    for (int i = 0; i < list->cnt; i++) {
        add_place(consumer, list->elems[i].topic, list->elems[i].partition);
        if (consumer->options.assigned)
            consumer->options.assigned(consumer->options.ctx, list->elems[i].topic,
                                       list->elems[i].partition);
    }
}

/* The library remembers a pause beyond the partition's loss, and who asked for it does not: without
 * this a partition that comes back would stand still for ever. Then, when the assignment is lost
 * (the group has gone on without us) another member has the partitions already, and a commit would
 * be refused. */
static void revoke(struct cm_consumer *consumer, rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++)
        if (consumer->options.revoked)
            consumer->options.revoked(consumer->options.ctx, list->elems[i].topic,
                                      list->elems[i].partition);
    if (!consumer->options.from_latest && !rd_kafka_assignment_lost(consumer->rk))
        commit_stored(consumer);
    (void)rd_kafka_resume_partitions(consumer->rk, list); /* refused: it is gone already */
    forget_places(consumer);
    rd_kafka_assign(consumer->rk, NULL);
}

/* Thread: the poller's, or the closer's. */
static void rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                      rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct cm_consumer *consumer = opaque;

    (void)rk;
    cm_log(CM_LOG_INFO, "partitions of the group are shared out", "group=%s what=%s count=%d",
           consumer->options.group, code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? "got" : "gave",
           list->cnt);
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        assign(consumer, list);
    else
        revoke(consumer, list);
}

/* Thread: the poller's, as the two below. */
static void note_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    struct cm_consumer *consumer = opaque;

    (void)rk;
    snprintf(consumer->last_error, sizeof consumer->last_error, "%s", reason);
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        atomic_store(&consumer->is_connected, false);
}

/* The library tells that brokers are down, but not that one is up again, except in its statistics.
 */
static int note_statistics(rd_kafka_t *rk, char *json, size_t len, void *opaque)
{
    static const char up[] = "\"state\":\"UP\"";
    struct cm_consumer *consumer = opaque;

    (void)rk;
    atomic_store(&consumer->is_connected, memmem(json, len, up, sizeof up - 1) != NULL);
    return 0; /* the library frees it */
}

static void note_commit(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                        rd_kafka_topic_partition_list_t *list, void *opaque)
{
    (void)rk;
    (void)list;
    (void)opaque;
    report_commit(code);
}

/* KAFKA_INSTANCE and a mark of what is subscribed to: the broker gives a static member that comes
 * back its old partitions without asking what it wants now, so after an upgrade that consumes
 * another topic it has to come as somebody else. false: membership is not static. */
static bool instance_name(const struct cm_consumer *consumer, char *out, size_t size)
{
    const char *name = cm_config_text(consumer->options.config, "KAFKA_INSTANCE");
    CM_OWN_BUF struct cm_buf topics = { 0 };
    struct cm_sha256 mark;

    if (!name || consumer->options.from_latest)
        return false;

    for (const char *const *topic = consumer->options.topics; *topic; topic++)
        cm_buf_printf(&topics, "%s ", *topic);
    mark = cm_sha256(cm_buf_view(&topics));
    snprintf(out, size, "%s.%.8s", name, cm_hex(mark.at, 4).at);
    return true;
}

static cm_rc make_client(struct cm_consumer *consumer, struct cm_err *err)
{
    const struct cm_config *config = consumer->options.config;
    bool latest = consumer->options.from_latest;
    char buffer_kb[24], session_ms[24], poll_ms[24], instance[256], why[160];
    bool is_static = instance_name(consumer, instance, sizeof instance);
    OWN_CONF conf = NULL;
    const struct kafka_property properties[] = {
        { "group.id", consumer->options.group },
        { "group.instance.id", is_static ? instance : NULL },
        { "enable.auto.offset.store", "false" },
        { "enable.auto.commit", latest ? "false" : "true" }, /* of what we stored */
        { "auto.commit.interval.ms", "1000" },
        { "auto.offset.reset", latest ? "latest" : "earliest" },
        { "partition.assignment.strategy", "range,roundrobin" },
        { "allow.auto.create.topics", "false" },
        { "topic.metadata.refresh.interval.ms", "10000" }, /* finds topics that are made later */
        { "session.timeout.ms", session_ms },
        { "max.poll.interval.ms", poll_ms },
        { "queued.max.messages.kbytes", buffer_kb },
        { "enable.partition.eof", "true" },
        { "statistics.interval.ms", "2000" },
        { 0 },
    };
    cm_rc rc;

    snprintf(buffer_kb, sizeof buffer_kb, "%d",
             (int)(cm_config_int(config, "KAFKA_BUFFER_BYTES") / 1024));
    snprintf(session_ms, sizeof session_ms, "%d",
             (int)cm_config_int(config, "KAFKA_SESSION_TIMEOUT_MS"));
    snprintf(poll_ms, sizeof poll_ms, "%d",
             (int)cm_config_int(config, "KAFKA_MAX_POLL_INTERVAL_MS"));
    rc = kafka_conf_new(config, consumer->options.group, properties, &conf, err);
    if (rc)
        return rc;

    rd_kafka_conf_set_opaque(conf, consumer);
    rd_kafka_conf_set_rebalance_cb(conf, rebalance);
    rd_kafka_conf_set_error_cb(conf, note_error);
    rd_kafka_conf_set_stats_cb(conf, note_statistics);
    rd_kafka_conf_set_offset_commit_cb(conf, note_commit);
    consumer->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (!consumer->rk)
        return cm_fail(err, CM_FATAL, "Kafka consumer: %s", why);

    conf = NULL; /* the client's now */
    rd_kafka_poll_set_consumer(consumer->rk);
    return CM_OK;
}

static cm_rc subscribe(struct cm_consumer *consumer, struct cm_err *err)
{
    OWN_LIST list = rd_kafka_topic_partition_list_new(8);
    rd_kafka_resp_err_t code;

    for (const char *const *topic = consumer->options.topics; *topic; topic++)
        rd_kafka_topic_partition_list_add(list, *topic, RD_KAFKA_PARTITION_UA);
    code = rd_kafka_subscribe(consumer->rk, list);
    if (code)
        return cm_fail(err, CM_FATAL, "Kafka consumer: subscribe: %s", rd_kafka_err2str(code));
    return CM_OK;
}

cm_rc cm_consumer_new(const struct cm_consumer_options *options, struct cm_consumer **out,
                      struct cm_err *err)
{
    CM_OWN(cm_consumer) consumer = cm_must(calloc(1, sizeof *consumer));
    cm_rc rc;

    consumer->options = *options;
    rc = make_client(consumer, err);
    if (!rc)
        rc = subscribe(consumer, err);
    if (rc)
        return rc;

    *out = CM_STEAL(consumer);
    return CM_OK;
}

/* What comes while we leave: the last revocation, and messages that nobody wants any more. */
static void serve_closing(struct cm_consumer *consumer, rd_kafka_event_t *event)
{
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
        rebalance(consumer->rk, rd_kafka_event_error(event),
                  rd_kafka_event_topic_partition_list(event), consumer);
}

/* Leaves the group. rd_kafka_consumer_close has no bound, hence the queue; false: time is over. */
static bool close_client(struct cm_consumer *consumer)
{
    int64_t deadline_ms = cm_mono_ms() + CLOSE_WAIT_MS;
    OWN_QUEUE queue = rd_kafka_queue_new(consumer->rk);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(consumer->rk, queue);

    if (error) {
        rd_kafka_error_destroy(error);
        return false;
    }
    while (!rd_kafka_consumer_closed(consumer->rk) && cm_mono_ms() < deadline_ms) {
        OWN_EVENT event = rd_kafka_queue_poll(queue, CLOSE_SLICE_MS);

        if (event)
            serve_closing(consumer, event);
    }
    return rd_kafka_consumer_closed(consumer->rk);
}

/* Nothing of ours is called back any more; what the library still waits for are offsets that cannot
 * be committed, for up to a session's timeout. Thread: its own. */
static void *destroy_client(void *rk)
{
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return NULL;
}

static void abandon_client(rd_kafka_t *rk)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, destroy_client, rk) == 0)
        pthread_detach(thread);
    else
        destroy_client(rk);
}

void cm_consumer_free(struct cm_consumer *consumer)
{
    if (!consumer)
        return;

    if (consumer->rk && close_client(consumer)) {
        destroy_client(consumer->rk);
    } else if (consumer->rk) {
        cm_log(CM_LOG_WARN, "left the group without its answer", "group=%s",
               consumer->options.group);
        abandon_client(consumer->rk);
    }
    forget_places(consumer);
    free(consumer);
}
