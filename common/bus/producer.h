/* producer.h - an idempotent Kafka producer (acks=all, murmur2 as Java's).
 *
 * Batches of the caller's: send many, then wait for all. Thread: one at a time.
 */
#pragma once
#include "bus/bus.h"

struct cm_producer; /* opaque */

cm_rc cm_producer_new(const struct cm_config *config, const char *client_id,
                      struct cm_producer **out, struct cm_err *err) CM_MUSTCHECK;
void cm_producer_free(struct cm_producer *producer);
CM_DEFINE_OWN(cm_producer, cm_producer_free);

struct cm_message_out {
    struct cm_str topic, key, value;
    const struct cm_header *headers;
    size_t header_count;
    bool acked;   /* out: the brokers have it */
    bool refused; /* out: it can never be sent, by itself (too large, no valid topic name) */
};

/** Sends all in order, waits until each is acknowledged or `timeout_ms` is over, and marks them.
 *  What is neither acked nor refused may still arrive: send it again, consumers drop repeats by
 * event id. CM_RETRY: some are not acked (the message says why the first one is not; away: no
 * broker answers). CM_REJECT: all are acked but those marked as refused. CM_FATAL: the producer is
 * fenced or broken: destroy it, make a new one or end the process. The strings are borrowed for the
 * call. */
cm_rc cm_producer_send(struct cm_producer *producer, struct cm_message_out *messages, size_t n,
                       int timeout_ms, struct cm_err *err) CM_MUSTCHECK;
