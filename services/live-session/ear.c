/* ear.c - cuts the sound of one speaker into windows.
 *
 * Frames go one by one through keep(): while nobody speaks the last few are remembered, from the
 * first voiced one on they are put into a window. When a pause has become long enough, or the
 * window as long as it may be, the window is cut and the frames behind the cut go through keep()
 * again. So each frame is in one window at most, and every way of ending one is the same.
 */
#include "ear.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "captions_inside.h"
#include "loudness.h"
#include "mulaw.h"

enum {
    PAD_FRAMES = 10,     /* of surroundings on both sides: 200 ms, or first consonants get lost */
    VOICED_MIN = 5,      /* frames: what is voiced for less than 100 ms is no word */
    CUT_FRAMES = 50,     /* the last second is looked at for the place of a cut */
    RECENT_FRAMES = 128, /* more than that, and than the longest pause (100) */
    GAP_MS = 100,        /* less than that is the unevenness of timestamps */
};
static const int64_t longest_stream_ms = INT64_C(1000) * 86400 * 30;

struct recent {
    uint16_t level;
    bool voiced;
};

struct ear {
    struct captions *captions;
    struct ear_options o;
    struct tray *tray;
    struct cm_timer *grace;
    bool finishing;

    struct loudness loudness;
    int64_t at_ms; /* where `frame` begins in the stream */
    uint8_t frame[FRAME_SAMPLES];
    size_t filled;

    bool speaking;
    uint8_t lead[PAD_FRAMES][FRAME_SAMPLES]; /* while nobody speaks: the last frames, a ring */
    int lead_count, lead_next;

    struct window *window;               /* while somebody speaks; NULL: there was no room for it */
    int held;                            /* frames of it */
    int first, last;                     /* voiced ones */
    int voiced;                          /* how many */
    struct recent recent[RECENT_FRAMES]; /* of frame i at i % RECENT_FRAMES */
};

/* ---- telling ---- */

static void tell(void *ctx, const struct caption *caption)
{
    struct ear *ear = ctx;

    ear->o.turn(ear->o.ctx, caption->start_ms, caption->end_ms, caption->text);
}

static void tell_the_end(void *ctx)
{
    struct ear *ear = ctx;

    cm_timer_disarm(ear->grace);
    ear->o.finished(ear->o.ctx);
}

static void grace_is_over(void *ctx)
{
    tray_hurry(((struct ear *)ctx)->tray);
}

struct ear *ear_new(struct captions *captions, const struct ear_options *options)
{
    struct ear *ear = cm_must(calloc(1, sizeof *ear));

    ear->captions = captions;
    ear->o = *options;
    ear->grace = cm_timer_new(options->loop, grace_is_over, ear);
    ear->tray =
        tray_new(captions->trays,
                 &(struct tray_options){
                     .loop = options->loop, .told = tell, .emptied = tell_the_end, .ctx = ear });
    return ear;
}

void ear_free(struct ear *ear)
{
    if (!ear)
        return;

    windows_free(ear->window);
    tray_free(ear->tray);
    cm_timer_free(ear->grace);
    free(ear);
}

/* ---- keeping ---- */

static void remember(struct ear *ear, const uint8_t *frame)
{
    memcpy(ear->lead[ear->lead_next], frame, FRAME_SAMPLES);
    ear->lead_next = (ear->lead_next + 1) % PAD_FRAMES;
    if (ear->lead_count < PAD_FRAMES)
        ear->lead_count++;
}

/* A window that finds no room is followed to its end all the same: it was lost, once. */
static void lengthen(struct ear *ear, const uint8_t *frame, struct recent about)
{
    ear->recent[ear->held % RECENT_FRAMES] = about;
    ear->held++;
    if (ear->window && !tray_lengthen(ear->tray, ear->window, frame, FRAME_SAMPLES)) {
        windows_free(ear->window);
        ear->window = NULL;
    }
}

static void begin_window(struct ear *ear)
{
    int lead = ear->lead_count;

    ear->window = tray_window(ear->tray, ear->at_ms - (int64_t)lead * FRAME_MS);
    ear->speaking = true;
    ear->held = ear->voiced = 0;
    for (int i = 0; i < lead; i++)
        lengthen(ear, ear->lead[(ear->lead_next + PAD_FRAMES - lead + i) % PAD_FRAMES],
                 (struct recent){ 0 });
    ear->lead_count = 0;
    ear->first = ear->last = lead;
}

static void keep(struct ear *ear, const uint8_t *frame, struct recent about)
{
    if (!ear->speaking && about.voiced)
        begin_window(ear);
    if (ear->speaking) {
        if (about.voiced) {
            ear->last = ear->held;
            ear->voiced++;
        }
        lengthen(ear, frame, about);
    } else {
        remember(ear, frame);
    }
    ear->at_ms += FRAME_MS;
}

/* ---- cutting ---- */

/* The quietest frame of the last second; of several the latest. */
static int quietest(const struct ear *ear)
{
    int best = ear->held - CUT_FRAMES;

    for (int i = best; i < ear->held; i++)
        if (ear->recent[i % RECENT_FRAMES].level <= ear->recent[best % RECENT_FRAMES].level)
            best = i;
    return best;
}

