/* hear FILE.mp3 [CALLER_CHANNEL]: prints what the configured engine hears in a recording, as the
 * transcriber would store it, and on stderr what that took, as JSON. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/client.h"
#include "recording.h"
#include "turns.h"

static cm_rc hear(const struct cm_config *config, const char *path, int64_t caller_channel,
                  struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    CM_OWN(cm_http_client) http = NULL;
    CM_OWN(cm_speech) speech = NULL;
    CM_OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct hearing_ask ask = { .arena = arena, .max_s = 14400 };
    struct hearing hearing;
    struct turns turns;
    struct rusage used;
    int64_t began_ms, took_ms;
    cm_rc rc;

    rc = cm_http_client_new(NULL, &http, err);
    if (!rc)
        rc = cm_speech_open(config, http, &speech, err);
    if (rc)
        return rc;

    ask.speech = speech;
    began_ms = cm_mono_ms();
    rc = recording_hear(fd, &ask, &hearing, err);
    if (rc)
        return rc;

    took_ms = cm_mono_ms() - began_ms;
    turns = turns_of(&hearing, caller_channel, cm_now_us(), arena);
    (void)getrusage(RUSAGE_SELF, &used);
    (void)printf("%.*s%s", CM_STR_FMT(turns.text), turns.text.len ? "\n" : "");
    (void)fprintf(
        stderr,
        "{\"engine\":\"%s\",\"model\":\"%s\",\"channels\":%d,\"sound_ms\":%lld,"
        "\"cut\":%s,\"segments\":%zu,\"took_ms\":%lld,\"cpu_ms\":%lld,\"rss_kb\":%ld}\n",
        speech->engine, speech->model, hearing.mp3.channels, (long long)hearing.mp3.duration_ms,
        hearing.mp3.cut ? "true" : "false", turns.count, (long long)took_ms,
        (long long)used.ru_utime.tv_sec * 1000 + used.ru_utime.tv_usec / 1000, used.ru_maxrss);
    return CM_OK;
}

int main(int argc, char **argv)
{
    const struct cm_setting *const tables[] = { cm_speech_settings, cm_log_settings, NULL };
    CM_OWN(cm_config) config = NULL;
    struct cm_err err = { 0 };

    if (argc < 2) {
        (void)fprintf(stderr, "usage: hear FILE.mp3 [CALLER_CHANNEL]\n");
        return 2;
    }
    if (cm_config_load(tables, getenv, &config, &err) == CM_OK) {
        cm_log_setup_from("hear", config);
        if (hear(config, argv[1], argc > 2 && strcmp(argv[2], "1") == 0, &err) == CM_OK)
            return 0;
    }
    (void)fprintf(stderr, "%s: %s\n", cm_rc_name(err.rc), err.msg);
    return 1;
}
