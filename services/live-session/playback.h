/* playback.h - how much of what was sent to the caller has been heard.
 *
 * Vocabulary: everything that was sent since the last clear is one run of samples (8 a ms), in
 * which an *item* has a place. A *mark* stands at a place and comes back when playing passes it, so
 * that its name can carry the place. Between two marks the *clock* (the timestamp of the latest
 * sound from the caller, in ms of the stream) tells how far playing has come, never beyond the next
 * mark nor what was sent.
 *
 * A clear empties Twilio's buffer and returns all marks at once: names carry the number of clears
 * before them, and those of an earlier one mean nothing. Marks are set every PLAYBACK_MARK_MS, at
 * an item's end, and after the first piece of an item or after a pause (playing begins when it gets
 * there); not after every pause of a model that speaks no faster than it is heard.
 * Source: Twilio's Media Streams reference. Thread: one at a time.
 */
#pragma once
#include "ident.h"

enum {
    PLAYBACK_ITEMS = 8,  /* more than this unplayed: the oldest counts as played */
    PLAYBACK_MARKS = 64, /* more than this on their way: none is set until some are back */
    PLAYBACK_MARK_MS = 500,
    PLAYBACK_LOST_MS = 2000, /* so late, a mark doesn't come any more */
    PLAYBACK_NAME = 40,
    PLAYBACK_END = 1 << 20,
};

struct playback_item {
    struct ident id;
    int64_t begin, end; /* places of its first sample, and behind its last one so far */
    int64_t start_ms;   /* of the stream; once `started` */
    bool started;       /* playing has reached it */
    bool whole;         /* nothing follows */
};

struct playback { /* zeroed: nothing was sent */
    int64_t clock_ms;
    int64_t sent, passed;      /* places: behind everything; of the last mark that came back */
    int64_t anchor, anchor_ms; /* playing was at this place at that time */
    int64_t marked, marked_ms; /* place of the last mark; when it was set */
    uint32_t clears;
    bool mark_first; /* after a pause: the next piece gets a mark */
    uint8_t first_mark, mark_count, item_count;
    int64_t marks[PLAYBACK_MARKS]; /* on their way; a ring */
    struct playback_item items[PLAYBACK_ITEMS];
};

void playback_clock(struct playback *playback, int64_t clock_ms);
/** `samples` of this item were handed to Twilio; items come one after the other. */
void playback_sent(struct playback *playback, struct cm_str item, size_t samples);
/** Nothing more comes of this item (of any of them: `item` is NULL). */
void playback_whole(struct playback *playback, const struct cm_str *item);
/** Is a mark to be sent now, before `ahead` samples more? Then this is its name; playback_marked
 *  once it was sent. PLAYBACK_END: an item has all its sound. */
bool playback_mark_due(const struct playback *playback, size_t ahead, char name[PLAYBACK_NAME]);
void playback_marked(struct playback *playback);
/** A mark came back. */
void playback_mark_back(struct playback *playback, struct cm_str name);

/** Samples of the item so far; 0: it is not known, or was over. */
int64_t playback_generated(const struct playback *playback, struct cm_str item);
/** Is there something that was not heard, or of which more is to come? */
bool playback_is_busy(const struct playback *playback);
int64_t playback_at(const struct playback *playback); /* how far playing has come, as a place */
bool playback_is_over(const struct playback *playback, int64_t place); /* certainly played */

struct playback_heard {
    struct ident id;
    int64_t start_ms, end_ms;  /* of the stream */
    int64_t played, generated; /* samples */
    bool cut;                  /* something of it was not heard, or was still to come */
};

/** Takes the next item that is whole and was played to its end. */
bool playback_next(struct playback *playback, struct playback_heard *out);
/** Stops: tells of every item that was not over how much was heard, at most PLAYBACK_ITEMS, in
 *  order, and forgets them. After playback_next gave all it had. Twilio is to be told `clear`. */
size_t playback_cut(struct playback *playback, struct playback_heard out[]);
