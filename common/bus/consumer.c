#include "bus/consumer.h"

#include "base/log.h"
#include "bus/membership.h"

static cm_rc take_message(struct cm_consumer *consumer, rd_kafka_message_t *message,
                          struct cm_message_in *out)
{
    const char *topic = rd_kafka_topic_name(message->rkt);
    struct place *place = place_of(consumer, topic, message->partition);

    if (place && place->next < 0)
        place->next = message->offset;
    atomic_store(&consumer->is_connected, true);
    *out = (struct cm_message_in){
        .handle = message,
        .topic = topic,
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_ms = rd_kafka_message_timestamp(message, NULL),
        .key = { message->key, message->key_len },
        .value = { message->payload, message->len },
    };
    return CM_OK;
}

/* What came instead of a message. */
static cm_rc take_notice(struct cm_consumer *consumer, const rd_kafka_message_t *notice,
                         struct cm_err *err)
{
    const char *topic = notice->rkt ? rd_kafka_topic_name(notice->rkt) : "";
    struct place *place;
    cm_rc rc = kafka_check_fatal(consumer->rk, err);

    if (rc)
        return rc;
    if (notice->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        place = place_of(consumer, topic, notice->partition);
        if (place && place->next < 0)
            place->next = notice->offset;
        return CM_OK;
    }
    if (notice->err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) {
        cm_log(CM_LOG_WARN, "the group went on without us, joining again", "group=%s reason=%s",
               consumer->options.group, rd_kafka_message_errstr(notice));
        return CM_OK;
    }
    if (notice->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        notice->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
        return cm_fail_away(err, "topic %s does not exist (yet); callmill topics creates it",
                            topic);
    return cm_fail_away(err, "Kafka: %s", rd_kafka_message_errstr(notice));
}

cm_rc cm_consumer_poll(struct cm_consumer *consumer, int timeout_ms, enum cm_poll_answer *answer,
                       struct cm_message_in *out, struct cm_err *err)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer->rk, timeout_ms);
    cm_rc rc;

    *answer = CM_POLL_NOTHING;
    if (!message) {
        rc = kafka_check_fatal(consumer->rk, err);
        if (rc || atomic_load(&consumer->is_connected) || !*consumer->last_error)
            return rc;
        return cm_fail_away(err, "no Kafka broker answers: %s", consumer->last_error);
    }
    if (!message->err) {
        *answer = CM_POLL_MESSAGE;
        return take_message(consumer, message, out);
    }

    rc = take_notice(consumer, message, err);
    rd_kafka_message_destroy(message);
    return rc;
}

void cm_message_free(struct cm_message_in *message)
{
    if (message->handle)
        rd_kafka_message_destroy(message->handle);
    *message = (struct cm_message_in){ 0 };
}

bool cm_message_header(const struct cm_message_in *message, const char *name, struct cm_str *value)
{
    rd_kafka_headers_t *headers;
    const void *at;
    size_t len;

    if (rd_kafka_message_headers(message->handle, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &at, &len) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;

    *value = (struct cm_str){ at, at ? len : 0 };
    return true;
}

void cm_consumer_store(struct cm_consumer *consumer, const char *topic, int32_t partition,
                       int64_t next_offset)
{
    OWN_LIST list = rd_kafka_topic_partition_list_new(1);
    struct place *place = place_of(consumer, topic, partition);

    if (!place)
        return;

    place->next = next_offset;
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = next_offset;
    /* The only refusal is that the partition is not ours any more, and then its next owner repeats.
     */
    (void)rd_kafka_offsets_store(consumer->rk, list);
}

void cm_consumer_pause(struct cm_consumer *consumer, const char *topic, int32_t partition)
{
    OWN_LIST list = rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(list, topic, partition);
    (void)rd_kafka_pause_partitions(consumer->rk, list); /* refused: not ours any more */
}

void cm_consumer_resume(struct cm_consumer *consumer, const char *topic, int32_t partition)
{
    OWN_LIST list = rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(list, topic, partition);
    (void)rd_kafka_resume_partitions(consumer->rk, list);
}

int64_t cm_consumer_lag(struct cm_consumer *consumer, const char *topic, int32_t partition)
{
    const struct place *place = place_of(consumer, topic, partition);
    int64_t low, high;

    if (!place || place->next < 0 ||
        rd_kafka_get_watermark_offsets(consumer->rk, topic, partition, &low, &high) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        high < 0)
        return -1;
    return high > place->next ? high - place->next : 0;
}

bool cm_consumer_is_connected(const struct cm_consumer *consumer)
{
    return atomic_load(&consumer->is_connected);
}
