#include "bus/producer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bus/kafka.h"

enum { FLUSH_SLICE_MS = 500, FULL_PAUSE_MS = 50, TOPIC_NAME_MAX = 249, HEADERS_MAX = 64 };

struct cm_producer {
    rd_kafka_t *rk;
};

/* One call of cm_producer_send. It outlives the call when its time is over before the last delivery
 * report: then `messages` is NULL, and the last report frees it. Only the producer's thread touches
 * it. */
struct batch {
    struct cm_message_out *messages;
    size_t pending; /* messages without a report */
    rd_kafka_resp_err_t first_error;
    bool refused_together; /* some */
    struct ticket {
        struct batch *batch;
        size_t index;
    } tickets[];
};

/* Said of all that the library sent together, which one of them may be the reason of. */
static bool is_refusal_together(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_INVALID_MSG ||
           code == RD_KAFKA_RESP_ERR_INVALID_RECORD;
}

static bool is_refusal(rd_kafka_resp_err_t code)
{
    return is_refusal_together(code) || code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION ||
           code == RD_KAFKA_RESP_ERR__INVALID_ARG;
}

static void settle(struct batch *batch, size_t index, rd_kafka_resp_err_t code)
{
    struct cm_message_out *message = &batch->messages[index];

    message->acked = code == RD_KAFKA_RESP_ERR_NO_ERROR;
    message->refused = is_refusal(code);
    batch->refused_together |= is_refusal_together(code);
    if (code && (!batch->first_error || (is_refusal(batch->first_error) && !message->refused)))
        batch->first_error = code;
}

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *report, void *opaque)
{
    struct ticket *ticket = report->_private;
    struct batch *batch = ticket->batch;

    (void)rk;
    (void)opaque;
    if (batch->messages)
        settle(batch, ticket->index, report->err);
    if (--batch->pending == 0 && !batch->messages)
        free(batch);
}

cm_rc cm_producer_new(const struct cm_config *config, const char *client_id,
                      struct cm_producer **out, struct cm_err *err)
{
    static const struct kafka_property properties[] = {
        { "enable.idempotence", "true" }, /* implies acks=all and order within a partition */
        { "acks", "all" },
        { "partitioner", "murmur2_random" }, /* Java's, so that others can join by key */
        { "compression.type", "lz4" },
        { "linger.ms", "5" },
        { "message.timeout.ms", "30000" },  /* longer than a broker's restart */
        { "message.max.bytes", "4194304" }, /* the brokers decide, by topic */
        { "queue.buffering.max.kbytes", "65536" },
        { 0 },
    };
    CM_OWN(cm_producer) producer = cm_must(calloc(1, sizeof *producer));
    OWN_CONF conf = NULL;
    char why[160];
    cm_rc rc;

    rc = kafka_conf_new(config, client_id, properties, &conf, err);
    if (rc)
        return rc;

    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    producer->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!producer->rk)
        return cm_fail(err, CM_FATAL, "Kafka producer: %s", why);

    conf = NULL; /* the client's now */
    *out = CM_STEAL(producer);
    return CM_OK;
}

void cm_producer_free(struct cm_producer *producer)
{
    if (!producer)
        return;

    if (producer->rk) {
        /* Whoever waited for these has been told that they are not acked. */
        rd_kafka_purge(producer->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(producer->rk, FLUSH_SLICE_MS);
        rd_kafka_destroy(producer->rk);
    }
    free(producer);
}

static rd_kafka_headers_t *headers_of(const struct cm_message_out *message)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(message->header_count);

    for (size_t i = 0; i < message->header_count; i++) {
        const struct cm_header *header = &message->headers[i];

        rd_kafka_header_add(headers, header->name.at, (ssize_t)header->name.len,
                            header->value.at ? header->value.at : "", (ssize_t)header->value.len);
    }
    return headers;
}

/* The library wants pointers to what it could write to, and writes nothing. */
static void *unconst(const void *at)
{
    void *same;

    memcpy(&same, &at, sizeof same);
    return same;
}

/* Hands one message to the library, which copies it. */
static rd_kafka_resp_err_t produce(struct cm_producer *producer, const char *topic,
                                   const struct cm_message_out *message, struct ticket *ticket)
{
    rd_kafka_headers_t *headers = headers_of(message);
    const rd_kafka_vu_t parts[] = {
        { .vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic },
        { .vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY },
        { .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { unconst(message->key.at), message->key.len } },
        { .vtype = RD_KAFKA_VTYPE_VALUE,
          .u.mem = { unconst(message->value.at), message->value.len } },
        { .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers },
        { .vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = ticket },
    };
    rd_kafka_error_t *error =
        rd_kafka_produceva(producer->rk, parts, sizeof parts / sizeof parts[0]);
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);

    if (!error)
        return RD_KAFKA_RESP_ERR_NO_ERROR;

    rd_kafka_headers_destroy(headers); /* taken only on success */
    rd_kafka_error_destroy(error);
    return code;
}

