/* log.h - one line a fact: a fixed message and variable fields.
 *
 *     cm_log(CM_LOG_INFO, "recording stored", "call_id=%s bytes=%zu", id, size);
 *
 * The field list is a printf format of `name=%spec` separated by spaces; each value is quoted or
 * escaped by itself, so that nothing in it can forge a field or a line. No transcript text, caller
 * number or secret above debug. What a thread says while it works in a trace (trace.h) tells which.
 * Thread: any; a line is one write to stderr, cut at 8 KiB.
 */
#pragma once
#include "base/config.h"
#include "base/error.h"

enum cm_log_level { CM_LOG_DEBUG, CM_LOG_INFO, CM_LOG_WARN, CM_LOG_ERROR };
enum cm_log_format { CM_LOG_TEXT, CM_LOG_JSON }; /* logfmt, or one JSON object a line */

extern const struct cm_setting cm_log_settings[]; /* LOG_LEVEL, LOG_FORMAT */

/** Once, at the start, before other threads: the level, the format and the service's name. */
void cm_log_setup(const char *service, enum cm_log_level level, enum cm_log_format format);
void cm_log_setup_from(const char *service, const struct cm_config *config);

/** `fields` may be NULL. Supports %s %d %i %u %x %c %f %g with l, ll, z, j and %.*s. */
void cm_log(enum cm_log_level level, const char *message, const char *fields, ...)
    __attribute__((format(printf, 3, 4)));

/** The line as it would be written, without the end of line; for tests. */
int cm_log_line(char *out, int size, enum cm_log_format format, const char *time_text,
                const char *service, enum cm_log_level level, const char *message,
                const char *fields, ...) __attribute__((format(printf, 8, 9)));
