#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_line.h"

const struct cm_setting cm_log_settings[] = {
    { .name = "LOG_LEVEL",
      .type = CM_SET_CHOICE,
      .fallback = "info",
      .choices = "debug|info|warn|error",
      .help = "The least serious lines that are written to stderr." },
    { .name = "LOG_FORMAT",
      .type = CM_SET_CHOICE,
      .fallback = "text",
      .choices = "text|json",
      .help = "text: name=value pairs (logfmt); json: one object a line." },
    { 0 },
};

static const char *const level_names[] = { "debug", "info", "warn", "error" };

static struct {
    char service[64];
    enum cm_log_level level;
    enum cm_log_format format;
} setup = { .service = "callmill", .level = CM_LOG_INFO };

int cm_log_line(char *out, int size, enum cm_log_format format, const char *time_text,
                const char *service, enum cm_log_level level, const char *message,
                const char *fields, ...)
{
    struct log_head head = { format, time_text, level_names[level], service, message };
    va_list args;
    int len;

    va_start(args, fields);
    len = log_line_compose(out, (size_t)size, &head, fields, &args);
    va_end(args);
    return len;
}

void cm_log_setup(const char *service, enum cm_log_level level, enum cm_log_format format)
{
    snprintf(setup.service, sizeof setup.service, "%s", service);
    setup.level = level;
    setup.format = format;
}

void cm_log_setup_from(const char *service, const struct cm_config *config)
{
    const char *name = cm_config_text(config, "LOG_LEVEL");
    enum cm_log_level level = CM_LOG_DEBUG;

    while (level < CM_LOG_ERROR && strcmp(level_names[level], name) != 0)
        level++;
    cm_log_setup(service, level,
                 strcmp(cm_config_text(config, "LOG_FORMAT"), "json") == 0 ? CM_LOG_JSON
                                                                           : CM_LOG_TEXT);
}

void cm_log(enum cm_log_level level, const char *message, const char *fields, ...)
{
    struct cm_time_text time_text;
    char out[LOG_LINE_MAX_BYTES];
    int saved = errno;
    va_list args;
    int len;

    if (level < setup.level)
        return;

    time_text = cm_time_rfc3339(cm_now_us());
    struct log_head head = { setup.format, time_text.at, level_names[level], setup.service,
                             message };
    va_start(args, fields);
    len = log_line_compose(out, sizeof out, &head, fields, &args);
    va_end(args);
    out[len++] = '\n'; /* in place of the NUL */
    while (write(STDERR_FILENO, out, (size_t)len) < 0 && errno == EINTR)
        ;
    errno = saved;
}
