/* story.h - a loop, and what happened in it, a letter each. */
#pragma once
#include "base_test.h"

#include "base/loop.h"

struct story {
    struct cm_loop *loop;
    char said[64];
    size_t len;
    struct cm_timer *timers[5], *guard;
    struct cm_watch *watches[2];
    int fds[2][2];
    int turns;
};

int story_begin(void **state); /* cmocka's setup: a run that takes more than 10 s is given up */
int story_end(void **state);
void say(struct story *s, char c);
void say_a(void *ctx); /* callbacks */
void say_b(void *ctx);
void say_c_and_stop(void *ctx);
