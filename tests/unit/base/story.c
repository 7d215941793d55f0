#include "story.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void say(struct story *s, char c)
{
    if (s->len < sizeof s->said - 1)
        s->said[s->len++] = c;
}

static void give_up(void *ctx)
{
    struct story *s = ctx;

    say(s, '!');
    cm_loop_stop(s->loop);
}

int story_begin(void **state)
{
    static struct story s;
    struct cm_err err;

    memset(&s, 0, sizeof s);
    assert_int_equal(cm_loop_new(&s.loop, &err), CM_OK);
    s.guard = cm_timer_new(s.loop, give_up, &s);
    cm_timer_arm(s.guard, 10000);
    for (int i = 0; i < 2; i++)
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s.fds[i]), 0);
    *state = &s;
    return 0;
}

int story_end(void **state)
{
    struct story *s = *state;

    for (int i = 0; i < 5; i++)
        cm_timer_free(s->timers[i]);
    cm_timer_free(s->guard);
    for (int i = 0; i < 2; i++) {
        cm_watch_free(s->watches[i]);
        close(s->fds[i][0]);
        close(s->fds[i][1]);
    }
    cm_loop_free(s->loop);
    return 0;
}

void say_a(void *ctx)
{
    say(ctx, 'a');
}

void say_b(void *ctx)
{
    say(ctx, 'b');
}

void say_c_and_stop(void *ctx)
{
    struct story *s = ctx;

    say(s, 'c');
    cm_loop_stop(s->loop);
}
