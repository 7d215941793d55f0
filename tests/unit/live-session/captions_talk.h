/* captions_talk.h - a stage on which two speak, for one test: opened by it, closed behind it. */
#pragma once
#include "captions_stage.h"

struct talk {
    struct stage stage;
    struct speaker ada, bob;
    bool open;
};

/** A test's own (`*state`), opened; `settings` as for stage_open. */
struct talk *talk_open(void **state, const char *const settings[]);
void talk_close(struct talk *talk); /* what TALK_TEST does behind each test; again: nothing */
int64_t talk_dropped(struct talk *talk, const char *reason); /* windows: full, failed, late */
int64_t talk_waiting(struct talk *talk);                     /* windows */

int talk_setup(void **state);
int talk_teardown(void **state);
#define TALK_TEST(test) cmocka_unit_test_setup_teardown(test, talk_setup, talk_teardown)
