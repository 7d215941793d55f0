/* ground.h - what the stories of the runner, parted by subject, stand on and look at. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "stage.h"

/* How often a call's events had their effect, of all the organization's calls, and so on. */
extern const struct cm_stmt sql_effects, sql_all_effects, sql_not_twice, sql_step_failed,
    sql_letters, sql_attempts, sql_outbox;

extern const char *probe_path;
int setup(void **state);
int teardown(void **state);
#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

enum { READ_MAX = 450 };

struct reader { /* messages must go before their consumer */
    struct cm_consumer *consumer;
    struct cm_message_in messages[READ_MAX];
    size_t count;
};

/** Reads the topic from its beginning until `wanted` messages came. */
struct reader *read_topic(struct stage *stage, const char *topic, size_t wanted);
void reader_close(struct reader *reader);
const char *topic_of(struct stage *stage, enum cm_event_kind kind);

/** Each tells its stories; how many failed. */
int letter_stories(void);
int process_stories(void);