static int behind_the_voice(const struct ear *ear)
{
    int end = ear->last + 1 + PAD_FRAMES;

    return end < ear->held ? end : ear->held;
}

/* Before which frame the window ends; 0: it goes on. */
static int where_to_cut(const struct ear *ear)
{
    if (!ear->speaking)
        return 0;
    if (ear->held - 1 - ear->last >= ear->captions->pause_frames)
        return behind_the_voice(ear);
    return ear->held >= ear->captions->longest_frames ? quietest(ear) : 0;
}

static void put(struct ear *ear, struct window *window, int first, int end, int64_t now_ms)
{
    window->start_ms = window->from_ms + (int64_t)first * FRAME_MS;
    window->end_ms = window->from_ms + (int64_t)end * FRAME_MS;
    window->ended_us = cm_now_us() - (now_ms - window->end_ms) * 1000;
    tray_put(ear->tray, window);
}

static void cut(struct ear *ear, int at)
{
    struct window *window = ear->window;
    int held = ear->held, first = ear->first, voiced = ear->voiced;
    int end = ear->last < at ? ear->last + 1 : at;
    int64_t now_ms = ear->at_ms;
    struct recent recent[RECENT_FRAMES];

    ear->window = NULL;
    ear->speaking = false;
    if (!window) {
        if (voiced >= VOICED_MIN)
            tray_lost(ear->tray);
        return;
    }
    memcpy(recent, ear->recent, sizeof recent); /* the next window writes there */
    ear->at_ms -= (int64_t)(held - at) * FRAME_MS;
    for (int i = at; i < held; i++) {
        voiced -= recent[i % RECENT_FRAMES].voiced;
        keep(ear, window->mulaw + (size_t)i * FRAME_SAMPLES, recent[i % RECENT_FRAMES]);
    }
    window->count = (size_t)at * FRAME_SAMPLES;
    if (voiced >= VOICED_MIN)
        put(ear, window, first, end, now_ms);
    else
        windows_free(window);
}

/* ---- hearing ---- */

static void hear_frame(struct ear *ear, const uint8_t *frame, bool came)
{
    struct recent about = { 0 };
    int at;

    if (came) {
        about.level = (uint16_t)loudness_level(ear->captions->magnitudes, frame);
        about.voiced = loudness_hear(&ear->loudness, about.level);
    } else {
        loudness_miss(&ear->loudness);
    }
    keep(ear, frame, about);
    at = where_to_cut(ear);
    if (at)
        cut(ear, at);
}

static void hear_bytes(struct ear *ear, const uint8_t *mulaw, size_t count)
{
    while (count > 0) {
        size_t take = FRAME_SAMPLES - ear->filled;

        if (take == FRAME_SAMPLES && count >= FRAME_SAMPLES) { /* as Twilio sends it */
            hear_frame(ear, mulaw, true);
        } else {
            take = take < count ? take : count;
            memcpy(ear->frame + ear->filled, mulaw, take);
            ear->filled += take;
            if (ear->filled == FRAME_SAMPLES) {
                ear->filled = 0;
                hear_frame(ear, ear->frame, true);
            }
        }
        mulaw += take;
        count -= take;
    }
}

/* Fills up the frame that has begun, with silence. */
static void end_frame(struct ear *ear)
{
    if (ear->filled == 0)
        return;

    memset(ear->frame + ear->filled, MULAW_SILENCE, FRAME_SAMPLES - ear->filled);
    ear->filled = 0;
    hear_frame(ear, ear->frame, true);
}

/* Silence until `at_ms`. As soon as it is long enough to end the window it is passed over. */
static void hear_nothing(struct ear *ear, int64_t at_ms)
{
    uint8_t silence[FRAME_SAMPLES];

    memset(silence, MULAW_SILENCE, sizeof silence);
    end_frame(ear);
    while (ear->speaking && ear->at_ms + FRAME_MS <= at_ms)
        hear_frame(ear, silence, false);
    if (ear->speaking || ear->at_ms >= at_ms)
        return;
    ear->lead_count = 0;
    ear->loudness.voiced = false;
    ear->at_ms = at_ms;
}

void ear_hear(struct ear *ear, int64_t at_ms, const uint8_t *mulaw, size_t count)
{
    int64_t expected_ms = ear->at_ms + (int64_t)ear->filled / MULAW_BYTES_A_MS;

    if (ear->finishing)
        return;

    if (at_ms > expected_ms + GAP_MS && at_ms <= longest_stream_ms)
        hear_nothing(ear, at_ms);
    hear_bytes(ear, mulaw, count);
}

void ear_finish(struct ear *ear, int64_t grace_ms)
{
    if (ear->finishing)
        return;

    ear->finishing = true;
    end_frame(ear);
    if (ear->speaking)
        cut(ear, behind_the_voice(ear));
    tray_close(ear->tray);
    cm_timer_arm(ear->grace, grace_ms);
}
