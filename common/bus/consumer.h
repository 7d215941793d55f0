/* consumer.h - a member of a consumer group that decides itself what is done.
 *
 * Offsets are stored by hand, up to the lowest unfinished message (the caller's window decides),
 * and committed in the background and on every rebalance. Assignment is eager; `instance`
 * (KAFKA_INSTANCE) makes membership static. A fatal error of the library is CM_FATAL: the process
 * ends and is restarted. Thread: one, which must poll at least every max.poll.interval.
 */
#pragma once
#include "bus/bus.h"

struct cm_consumer; /* opaque */

struct cm_message_in {
    void *handle;      /* owned by the consumer's user until cm_message_free */
    const char *topic; /* these views are valid until then */
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
    struct cm_str key, value;
};

struct cm_consumer_options { /* the texts and `ctx` are borrowed for the consumer's life */
    const struct cm_config *config;
    const char *group;         /* see cm_group_name */
    const char *const *topics; /* ended by NULL */
    bool from_latest;          /* a group of its own from now on, nothing committed (live pages) */
    /* Called from cm_consumer_poll, in its thread. `revoked` must finish or abandon what is in
     * flight of these partitions before it returns: stored offsets are committed right after. */
    void (*assigned)(void *ctx, const char *topic, int32_t partition);
    void (*revoked)(void *ctx, const char *topic, int32_t partition);
    void *ctx;
};

cm_rc cm_consumer_new(const struct cm_consumer_options *options, struct cm_consumer **out,
                      struct cm_err *err) CM_MUSTCHECK;
/** Commits what is stored and leaves the group (a static member stays in it until its session
 *  ends). Every message must have been freed before. Takes at most about 10 s, when no broker
 *  answers. */
void cm_consumer_free(struct cm_consumer *consumer);
CM_DEFINE_OWN(cm_consumer, cm_consumer_free);

enum cm_poll_answer { CM_POLL_MESSAGE, CM_POLL_NOTHING };

/** CM_RETRY: brokers are away (librdkafka reconnects by itself). CM_FATAL: end the process. */
cm_rc cm_consumer_poll(struct cm_consumer *consumer, int timeout_ms, enum cm_poll_answer *answer,
                       struct cm_message_in *out, struct cm_err *err) CM_MUSTCHECK;
void cm_message_free(struct cm_message_in *message);
/** The value of the header `name`; false: there is none. Lent until cm_message_free. */
bool cm_message_header(const struct cm_message_in *message, const char *name, struct cm_str *value);

/** Everything of the partition below `next_offset` is finished. After a revocation: does nothing.
 */
void cm_consumer_store(struct cm_consumer *consumer, const char *topic, int32_t partition,
                       int64_t next_offset);
void cm_consumer_pause(struct cm_consumer *consumer, const char *topic, int32_t partition);
void cm_consumer_resume(struct cm_consumer *consumer, const char *topic, int32_t partition);

/** Messages between the stored offset and the end of the partition; -1: not known. Needs no round
 * trip. */
int64_t cm_consumer_lag(struct cm_consumer *consumer, const char *topic, int32_t partition);
bool cm_consumer_is_connected(const struct cm_consumer *consumer); /* Thread: any */
