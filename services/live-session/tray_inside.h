/* tray_inside.h - what tray.c (the ear's side) and trays.c (the line, the workers' side) share. */
#pragma once
#include <pthread.h>

#include "tray.h"

struct answer { /* a caption that its loop has not fetched yet */
    struct answer *next;
    struct caption caption;
    char text[];
};

struct tray {
    struct trays *trays;
    struct tray_options o;
    struct window *first, **last; /* that wait */
    size_t waiting;
    struct answer *first_answer, **last_answer;
    struct tray *next, **at; /* in `busy` while windows wait, in `graves` once it is freed */
    bool at_work;            /* a worker has a window of it */
    bool posted;             /* its loop is going to look into it */
    bool closed, over;       /* no more windows come; `emptied` is called, or about to be */
    bool freed;
    atomic_bool in_vain; /* what a worker has of it is not wanted */
};

struct trays {
    size_t waiting_max;
    struct sound_budget budget;
    pthread_mutex_t lock; /* of everything below, and in each tray but for `o` */
    pthread_cond_t more;  /* a window to take, or the end */
    struct tray *busy, **last_busy;
    struct tray *graves;
    size_t waiting;
    atomic_bool stopped;
    struct cm_metric *windows, *seconds, *waiting_shown, *full, *failed, *late;
};

/* Each with the lock held. */
void tray_push(struct tray *tray, struct window *window);
struct window *tray_pop_all(struct tray *tray);
/** The oldest window of the tray with most of them, no longer in it; NULL: none waits. */
struct window *trays_drop_one(struct trays *trays);
/** Has its loop look into it; nothing where that is on its way, or the tray freed. */
void tray_post(struct tray *tray);
/** Has everything been told that ever will be? */
bool tray_is_emptied(const struct tray *tray);
/** A tray that its ear has freed: it ends as soon as nobody names it any more. */
void tray_to_grave(struct tray *tray);
void tray_bury(struct tray *tray);
