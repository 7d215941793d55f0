#include "roll.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cond.h"

void roll_open(struct roll *roll)
{
    cm_cond_init(&roll->emptied);
    pthread_mutex_init(&roll->lock, NULL);
}

void roll_close(struct roll *roll)
{
    free(roll->held);
    pthread_cond_destroy(&roll->emptied);
    pthread_mutex_destroy(&roll->lock);
}

/* ---- exchanges ---- */

void roll_set(struct roll *roll, unsigned index, struct exchange *exchange)
{
    pthread_mutex_lock(&roll->lock);
    roll->exchanges[index] = exchange;
    pthread_mutex_unlock(&roll->lock);
}

struct exchange *roll_find(struct roll *roll, const struct cm_loop *loop)
{
    struct exchange *found = NULL;

    pthread_mutex_lock(&roll->lock);
    for (unsigned i = 0; i < ROLL_LOOPS_MAX && !found; i++)
        if (roll->exchanges[i] && roll->exchanges[i]->loop == loop)
            found = roll->exchanges[i];
    pthread_mutex_unlock(&roll->lock);
    return found;
}

/* Under the lock, so that no loop ends meanwhile. */
void roll_end(struct roll *roll, const struct cm_uuid *session_id, enum session_end end)
{
    pthread_mutex_lock(&roll->lock);
    for (unsigned i = 0; i < ROLL_LOOPS_MAX; i++)
        if (roll->exchanges[i])
            exchange_end(roll->exchanges[i], session_id, session_id ? 1 : 0, end);
    pthread_mutex_unlock(&roll->lock);
}

/* ---- lines ---- */

void roll_line_came(struct roll *roll)
{
    pthread_mutex_lock(&roll->lock);
    roll->lines++;
    pthread_mutex_unlock(&roll->lock);
}

void roll_line_left(struct roll *roll)
{
    pthread_mutex_lock(&roll->lock);
    if (--roll->lines == 0)
        pthread_cond_broadcast(&roll->emptied);
    pthread_mutex_unlock(&roll->lock);
}

unsigned roll_wait(struct roll *roll, int64_t grace_ms)
{
    int64_t until_ms = cm_mono_ms() + grace_ms;
    bool in_time = true;
    unsigned left;

    pthread_mutex_lock(&roll->lock);
    while (roll->lines && in_time)
        in_time = cm_cond_wait(&roll->emptied, &roll->lock, until_ms);
    left = roll->lines;
    pthread_mutex_unlock(&roll->lock);
    return left;
}

/* ---- sessions ---- */

void roll_hold(struct roll *roll, struct cm_uuid session_id)
{
    pthread_mutex_lock(&roll->lock);
    if (roll->held_count == roll->held_room) {
        roll->held_room = roll->held_room ? 2 * roll->held_room : 64;
        roll->held = cm_must(realloc(roll->held, roll->held_room * sizeof *roll->held));
    }
    roll->held[roll->held_count++] = session_id;
    pthread_mutex_unlock(&roll->lock);
}

void roll_let_go(struct roll *roll, struct cm_uuid session_id)
{
    pthread_mutex_lock(&roll->lock);
    for (size_t i = 0; i < roll->held_count; i++) {
        if (!cm_uuid_eq(roll->held[i], session_id))
            continue;
        roll->held[i] = roll->held[--roll->held_count];
        break;
    }
    pthread_mutex_unlock(&roll->lock);
}

struct cm_uuid *roll_held(struct roll *roll, struct cm_arena *arena, size_t *count)
{
    struct cm_uuid *copy;

    pthread_mutex_lock(&roll->lock);
    *count = roll->held_count;
    copy = CM_NEW_N(arena, struct cm_uuid, roll->held_count + 1);
    if (roll->held_count)
        memcpy(copy, roll->held, roll->held_count * sizeof *copy);
    pthread_mutex_unlock(&roll->lock);
    return copy;
}
