#include "service/work.h"

#include <stdlib.h>

struct work *work_new(const struct topic *topic, const struct cm_message_in *message)
{
    struct work *work = cm_must(calloc(1, sizeof *work));

    work->topic = topic;
    work->message = *message;
    work->arena = cm_arena_new();
    work->item = (struct cm_item){ .event = &work->event, .arena = work->arena, .attempt = 1 };
    return work;
}

void work_free(struct work *work)
{
    if (!work)
        return;

    cm_message_free(&work->message);
    cm_arena_free(work->arena);
    free(work);
}

size_t work_bytes(const struct work *work)
{
    enum { ARENA_BLOCK = 16 * 1024 };

    return sizeof *work + ARENA_BLOCK + 3 * work->message.value.len;
}

/* ---- queues ---- */

void work_queue_init(struct work_queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
    queue->count = 0;
}

void work_queue_push(struct work_queue *queue, struct work *work)
{
    work->next_in_queue = NULL;
    *queue->last = work;
    queue->last = &work->next_in_queue;
    queue->count++;
}

void work_queue_push_front(struct work_queue *queue, struct work *work)
{
    work->next_in_queue = queue->first;
    if (!queue->first)
        queue->last = &work->next_in_queue;
    queue->first = work;
    queue->count++;
}

struct work *work_queue_pop(struct work_queue *queue)
{
    struct work *work = queue->first;

    if (work)
        work_queue_remove(queue, work);
    return work;
}

void work_queue_remove(struct work_queue *queue, struct work *work)
{
    struct work **at = &queue->first;

    while (*at != work)
        at = &(*at)->next_in_queue;
    *at = work->next_in_queue;
    if (!*at)
        queue->last = at;
    queue->count--;
}

/* ---- windows ---- */

void partition_init(struct partition *partition, const char *topic, int32_t number)
{
    *partition = (struct partition){ .topic = topic, .number = number, .next_offset = -1 };
    partition->last = &partition->first;
}

void partition_add(struct partition *partition, struct work *work)
{
    work->partition = partition;
    work->next_in_window = NULL;
    *partition->last = work;
    partition->last = &work->next_in_window;
    partition->count++;
    partition->next_offset = work->message.offset + 1;
}

int64_t partition_advance(struct partition *partition, struct work_queue *finished)
{
    bool moved = false;

    while (partition->first && partition->first->is_finished) {
        struct work *work = partition->first;

        moved = true;
        partition->first = work->next_in_window;
        if (!partition->first)
            partition->last = &partition->first;
        partition->count--;
        work_queue_push(finished, work);
    }
    if (!moved)
        return -1;

    /* Offsets may have gaps, so behind the last message that came is where to go on. */
    return partition->first ? partition->first->message.offset : partition->next_offset;
}

/* ---- keys ---- */

static struct work **bucket_of(struct keys *keys, struct cm_str key)
{
    uint32_t hash = UINT32_C(2166136261);

    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ (unsigned char)key.at[i]) * UINT32_C(16777619);
    return &keys->buckets[hash % KEY_BUCKETS];
}

/* Where the first of the key stands, or the end of the bucket. */
static struct work **place_of(struct keys *keys, struct cm_str key)
{
    struct work **at = bucket_of(keys, key);

    while (*at && !cm_str_eq((*at)->message.key, key))
        at = &(*at)->next_in_bucket;
    return at;
}

bool keys_enter(struct keys *keys, struct work *work)
{
    struct work **at, *tail;

    work->next_of_key = work->next_in_bucket = NULL;
    if (work->message.key.len == 0)
        return true;

    at = place_of(keys, work->message.key);
    if (!*at) {
        *at = work;
        return true;
    }
    for (tail = *at; tail->next_of_key; tail = tail->next_of_key)
        ;
    tail->next_of_key = work;
    return false;
}

struct work *keys_leave(struct keys *keys, struct work *work)
{
    struct work **at, *first;

    if (work->message.key.len == 0)
        return NULL;

    at = place_of(keys, work->message.key);
    first = *at;
    if (first != work) {
        while (first && first->next_of_key != work)
            first = first->next_of_key;
        if (first)
            first->next_of_key = work->next_of_key;
        return NULL;
    }
    if (work->next_of_key) {
        work->next_of_key->next_in_bucket = work->next_in_bucket;
        *at = work->next_of_key;
    } else {
        *at = work->next_in_bucket;
    }
    return work->next_of_key;
}
