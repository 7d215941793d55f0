#include "engine/hearing/whisper_log.h"

#include <pthread.h>
#include <string.h>
#include <whisper.h>

#include "base/log.h"

static void pass_on(enum ggml_log_level level, const char *text, void *ctx)
{
    int len = (int)strcspn(text, "\n");

    (void)ctx;
    if (len > 0 && level != GGML_LOG_LEVEL_CONT)
        cm_log(CM_LOG_DEBUG, "libwhisper", "says=%.*s", len, text);
}

static void redirect(void)
{
    whisper_log_set(pass_on, NULL);
}

void cm_whisper_log_setup(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, redirect);
}
