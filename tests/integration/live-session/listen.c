/* listen CALLER.ulaw [AGENT.ulaw]: hears the sides of a call as a media stream brings them, in
 * frames of 20 ms by turns, but as fast as they can be read. Prints the turns as they come,
 * "SPEAKER START_MS END_MS TEXT", and on stderr what that took, as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/log.h"
#include "captions.h"
#include "ear.h"
#include "http/client.h"

enum { SIDES = 2, FRAME = 160, FRAME_MS = 20, GRACE_MS = 240000 };

struct side {
    const char *name;
    FILE *sound;
    struct ear *ear;
    int *listening; /* sides that are not finished */
    struct cm_loop *loop;
};

static void print_turn(void *ctx, int64_t start_ms, int64_t end_ms, struct cm_str text)
{
    const struct side *side = ctx;

    (void)printf("%s %lld %lld %.*s\n", side->name, (long long)start_ms, (long long)end_ms,
                 CM_STR_FMT(text));
}

static void note_the_end(void *ctx)
{
    struct side *side = ctx;

    if (--*side->listening == 0)
        cm_loop_stop(side->loop);
}

static int64_t feed(struct side *sides, int count)
{
    int64_t frames = 0;
    bool more = true;

    for (int64_t at_ms = 0; more; at_ms += FRAME_MS) {
        more = false;
        for (int i = 0; i < count; i++) {
            uint8_t frame[FRAME];
            size_t got = fread(frame, 1, sizeof frame, sides[i].sound);

            ear_hear(sides[i].ear, at_ms, frame, got);
            frames += got > 0;
            more = more || got > 0;
        }
    }
    return frames;
}

static long long counted(struct cm_metrics *metrics, const char *name, const char *labels)
{
    return (long long)cm_metric_value(cm_counter(metrics, name, "", labels));
}

static void report(struct cm_metrics *metrics, int64_t frames, int64_t took_ms)
{
    static const char dropped[] = "callmill_captions_dropped_total";
    struct rusage used;

    (void)getrusage(RUSAGE_SELF, &used);
    (void)fprintf(
        stderr,
        "{\"sound_ms\":%lld,\"windows\":%lld,\"dropped\":%lld,\"took_ms\":%lld,\"cpu_ms\":%lld,"
        "\"rss_kb\":%ld}\n",
        (long long)frames * FRAME_MS, counted(metrics, "callmill_captions_windows_total", NULL),
        counted(metrics, dropped, "reason=\"full\"") +
            counted(metrics, dropped, "reason=\"failed\"") +
            counted(metrics, dropped, "reason=\"late\""),
        (long long)took_ms, (long long)used.ru_utime.tv_sec * 1000 + used.ru_utime.tv_usec / 1000,
        used.ru_maxrss);
}

static void hear(struct captions *captions, struct cm_loop *loop, struct cm_metrics *metrics,
                 struct side *sides, int count)
{
    int64_t began_ms = cm_mono_ms(), frames;
    int listening = count;

    for (int i = 0; i < count; i++) {
        sides[i].listening = &listening;
        sides[i].loop = loop;
        sides[i].ear = ear_new(captions, &(struct ear_options){ .loop = loop,
                                                                .turn = print_turn,
                                                                .finished = note_the_end,
                                                                .ctx = &sides[i] });
    }
    frames = feed(sides, count);
    for (int i = 0; i < count; i++)
        ear_finish(sides[i].ear, GRACE_MS);
    cm_loop_run(loop);
    for (int i = 0; i < count; i++)
        ear_free(sides[i].ear);
    report(metrics, frames, cm_mono_ms() - began_ms);
}

static cm_rc listen_to(const struct cm_config *config, struct side *sides, int count,
                       struct cm_err *err)
{
    CM_OWN(cm_metrics) metrics = cm_metrics_new();
    CM_OWN(cm_http_client) http = NULL;
    CM_OWN(cm_speech) speech = NULL;
    CM_OWN(cm_loop) loop = NULL;
    CM_OWN(captions) captions = NULL;
    cm_rc rc;

    rc = cm_http_client_new(NULL, &http, err);
    if (!rc)
        rc = cm_speech_open(config, http, &speech, err);
    if (!rc)
        rc = cm_loop_new(&loop, err);
    if (!rc)
        rc = captions_start(config, speech, metrics, &captions, err);
    if (rc)
        return rc;

    hear(captions, loop, metrics, sides, count);
    return CM_OK;
}

int main(int argc, char **argv)
{
    const struct cm_setting *const tables[] = { captions_settings, cm_speech_settings,
                                                cm_log_settings, NULL };
    struct side sides[SIDES] = { { .name = "caller" }, { .name = "agent" } };
    CM_OWN(cm_config) config = NULL;
    struct cm_err err = { 0 };
    int count = argc - 1;

    if (count < 1 || count > SIDES) {
        (void)fprintf(stderr, "usage: listen CALLER.ulaw [AGENT.ulaw]\n");
        return 2;
    }
    for (int i = 0; i < count; i++) {
        sides[i].sound = fopen(argv[i + 1], "rbe");
        if (!sides[i].sound) {
            perror(argv[i + 1]);
            return 1;
        }
    }
    if (cm_config_load(tables, getenv, &config, &err) == CM_OK) {
        cm_log_setup_from("listen", config);
        (void)listen_to(config, sides, count, &err);
    }
    for (int i = 0; i < count; i++)
        (void)fclose(sides[i].sound);
    if (err.rc)
        (void)fprintf(stderr, "%s: %s\n", cm_rc_name(err.rc), err.msg);
    return err.rc ? 1 : 0;
}