static rd_kafka_resp_err_t enqueue(struct cm_producer *producer,
                                   const struct cm_message_out *message, struct ticket *ticket)
{
    char topic[TOPIC_NAME_MAX + 1];

    if (message->topic.len == 0 || message->topic.len > TOPIC_NAME_MAX ||
        message->header_count > HEADERS_MAX)
        return RD_KAFKA_RESP_ERR__INVALID_ARG;

    memcpy(topic, message->topic.at, message->topic.len);
    topic[message->topic.len] = '\0';
    return produce(producer, topic, message, ticket);
}

/* Enqueues, and waits for room where there is none. */
static void send_one(struct cm_producer *producer, struct batch *batch, size_t index,
                     int64_t deadline_ms)
{
    rd_kafka_resp_err_t code;

    batch->tickets[index] = (struct ticket){ batch, index };
    batch->pending++; /* before: a report may come from the poll below */
    do {
        code = enqueue(producer, &batch->messages[index], &batch->tickets[index]);
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            rd_kafka_poll(producer->rk, FULL_PAUSE_MS);
    } while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && cm_mono_ms() < deadline_ms);
    if (code) {
        batch->pending--;
        settle(batch, index, code);
    }
}

/* Until every report is there, the time is over or the client broke. */
static cm_rc wait_for_reports(struct cm_producer *producer, const struct batch *batch,
                              int64_t deadline_ms, struct cm_err *err)
{
    while (batch->pending > 0) {
        int64_t left_ms = deadline_ms - cm_mono_ms();
        cm_rc rc = kafka_check_fatal(producer->rk, err);

        if (rc || left_ms <= 0)
            return rc;
        rd_kafka_flush(producer->rk, left_ms < FLUSH_SLICE_MS ? (int)left_ms : FLUSH_SLICE_MS);
    }
    return kafka_check_fatal(producer->rk, err);
}

static cm_rc judge(const struct cm_message_out *messages, size_t n, rd_kafka_resp_err_t code,
                   struct cm_err *err)
{
    size_t refused = 0, open = 0;

    for (size_t i = 0; i < n; i++) {
        refused += messages[i].refused;
        open += !messages[i].acked && !messages[i].refused;
    }
    if (open && !code)
        return cm_fail_away(err, "Kafka: %zu of %zu messages are not acknowledged in time", open,
                            n);
    if (open && kafka_is_away(code))
        return cm_fail_away(err, "Kafka: %zu of %zu messages are not sent: %s", open, n,
                            rd_kafka_err2str(code));
    if (open)
        return cm_fail(err, CM_RETRY, "Kafka: %zu of %zu messages are not sent: %s", open, n,
                       rd_kafka_err2str(code));
    if (refused)
        return cm_fail(err, CM_REJECT, "Kafka: %zu of %zu messages can never be sent: %s", refused,
                       n, rd_kafka_err2str(code));
    return CM_OK;
}

struct sent {                 /* what became of a batch */
    rd_kafka_resp_err_t code; /* the first error; none when time was over */
    bool refused_together;
};

static cm_rc send_batch(struct cm_producer *producer, struct cm_message_out *messages, size_t n,
                        int64_t deadline_ms, struct sent *sent, struct cm_err *err)
{
    struct batch *batch = cm_must(calloc(1, sizeof *batch + n * sizeof batch->tickets[0]));
    cm_rc rc;

    batch->messages = messages;
    for (size_t i = 0; i < n; i++) {
        messages[i].acked = messages[i].refused = false;
        send_one(producer, batch, i, deadline_ms);
    }
    rc = wait_for_reports(producer, batch, deadline_ms, err);

    *sent = (struct sent){ batch->first_error, batch->refused_together };
    batch->messages = NULL;
    if (batch->pending == 0)
        free(batch);
    return rc;
}

/* Each by itself: what is refused again is what the brokers mean. */
static cm_rc send_refused(struct cm_producer *producer, struct cm_message_out *messages, size_t n,
                          int64_t deadline_ms, struct sent *sent, struct cm_err *err)
{
    struct sent alone;
    cm_rc rc = CM_OK;

    for (size_t i = 0; i < n && !rc; i++) {
        if (!messages[i].refused)
            continue;
        rc = send_batch(producer, &messages[i], 1, deadline_ms, &alone, err);
        if (!messages[i].acked)
            sent->code = alone.code;
    }
    return rc;
}

cm_rc cm_producer_send(struct cm_producer *producer, struct cm_message_out *messages, size_t n,
                       int timeout_ms, struct cm_err *err)
{
    int64_t deadline_ms = cm_mono_ms() + timeout_ms;
    struct sent sent;
    cm_rc rc = send_batch(producer, messages, n, deadline_ms, &sent, err);

    if (!rc && n > 1 && sent.refused_together)
        rc = send_refused(producer, messages, n, deadline_ms, &sent, err);
    return rc ? rc : judge(messages, n, sent.code, err);
}
