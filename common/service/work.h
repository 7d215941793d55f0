/* work.h - one message on its way through the service, and the lists it moves along.
 *
 *   window (by offset, one a partition)   until everything before it is done too
 *   key chain                             behind earlier messages of its key
 *   one queue at a time                   delayed, to_prepare, ready
 *
 * Only for common/service. Not thread-safe: the runner's lock guards all of it.
 */
#pragma once
#include "base/arena.h"
#include "bus/consumer.h"
#include "service/service.h"

struct partition;

struct topic {                    /* a route and its topic */
    const struct cm_route *route; /* NULL behind the last one */
    const char *name;             /* with prefix */
    bool prepares;                /* its events go through a worker first */
    struct cm_metric *done, *duplicate, *retried, *dead, *gone, *prepare_time, *persist_time;
};

enum work_state {
    WORK_WAITING, /* behind another of its key */
    WORK_DELAYED, /* until due_ms */
    WORK_TO_PREPARE,
    WORK_PREPARING, /* a worker has it */
    WORK_READY,     /* for the persister */
    WORK_PERSISTING,
    WORK_DROPPED, /* its partition is being given up */
};

struct work {
    struct cm_message_in message;
    const struct topic *topic;
    struct partition *partition; /* NULL: abandoned, its partition was taken away */
    struct cm_arena *arena;
    struct cm_event event;
    struct cm_item item;
    enum work_state state;
    bool is_decoded, is_prepared, is_dead;
    const char *stage;       /* where it died: decode, prepare or persist */
    struct cm_err failure;   /* the last one */
    struct cm_uuid event_id; /* the event's, or named after its place in the topic */
    int64_t due_ms;
    int64_t began_us; /* when a thread first had it; 0: none has yet */
    bool is_finished;
    struct work *next_in_window, *next_of_key, *next_in_bucket, *next_in_queue;
};

/** Takes the message. */
struct work *work_new(const struct topic *topic, const struct cm_message_in *message);
void work_free(struct work *work);
size_t work_bytes(const struct work *work); /* what it holds, for the bound on all of them */

/* ---- queues ---- */
struct work_queue {
    struct work *first, **last;
    size_t count;
};
void work_queue_init(struct work_queue *queue);
void work_queue_push(struct work_queue *queue, struct work *work);
void work_queue_push_front(struct work_queue *queue, struct work *work);
struct work *work_queue_pop(struct work_queue *queue);               /* NULL: empty */
void work_queue_remove(struct work_queue *queue, struct work *work); /* which is in it */

/* ---- windows ---- */
struct partition {
    const char *topic; /* lent by the topic */
    int32_t number;
    struct work *first, **last; /* in order of offset; finished ones stay until they are first */
    size_t count;
    int64_t next_offset; /* behind the last message that came; -1: none came */
    bool is_paused;
    struct cm_metric *lag, *oldest;
    struct partition *next;
};
void partition_init(struct partition *partition, const char *topic, int32_t number);
void partition_add(struct partition *partition, struct work *work);
/** Drops finished works at the front (into `finished`, by next_in_queue) and tells the offset up to
 *  which all is done; -1: nothing new. */
int64_t partition_advance(struct partition *partition, struct work_queue *finished);

/* ---- keys ---- */
enum { KEY_BUCKETS = 4096 };
struct keys {
    struct work *buckets[KEY_BUCKETS]; /* the first of each key */
};
/** True: nobody is before it. A message without key is alone. */
bool keys_enter(struct keys *keys, struct work *work);
/** Takes it out; when it was the first, the next of its key, which is now first (or NULL). */
struct work *keys_leave(struct keys *keys, struct work *work);
