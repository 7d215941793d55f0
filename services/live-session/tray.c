#include <stdlib.h>

#include "base/arena.h"
#include "tray_inside.h"

/* ---- captions on their way back ---- */

static void free_answers(struct answer *answer)
{
    while (answer) {
        struct answer *next = answer->next;

        free(answer);
        answer = next;
    }
}

/* The lock is held. */
static struct answer *take_answers(struct tray *tray)
{
    struct answer *first = tray->first_answer;

    tray->first_answer = NULL;
    tray->last_answer = &tray->first_answer;
    return first;
}

/* In the loop's thread, which alone sets `freed`, and so may read it without the lock. `posted`
 * stays set meanwhile, or a callback that frees the tray would end it under our feet. */
static void look_into(void *ctx)
{
    struct tray *tray = ctx;
    struct trays *trays = tray->trays;
    const struct tray_options o = tray->o;
    struct answer *answers;
    bool emptied, more;

    pthread_mutex_lock(&trays->lock);
    answers = take_answers(tray);
    pthread_mutex_unlock(&trays->lock);
    for (struct answer *answer = answers; answer && !tray->freed; answer = answer->next)
        o.told(o.ctx, &answer->caption);
    free_answers(answers);

    pthread_mutex_lock(&trays->lock);
    more = tray->first_answer != NULL;
    emptied = !tray->freed && tray_is_emptied(tray);
    tray->over = tray->over || emptied;
    tray->posted = more;
    if (more)
        cm_loop_post(o.loop, look_into, tray);
    tray_bury(tray);
    pthread_mutex_unlock(&trays->lock);
    if (emptied)
        o.emptied(o.ctx);
}

/* A tray that is not freed has its loop yet. */
void tray_post(struct tray *tray)
{
    if (tray->posted || tray->freed)
        return;

    tray->posted = true;
    cm_loop_post(tray->o.loop, look_into, tray);
}

/* ---- the ear's side ---- */

struct tray *tray_new(struct trays *trays, const struct tray_options *options)
{
    struct tray *tray = cm_must(calloc(1, sizeof *tray));

    tray->trays = trays;
    tray->o = *options;
    tray->last = &tray->first;
    tray->last_answer = &tray->first_answer;
    return tray;
}

struct window *tray_window(struct tray *tray, int64_t from_ms)
{
    struct window *window = window_new(&tray->trays->budget, from_ms);

    window->tray = tray;
    return window;
}

bool tray_lengthen(struct tray *tray, struct window *window, const uint8_t *mulaw, size_t count)
{
    struct trays *trays = tray->trays;

    while (!window_add(window, mulaw, count)) {
        struct window *oldest;

        pthread_mutex_lock(&trays->lock);
        oldest = trays_drop_one(trays);
        pthread_mutex_unlock(&trays->lock);
        if (!oldest)
            return false;
        windows_free(oldest);
    }
    return true;
}

void tray_put(struct tray *tray, struct window *window)
{
    struct trays *trays = tray->trays;
    struct window *oldest = NULL;

    cm_metric_add(trays->windows, 1);
    pthread_mutex_lock(&trays->lock);
    tray_push(tray, window);
    if (trays->waiting > trays->waiting_max)
        oldest = trays_drop_one(trays);
    pthread_cond_signal(&trays->more);
    pthread_mutex_unlock(&trays->lock);
    windows_free(oldest);
}

void tray_lost(struct tray *tray)
{
    cm_metric_add(tray->trays->windows, 1);
    cm_metric_add(tray->trays->full, 1);
}

void tray_close(struct tray *tray)
{
    pthread_mutex_lock(&tray->trays->lock);
    tray->closed = true;
    tray_post(tray);
    pthread_mutex_unlock(&tray->trays->lock);
}

void tray_hurry(struct tray *tray)
{
    struct trays *trays = tray->trays;
    struct window *unheard;

    pthread_mutex_lock(&trays->lock);
    cm_metric_add(trays->late, (int64_t)tray->waiting + tray->at_work);
    unheard = tray_pop_all(tray);
    tray->closed = true;
    atomic_store(&tray->in_vain, true);
    tray_post(tray);
    pthread_mutex_unlock(&trays->lock);
    windows_free(unheard);
}

void tray_free(struct tray *tray)
{
    struct trays *trays;
    struct window *unheard;
    struct answer *untold;

    if (!tray)
        return;

    trays = tray->trays;
    pthread_mutex_lock(&trays->lock);
    unheard = tray_pop_all(tray);
    untold = take_answers(tray);
    atomic_store(&tray->in_vain, true);
    tray->freed = true;
    tray_to_grave(tray);
    tray_bury(tray);
    pthread_mutex_unlock(&trays->lock);
    windows_free(unheard);
    free_answers(untold);
}
