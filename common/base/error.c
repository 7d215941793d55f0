#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 4, 0))) /* its callers are checked */
static cm_rc
fill(struct cm_err *err, cm_rc rc, bool away, const char *format, va_list args)
{
    if (!err)
        return rc;

    err->rc = rc;
    err->away = away;
    err->retry_after_ms = 0;
    vsnprintf(err->msg, sizeof err->msg, format, args);
    return rc;
}

cm_rc cm_fail(struct cm_err *err, cm_rc rc, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(err, rc, false, format, args);
    va_end(args);
    return rc;
}

cm_rc cm_fail_away(struct cm_err *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(err, CM_RETRY, true, format, args);
    va_end(args);
    return CM_RETRY;
}

cm_rc cm_err_wrap(struct cm_err *err, const char *format, ...)
{
    char cause[sizeof err->msg];
    va_list args;
    size_t used;

    memcpy(cause, err->msg, sizeof cause);
    va_start(args, format);
    vsnprintf(err->msg, sizeof err->msg, format, args);
    va_end(args);
    used = strlen(err->msg);
    snprintf(err->msg + used, sizeof err->msg - used, ": %s", cause);
    return err->rc;
}

const char *cm_rc_name(cm_rc rc)
{
    switch (rc) {
    case CM_OK:
        return "ok";
    case CM_RETRY:
        return "retry";
    case CM_REJECT:
        return "reject";
    case CM_FATAL:
        return "fatal";
    }
    return "unknown";
}
