#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "captions_inside.h"
#include "captions_sound.h"
#include "loudness.h"
#include "mulaw.h"

enum {
    NICENESS = 10,       /* whoever carries sound, or stores what is known, comes first */
    COMPLAIN_MS = 60000, /* one line a minute about failures is enough */
};

const struct cm_setting captions_settings[] = {
    { .name = "CAPTIONS",
      .type = CM_SET_BOOL,
      .fallback = "true",
      .help = "Whether forwarded and greeted calls are written down while they last, by the speech "
              "engine." },
    { .name = "CAPTIONS_JOBS",
      .type = CM_SET_INT,
      .fallback = "1",
      .min = 1,
      .max = 64,
      .help = "Threads that write down; each may keep a core busy with what nothing else needs." },
    { .name = "CAPTIONS_WINDOW_MS",
      .type = CM_SET_INT,
      .fallback = "12000",
      .min = 2000,
      .max = 25000,
      .help =
          "Somebody who speaks on without a pause is written down after so many milliseconds." },
    { .name = "CAPTIONS_PAUSE_MS",
      .type = CM_SET_INT,
      .fallback = "500",
      .min = 200,
      .max = 2000,
      .help = "A silence as long as this, in milliseconds, ends what is written down at a time." },
    { .name = "CAPTIONS_QUEUE_MAX",
      .type = CM_SET_INT,
      .fallback = "64",
      .min = 1,
      .max = 100000,
      .help = "Stretches of speech that may wait; then the oldest of who has most is dropped." },
    { .name = "CAPTIONS_MAX_BYTES",
      .type = CM_SET_INT,
      .fallback = "67108864",
      .min = 262144, /* a longest window of 25 s, and a little */
      .max = INT64_C(68719476736),
      .help =
          "Most memory for sound that is not written down yet, in bytes; then it is the same." },
    { 0 },
};

/* ---- hearing ---- */

struct ask {
    struct trays *trays;
    const struct window *window;
};

static bool nobody_cares(void *ctx)
{
    const struct ask *ask = ctx;

    return trays_gave_up(ask->trays, ask->window);
}

static int64_t within(int64_t ms, int64_t from, int64_t to)
{
    return ms < from ? from : ms > to ? to : ms;
}

/* One window is one caption, also where the engine heard more than one utterance in it. */
static struct caption caption_of(const struct window *window, const struct cm_heard *heard,
                                 struct cm_arena *arena)
{
    int64_t from = window->from_ms, to = from + (int64_t)window->count / MULAW_BYTES_A_MS;
    struct caption caption = { .start_ms = window->start_ms, .end_ms = window->end_ms };

    for (size_t i = 0; i < heard->count; i++) {
        const struct cm_utterance *said = &heard->utterances[i];
        int64_t start_ms = within(from + said->start_ms, from, to);

        if (i == 0)
            caption.start_ms = start_ms;
        caption.end_ms = within(from + said->end_ms, start_ms, to);
        caption.text = cm_arena_printf(arena, "%.*s%s%.*s", CM_STR_FMT(caption.text),
                                       i == 0 ? "" : " ", CM_STR_FMT(said->text));
    }
    return caption;
}

/* The call goes on, and the recording is heard as a whole after it: nothing is tried again. */
static void complain(struct captions *captions, const struct cm_err *err)
{
    int64_t now_ms = cm_mono_ms(), failures;
    bool quiet;

    pthread_mutex_lock(&captions->complaint);
    failures = ++captions->failures;
    quiet = captions->complained_ms && now_ms - captions->complained_ms < COMPLAIN_MS;
    if (!quiet) {
        captions->complained_ms = now_ms;
        captions->failures = 0;
    }
    pthread_mutex_unlock(&captions->complaint);
    if (!quiet)
        cm_log(CM_LOG_WARN, "speech was not written down", "windows=%lld outcome=%s reason=%s",
               (long long)failures, cm_rc_name(err->rc), err->msg);
}

static void hear(struct captions *captions, struct window *window, struct cm_arena *arena)
{
    CM_OWN(cm_sound) sound = captions_sound_new(window->mulaw, window->count);
    struct ask about = { .trays = captions->trays, .window = window };
    const struct cm_listen ask = {
        .sound = sound, .arena = arena, .stop = nobody_cares, .stop_ctx = &about
    };
    struct cm_heard heard = { 0 };
    struct cm_err err = { 0 };
    struct caption caption;

    if (captions->speech->hear(captions->speech, &ask, &heard, &err)) {
        if (!nobody_cares(&about))
            complain(captions, &err);
        trays_give_back(captions->trays, window, NULL);
        return;
    }
    caption = caption_of(window, &heard, arena);
    trays_give_back(captions->trays, window, &caption);
}

static void *work(void *ctx)
{
    struct captions *captions = ctx;
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct window *window;

    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS); /* less nice than that: it stays */
    while ((window = trays_take(captions->trays))) {
        hear(captions, window, arena);
        cm_arena_reset(arena);
    }
    return NULL;
}

/* ---- starting and stopping ---- */

static cm_rc start_workers(struct captions *captions, int count, struct cm_err *err)
{
    captions->workers = cm_must(calloc((size_t)count, sizeof *captions->workers));
    while (captions->worker_count < count) {
        pthread_t *worker = &captions->workers[captions->worker_count];
        int failed = pthread_create(worker, NULL, work, captions);

        if (failed)
            return cm_fail(err, CM_FATAL, "CAPTIONS_JOBS=%d: no thread for job %d: %s", count,
                           captions->worker_count + 1, strerror(failed));
        (void)pthread_setname_np(*worker, "captions");
        captions->worker_count++;
    }
    return CM_OK;
}

cm_rc captions_start(const struct cm_config *config, struct cm_speech *speech,
                     struct cm_metrics *metrics, struct captions **out, struct cm_err *err)
{
    int longest_ms = (int)cm_config_int(config, "CAPTIONS_WINDOW_MS");
    const struct trays_options options = {
        .waiting_max = (size_t)cm_config_int(config, "CAPTIONS_QUEUE_MAX"),
        .bytes_max = (size_t)cm_config_int(config, "CAPTIONS_MAX_BYTES"),
        .window_bytes = (size_t)longest_ms * MULAW_BYTES_A_MS,
        .metrics = metrics,
    };
    struct captions *captions = cm_must(calloc(1, sizeof *captions));
    cm_rc rc;

    captions->speech = speech;
    captions->trays = trays_new(&options);
    captions->pause_frames = (int)cm_config_int(config, "CAPTIONS_PAUSE_MS") / FRAME_MS;
    captions->longest_frames = longest_ms / FRAME_MS;
    captions_sound_magnitudes(captions->magnitudes);
    pthread_mutex_init(&captions->complaint, NULL);
    rc = start_workers(captions, (int)cm_config_int(config, "CAPTIONS_JOBS"), err);
    if (rc) {
        captions_free(captions);
        return rc;
    }
    *out = captions;
    return CM_OK;
}

void captions_free(struct captions *captions)
{
    if (!captions)
        return;

    trays_stop(captions->trays);
    for (int i = 0; i < captions->worker_count; i++)
        pthread_join(captions->workers[i], NULL);
    trays_free(captions->trays);
    pthread_mutex_destroy(&captions->complaint);
    free(captions->workers);
    free(captions);
}
