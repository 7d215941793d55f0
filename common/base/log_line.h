/* log_line.h - puts a line of the log together (log.h tells its form), without allocating; inside
 * base. Thread: any. */
#pragma once
#include <stdarg.h>
#include <stddef.h>

#include "base/log.h"

enum { LOG_LINE_MAX_BYTES = 8 * 1024 };

struct log_head {
    enum cm_log_format format;
    const char *time_text, *level, *service, *message;
};

/** The line's length, without the NUL behind it: less than `size`. 0: `size` is less than any line
 *  needs. What does not fit is left out, and the line says so. */
int log_line_compose(char *out, size_t size, const struct log_head *head, const char *fields,
                     va_list *args);
