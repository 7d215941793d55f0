/* queue.h - a bounded queue of pointers between threads. A negative timeout waits for ever.
 *
 * Thread: any.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/own.h"

struct cm_queue; /* opaque */

enum cm_queue_answer { CM_QUEUE_OK, CM_QUEUE_TIMEOUT, CM_QUEUE_CLOSED };

struct cm_queue *cm_queue_new(size_t room);
void cm_queue_free(struct cm_queue *queue); /* what is left in it is the caller's to free first */
CM_DEFINE_OWN(cm_queue, cm_queue_free);

bool cm_queue_try_push(struct cm_queue *queue, void *item); /* false: full or closed */
enum cm_queue_answer cm_queue_push(struct cm_queue *queue, void *item, int64_t timeout_ms);
enum cm_queue_answer cm_queue_pop(struct cm_queue *queue, void **item, int64_t timeout_ms);

/** No more pushes; pops empty it and then answer CM_QUEUE_CLOSED. */
void cm_queue_close(struct cm_queue *queue);
size_t cm_queue_len(struct cm_queue *queue);
