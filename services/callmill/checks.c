#include "checks.h"

#include <stdarg.h>

void found(struct finding *out, enum finding_level level, const char *format, ...)
{
    va_list args;

    out->level = level;
    va_start(args, format);
    vsnprintf(out->text, sizeof out->text, format, args);
    va_end(args);
}

void advise(struct finding *out, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(out->advice, sizeof out->advice, format, args);
    va_end(args);
}
