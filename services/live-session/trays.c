#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "tray_inside.h"

static struct cm_metric *dropped(struct cm_metrics *m, const char *reason)
{
    return cm_counter(m, "callmill_captions_dropped_total",
                      "Windows of speech that nobody wrote down: no room for them, failed in the "
                      "engine, or late when their call was over.",
                      reason);
}

struct trays *trays_new(const struct trays_options *options)
{
    struct trays *trays = cm_must(calloc(1, sizeof *trays));
    struct cm_metrics *m = options->metrics;

    trays->waiting_max = options->waiting_max;
    trays->budget.most = options->bytes_max;
    trays->budget.longest = options->window_bytes;
    trays->last_busy = &trays->busy;
    pthread_mutex_init(&trays->lock, NULL);
    pthread_cond_init(&trays->more, NULL);
    trays->windows = cm_counter(m, "callmill_captions_windows_total",
                                "Windows of speech that were cut out of calls.", NULL);
    trays->seconds =
        cm_histogram(m, "callmill_captions_seconds", "From the end of speech to its text.", NULL);
    trays->waiting_shown =
        cm_gauge(m, "callmill_captions_waiting", "Windows of speech that wait for a worker.", NULL);
    trays->full = dropped(m, "reason=\"full\"");
    trays->failed = dropped(m, "reason=\"failed\"");
    trays->late = dropped(m, "reason=\"late\"");
    return trays;
}

/* ---- lists of trays; the lock is held ---- */

static void busy_add(struct tray *tray)
{
    struct trays *trays = tray->trays;

    tray->next = NULL;
    tray->at = trays->last_busy;
    *tray->at = tray;
    trays->last_busy = &tray->next;
}

static void busy_remove(struct tray *tray)
{
    *tray->at = tray->next;
    if (tray->next)
        tray->next->at = tray->at;
    else
        tray->trays->last_busy = tray->at;
}

void tray_to_grave(struct tray *tray)
{
    struct trays *trays = tray->trays;

    tray->next = trays->graves;
    tray->at = &trays->graves;
    if (tray->next)
        tray->next->at = &tray->next;
    trays->graves = tray;
}

/* Ends a freed tray that nobody names any more. */
void tray_bury(struct tray *tray)
{
    if (!tray->freed || tray->at_work || tray->posted)
        return;

    *tray->at = tray->next;
    if (tray->next)
        tray->next->at = tray->at;
    free(tray);
}

/* ---- windows that wait; the lock is held ---- */

static void count_waiting(struct trays *trays, size_t waiting)
{
    trays->waiting = waiting;
    cm_metric_set(trays->waiting_shown, (int64_t)waiting);
}

void tray_push(struct tray *tray, struct window *window)
{
    if (tray->waiting++ == 0)
        busy_add(tray);
    *tray->last = window;
    tray->last = &window->next;
    count_waiting(tray->trays, tray->trays->waiting + 1);
}

static struct window *pop(struct tray *tray)
{
    struct window *window = tray->first;

    tray->first = window->next;
    window->next = NULL;
    if (!tray->first)
        tray->last = &tray->first;
    if (--tray->waiting == 0)
        busy_remove(tray);
    count_waiting(tray->trays, tray->trays->waiting - 1);
    return window;
}

struct window *tray_pop_all(struct tray *tray)
{
    struct window *all = NULL, **last = &all;

    while (tray->waiting > 0) {
        *last = pop(tray);
        last = &(*last)->next;
    }
    return all;
}

/* The oldest window of the tray with most of them, no longer in it; NULL: none waits. */
struct window *trays_drop_one(struct trays *trays)
{
    struct tray *most = trays->busy;

    for (struct tray *tray = trays->busy; tray; tray = tray->next)
        if (tray->waiting > most->waiting)
            most = tray;
    if (!most)
        return NULL;

    cm_metric_add(trays->full, 1);
    return pop(most);
}

static struct answer *answer_of(const struct caption *caption)
{
    struct answer *answer = cm_must(malloc(sizeof *answer + caption->text.len));

    memcpy(answer->text, caption->text.at, caption->text.len);
    answer->next = NULL;
    answer->caption = *caption;
    answer->caption.text.at = answer->text;
    return answer;
}

bool tray_is_emptied(const struct tray *tray)
{
    return tray->closed && !tray->over && tray->waiting == 0 && !tray->first_answer &&
           (!tray->at_work || tray->in_vain);
}

/* ---- the workers' side ---- */

/* The first tray in line that no worker is at; the lock is held. */
static struct tray *next_tray(struct trays *trays)
{
    struct tray *tray = trays->busy;

    while (tray && tray->at_work)
        tray = tray->next;
    return tray;
}

struct window *trays_take(struct trays *trays)
{
    struct window *window = NULL;
    struct tray *tray;

    pthread_mutex_lock(&trays->lock);
    for (tray = next_tray(trays); !tray && !trays->stopped; tray = next_tray(trays))
        pthread_cond_wait(&trays->more, &trays->lock);
    if (tray && !trays->stopped) {
        window = pop(tray);
        tray->at_work = true;
        if (tray->waiting > 0) { /* to the end of the line */
            busy_remove(tray);
            busy_add(tray);
        }
    }
    pthread_mutex_unlock(&trays->lock);
    return window;
}

/* The worker comes back for the next window, so nobody needs to be woken for this tray's. */
void trays_give_back(struct trays *trays, struct window *window, const struct caption *caption)
{
    struct tray *tray = window->tray;
    struct answer *answer = caption && caption->text.len > 0 ? answer_of(caption) : NULL;

    if (answer)
        cm_metric_observe_us(trays->seconds, cm_now_us() - window->ended_us);
    windows_free(window);

    pthread_mutex_lock(&trays->lock);
    tray->at_work = false;
    if (!caption && !tray->in_vain && !trays->stopped)
        cm_metric_add(trays->failed, 1);
    if (answer && !tray->in_vain) {
        *tray->last_answer = answer;
        tray->last_answer = &answer->next;
        answer = NULL;
    }
    if (tray->first_answer || tray_is_emptied(tray))
        tray_post(tray);
    tray_bury(tray);
    pthread_mutex_unlock(&trays->lock);
    free(answer);
}

bool trays_gave_up(struct trays *trays, const struct window *window)
{
    return atomic_load(&window->tray->in_vain) || atomic_load(&trays->stopped);
}

void trays_stop(struct trays *trays)
{
    pthread_mutex_lock(&trays->lock);
    atomic_store(&trays->stopped, true);
    pthread_cond_broadcast(&trays->more);
    pthread_mutex_unlock(&trays->lock);
}

void trays_free(struct trays *trays)
{
    if (!trays)
        return;

    while (trays->graves) { /* their loops stopped before they came to the call */
        struct tray *tray = trays->graves;

        trays->graves = tray->next;
        free(tray);
    }
    pthread_cond_destroy(&trays->more);
    pthread_mutex_destroy(&trays->lock);
    free(trays);
}
