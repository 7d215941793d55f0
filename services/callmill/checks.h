/* checks.h - what callmill doctor looks at. Each check waits some seconds at most and changes
 * nothing. */
#pragma once
#include "cli.h"

enum finding_level { FINDING_OK, FINDING_WARN, FINDING_FAIL };

struct finding {
    enum finding_level level;
    char text[300];   /* what is so */
    char advice[200]; /* what to do; empty when nothing */
};

typedef void check_run(const struct cli *cli, struct finding *out);

check_run check_database, check_schema, check_roles;   /* checks_database.c */
check_run check_brokers, check_topics, check_registry; /* checks_bus.c */
check_run check_recordings, check_speech, check_text, check_mail,
    check_twilio; /* checks_outside.c */

void found(struct finding *out, enum finding_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void advise(struct finding *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
