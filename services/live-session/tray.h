/* tray.h - windows on their way from the ears to the workers, and captions on their way back.
 *
 * Vocabulary: a window's *caption* is what was heard in it. Each ear has a *tray* with its windows
 * in order. A worker takes one window of a tray at a time, so captions keep their order; trays take
 * turns.
 *
 * Bounds: `waiting_max` windows wait, and `bytes_max` bytes of sound are held, in all trays
 * together. Where there is no room the tray in which most windows wait loses its oldest one, since
 * what was said long ago is worth least.
 *
 * Life: an ear frees its tray whenever it likes. A tray that a worker or a posted call still names
 * is kept until they have let go, and tells nobody anything any more.
 */
#pragma once
#include "base/loop.h"
#include "base/metrics.h"
#include "base/str.h"
#include "window.h"

struct trays; /* those of all ears; opaque */
struct tray;  /* opaque */

struct trays_options {
    size_t waiting_max, bytes_max;
    size_t window_bytes; /* of the longest window */
    struct cm_metrics *metrics;
};

struct trays *trays_new(const struct trays_options *options);
/** No tray is left, nobody is in trays_take, and the loops of the trays do not turn any more (or
 *  have turned since their last tray was freed). NULL is fine. */
void trays_free(struct trays *trays);

/* ---- the ear's side. Thread: the loop's ---- */

struct caption {
    int64_t start_ms, end_ms; /* of the stream */
    struct cm_str text;
};

struct tray_options {
    struct cm_loop *loop;
    void (*told)(void *ctx, const struct caption *caption); /* lent; may free the tray */
    void (*emptied)(void *ctx); /* once, after tray_close: all was told; may free the tray */
    void *ctx;
};

struct tray *tray_new(struct trays *trays, const struct tray_options *options);
/** Forgets what is in it; nothing is told any more. NULL is fine. */
void tray_free(struct tray *tray);

/** A window for this tray, not in it yet. */
struct window *tray_window(struct tray *tray, int64_t from_ms);
/** Lengthens a window; others are dropped where that makes room. false: nothing did. */
bool tray_lengthen(struct tray *tray, struct window *window, const uint8_t *mulaw, size_t count);
/** Puts it in; it is the tray's from here on. */
void tray_put(struct tray *tray, struct window *window);
/** Counts a window for which there was no room. */
void tray_lost(struct tray *tray);
/** No more windows come: `emptied` is called, from a later turn of the loop, when all was told. */
void tray_close(struct tray *tray);
/** The same, but what is not heard yet is given up. */
void tray_hurry(struct tray *tray);

/* ---- the workers' side. Thread: any ---- */

/** Waits for a window and takes it; NULL: trays_stop was called. */
struct window *trays_take(struct trays *trays);
/** It was heard: `caption` is copied; without text nobody said anything; NULL: it failed. Frees the
 *  window. */
void trays_give_back(struct trays *trays, struct window *window, const struct caption *caption);
/** Does nobody want to know what is in this window any more? */
bool trays_gave_up(struct trays *trays, const struct window *window);
/** Calls the workers home. */
void trays_stop(struct trays *trays);
