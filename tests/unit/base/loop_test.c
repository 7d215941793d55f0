/* Posted calls and watched descriptors of a loop. */
#include "story.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

static void posted_calls_run_in_their_order(void **state)
{
    struct story *s = *state;

    cm_loop_post(s->loop, say_a, s);
    cm_loop_post(s->loop, say_b, s);
    cm_loop_post(s->loop, say_a, s);
    cm_loop_post(s->loop, say_c_and_stop, s);
    cm_loop_run(s->loop);
    assert_string_equal(s->said, "abac");
}

static void post_again(void *ctx)
{
    struct story *s = ctx;

    say(s, 'p');
    cm_loop_post(s->loop, say_c_and_stop, s);
}

static void a_posted_call_may_post(void **state)
{
    struct story *s = *state;

    cm_loop_post(s->loop, post_again, s);
    cm_loop_run(s->loop);
    assert_string_equal(s->said, "pc");
}

static void a_stop_before_the_run_counts(void **state)
{
    struct story *s = *state;

    cm_loop_stop(s->loop);
    cm_loop_run(s->loop);
    assert_string_equal(s->said, "");
}

static void on_readable(void *ctx, uint32_t events)
{
    struct story *s = ctx;
    char c;

    if (events & EPOLLIN && read(s->fds[0][0], &c, 1) == 1)
        say(s, c);
    if (s->len == 3)
        cm_loop_stop(s->loop);
}

static void a_watch_tells_as_long_as_there_is_something(void **state)
{
    struct story *s = *state;
    struct cm_err err;

    assert_int_equal(
        cm_watch_new(s->loop, s->fds[0][0], EPOLLIN, on_readable, s, &s->watches[0], &err), CM_OK);
    assert_int_equal(write(s->fds[0][1], "xyz", 3), 3);
    cm_loop_run(s->loop);
    assert_string_equal(s->said, "xyz");
}

static void on_writable(void *ctx, uint32_t events)
{
    struct story *s = ctx;

    say(s, events & EPOLLOUT ? 'w' : '?');
    cm_watch_set(s->watches[0], 0);
    cm_timer_arm(s->timers[0], 5);
}

static void a_watch_tells_only_what_it_was_set_to(void **state)
{
    struct story *s = *state;
    struct cm_err err;

    s->timers[0] = cm_timer_new(s->loop, say_c_and_stop, s);
    assert_int_equal(
        cm_watch_new(s->loop, s->fds[0][0], EPOLLOUT, on_writable, s, &s->watches[0], &err), CM_OK);
    cm_loop_run(s->loop);
    assert_string_equal(s->said, "wc");
}

static void free_both_watches(void *ctx, uint32_t events)
{
    struct story *s = ctx;

    (void)events;
    say(s, 'f');
    for (int i = 0; i < 2; i++) {
        cm_watch_free(s->watches[i]);
        s->watches[i] = NULL;
    }
    cm_timer_arm(s->timers[0], 5);
}

static void a_watch_may_free_itself_and_another_that_is_ready(void **state)
{
    struct story *s = *state;
    struct cm_err err;

    s->timers[0] = cm_timer_new(s->loop, say_c_and_stop, s);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(cm_watch_new(s->loop, s->fds[i][0], EPOLLIN, free_both_watches, s,
                                      &s->watches[i], &err),
                         CM_OK);
        assert_int_equal(write(s->fds[i][1], "x", 1), 1);
    }
    cm_loop_run(s->loop);
    assert_string_equal(s->said, "fc");
}

static void a_descriptor_that_cannot_be_watched_is_an_error(void **state)
{
    struct story *s = *state;
    struct cm_err err;

    assert_int_equal(cm_watch_new(s->loop, -1, EPOLLIN, on_readable, s, &s->watches[0], &err),
                     CM_FATAL);
    assert_string_equal(err.msg, "watch descriptor -1: Bad file descriptor");
    assert_null(s->watches[0]);
}

struct flood {
    struct cm_loop *loop;
    int count;
};

static void count_one(void *ctx)
{
    struct flood *f = ctx;

    if (++f->count == 4 * 5000)
        cm_loop_stop(f->loop);
}

static void *post_many(void *ctx)
{
    struct flood *f = ctx;

    for (int i = 0; i < 5000; i++)
        cm_loop_post(f->loop, count_one, f);
    return NULL;
}

static void calls_of_several_threads_all_arrive(void **state)
{
    struct story *s = *state;
    struct flood f = { .loop = s->loop };
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, post_many, &f);
    cm_loop_run(s->loop);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(f.count, 20000);
    assert_string_equal(s->said, "");
}

static void calls_that_nobody_ran_are_dropped_with_the_loop(void **state)
{
    struct story *s = *state;

    cm_loop_post(s->loop, say_a, s);
    assert_string_equal(s->said, ""); /* and the sanitizer finds no leak */
}

/* The first end of a turn asks for another turn, in which nothing but the guard would be due. */
static void leave_work(void *ctx)
{
    struct story *s = ctx;

    say(s, 'l');
    if (++s->turns < 3)
        cm_loop_again(s->loop);
    else
        cm_loop_stop(s->loop);
}

static void an_end_of_turn_that_leaves_work_has_another_turn_at_once(void **state)
{
    struct story *s = *state;

    cm_loop_on_turn(s->loop, leave_work, s);
    cm_loop_post(s->loop, say_a, s);
    cm_loop_run(s->loop);
    assert_string_equal(s->said, "alll");
}

static void stop_hearing(void *ctx)
{
    struct story *s = ctx;

    say(s, 's');
    cm_loop_off_turn(s->loop, stop_hearing, s);
    cm_loop_off_turn(s->loop, leave_work, s);
}

static void an_end_of_turn_may_take_itself_and_another_away(void **state)
{
    struct story *s = *state;

    cm_loop_on_turn(s->loop, stop_hearing, s);
    cm_loop_on_turn(s->loop, leave_work, s);
    cm_loop_post(s->loop, say_a, s);
    cm_loop_post(s->loop, say_c_and_stop, s);
    cm_loop_run(s->loop);
    assert_string_equal(s->said, "acs");

    cm_loop_on_turn(s->loop, leave_work, s); /* where the first one was */
    cm_loop_post(s->loop, say_c_and_stop, s);
    cm_loop_run(s->loop);
    assert_string_equal(s->said, "acscl");
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, story_begin, story_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(posted_calls_run_in_their_order),
        STORY(a_posted_call_may_post),
        STORY(a_stop_before_the_run_counts),
        STORY(a_watch_tells_as_long_as_there_is_something),
        STORY(a_watch_tells_only_what_it_was_set_to),
        STORY(a_watch_may_free_itself_and_another_that_is_ready),
        STORY(a_descriptor_that_cannot_be_watched_is_an_error),
        STORY(calls_of_several_threads_all_arrive),
        STORY(calls_that_nobody_ran_are_dropped_with_the_loop),
        STORY(an_end_of_turn_that_leaves_work_has_another_turn_at_once),
        STORY(an_end_of_turn_may_take_itself_and_another_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
