#include "base/queue.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/cond.h"

struct cm_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed_up, changed_down; /* an item more, an item less; closing signals both */
    size_t room, len, first;
    bool closed;
    void *items[];
};

struct cm_queue *cm_queue_new(size_t room)
{
    struct cm_queue *queue = cm_must(calloc(1, sizeof *queue + room * sizeof queue->items[0]));

    queue->room = room;
    pthread_mutex_init(&queue->lock, NULL);
    cm_cond_init(&queue->changed_up);
    cm_cond_init(&queue->changed_down);
    return queue;
}

void cm_queue_free(struct cm_queue *queue)
{
    if (!queue)
        return;

    pthread_cond_destroy(&queue->changed_up);
    pthread_cond_destroy(&queue->changed_down);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

/* Waits, locked, until `*len` is no longer `bad`; a negative timeout waits for ever. */
static enum cm_queue_answer wait_while(struct cm_queue *queue, pthread_cond_t *changed, size_t bad,
                                       int64_t timeout_ms)
{
    int64_t until_ms = cm_mono_ms() + timeout_ms;

    while (queue->len == bad && !queue->closed) {
        if (timeout_ms == 0)
            return CM_QUEUE_TIMEOUT;
        if (timeout_ms < 0)
            pthread_cond_wait(changed, &queue->lock);
        else if (!cm_cond_wait(changed, &queue->lock, until_ms))
            timeout_ms = 0; /* looks once more: the last wake-up may have come with the timeout */
    }
    return CM_QUEUE_OK;
}

enum cm_queue_answer cm_queue_push(struct cm_queue *queue, void *item, int64_t timeout_ms)
{
    enum cm_queue_answer answer;

    pthread_mutex_lock(&queue->lock);
    answer = wait_while(queue, &queue->changed_down, queue->room, timeout_ms);
    if (queue->closed)
        answer = CM_QUEUE_CLOSED;
    if (answer == CM_QUEUE_OK) {
        queue->items[(queue->first + queue->len) % queue->room] = item;
        queue->len++;
        pthread_cond_signal(&queue->changed_up);
    }
    pthread_mutex_unlock(&queue->lock);
    return answer;
}

bool cm_queue_try_push(struct cm_queue *queue, void *item)
{
    return cm_queue_push(queue, item, 0) == CM_QUEUE_OK;
}

enum cm_queue_answer cm_queue_pop(struct cm_queue *queue, void **item, int64_t timeout_ms)
{
    enum cm_queue_answer answer;

    pthread_mutex_lock(&queue->lock);
    answer = wait_while(queue, &queue->changed_up, 0, timeout_ms);
    if (answer == CM_QUEUE_OK && queue->len == 0)
        answer = CM_QUEUE_CLOSED;
    if (answer == CM_QUEUE_OK) {
        *item = queue->items[queue->first];
        queue->first = (queue->first + 1) % queue->room;
        queue->len--;
        pthread_cond_signal(&queue->changed_down);
    }
    pthread_mutex_unlock(&queue->lock);
    return answer;
}

void cm_queue_close(struct cm_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->changed_up);
    pthread_cond_broadcast(&queue->changed_down);
    pthread_mutex_unlock(&queue->lock);
}

size_t cm_queue_len(struct cm_queue *queue)
{
    size_t len;

    pthread_mutex_lock(&queue->lock);
    len = queue->len;
    pthread_mutex_unlock(&queue->lock);
    return len;
}
