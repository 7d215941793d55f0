/* window.h - a stretch of an ear's sound in which somebody speaks, and the memory for all of them.
 *
 * Thread: one at a time for a window; any for what they share.
 */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sound_budget { /* of all windows together */
    size_t most;      /* bytes */
    size_t longest;   /* bytes of one window */
    atomic_size_t held;
};

struct tray;

struct window {
    struct sound_budget *budget;
    struct tray *tray; /* the one that it is put into; tray.h */
    struct window *next;
    int64_t from_ms;          /* where `mulaw` begins in the stream */
    int64_t start_ms, end_ms; /* of the voice in it */
    int64_t ended_us;         /* wall clock, when the voice ended */
    uint8_t *mulaw;           /* 8 kHz */
    size_t count, room;
};

/** Borrows `budget`. */
struct window *window_new(struct sound_budget *budget, int64_t from_ms);
/** false: the budget has no room for it now; nothing was added. */
bool window_add(struct window *window, const uint8_t *mulaw, size_t count);
/** This one and those behind it; NULL is fine. */
void windows_free(struct window *first);
