/* Timers of a loop. */
#include "story.h"

#include "base/clock.h"

static void timers_fire_by_time_and_then_by_arming(void **state)
{
    struct story *s = *state;
    int64_t began_ms = cm_mono_ms();

    s->timers[0] = cm_timer_new(s->loop, say_c_and_stop, s);
    s->timers[1] = cm_timer_new(s->loop, say_b, s);
    s->timers[2] = cm_timer_new(s->loop, say_a, s);
    s->timers[3] = cm_timer_new(s->loop, say_b, s);
    cm_timer_arm(s->timers[0], 40);
    cm_timer_arm(s->timers[1], 20);
    cm_timer_arm(s->timers[2], 0);
    cm_timer_arm(s->timers[3], 0);
    cm_loop_run(s->loop);
    assert_string_equal(s->said, "abbc");
    assert_true(cm_mono_ms() - began_ms >= 40);
}

static void arming_again_replaces_and_disarming_silences(void **state)
{
    struct story *s = *state;

    s->timers[0] = cm_timer_new(s->loop, say_a, s);
    s->timers[1] = cm_timer_new(s->loop, say_b, s);
    s->timers[2] = cm_timer_new(s->loop, say_c_and_stop, s);
    cm_timer_arm(s->timers[0], 0);
    cm_timer_arm(s->timers[0], 10);
    cm_timer_arm(s->timers[1], 5);
    cm_timer_disarm(s->timers[1]);
    cm_timer_disarm(s->timers[1]);
    cm_timer_arm(s->timers[2], 30);
    cm_loop_run(s->loop);
    assert_string_equal(s->said, "ac");
}

static void rearm_myself(void *ctx)
{
    struct story *s = ctx;

    say(s, 'r');
    if (s->len < 5)
        cm_timer_arm(s->timers[0], 0);
    else
        cm_loop_stop(s->loop);
}

static void count_turn(void *ctx)
{
    struct story *s = ctx;

    s->turns++;
}

static void a_timer_that_arms_itself_leaves_turns_to_others(void **state)
{
    struct story *s = *state;

    s->timers[0] = cm_timer_new(s->loop, rearm_myself, s);
    cm_loop_on_turn(s->loop, count_turn, s);
    cm_timer_arm(s->timers[0], 0);
    cm_loop_run(s->loop);
    assert_string_equal(s->said, "rrrrr");
    assert_true(s->turns >= 5);
}

static void free_both_timers(void *ctx)
{
    struct story *s = ctx;

    say(s, 'f');
    cm_timer_free(s->timers[0]);
    cm_timer_free(s->timers[1]);
    s->timers[0] = s->timers[1] = NULL;
}

static void a_timer_may_free_itself_and_another_that_is_due(void **state)
{
    struct story *s = *state;

    s->timers[0] = cm_timer_new(s->loop, free_both_timers, s);
    s->timers[1] = cm_timer_new(s->loop, free_both_timers, s);
    s->timers[2] = cm_timer_new(s->loop, say_c_and_stop, s);
    cm_timer_arm(s->timers[0], 0);
    cm_timer_arm(s->timers[1], 0);
    cm_timer_arm(s->timers[2], 5);
    cm_loop_run(s->loop);
    assert_string_equal(s->said, "fc");
}

enum { MANY = 500 };

struct due {
    struct cm_timer *timer;
    struct due_list *all;
    int64_t from_ms, to_ms; /* it is due between them, as far as its test knows */
    int fired;
};

struct due_list {
    struct cm_loop *loop;
    int left, out_of_order;
    int64_t latest_ms; /* of those that fired, when the last one was due at the earliest */
};

static void on_due(void *ctx)
{
    struct due *due = ctx;

    due->fired++;
    due->all->out_of_order += due->to_ms < due->all->latest_ms;
    if (due->from_ms > due->all->latest_ms)
        due->all->latest_ms = due->from_ms;
    if (--due->all->left == 0)
        cm_loop_stop(due->all->loop);
}

static void hundreds_of_timers_keep_their_order(void **state)
{
    static struct due dues[MANY];
    struct story *s = *state;
    struct due_list all = { .loop = s->loop, .left = MANY - MANY / 5 };
    unsigned seed = 1;

    for (int i = 0; i < MANY; i++)
        dues[i] = (struct due){ cm_timer_new(s->loop, on_due, &dues[i]), &all, 0, 0, 0 };
    for (int i = 0; i < 3 * MANY; i++) { /* each is armed three times, the last counts */
        struct due *due = &dues[i * 7 % MANY];
        int64_t delay_ms;

        seed = seed * 1664525u + 1013904223u;
        delay_ms = 100 + (seed >> 16) % 400;
        due->from_ms = cm_mono_ms() + delay_ms;
        cm_timer_arm(due->timer, delay_ms);
        due->to_ms = cm_mono_ms() + delay_ms;
    }
    for (int i = 0; i < MANY; i += 5)
        cm_timer_disarm(dues[i].timer);
    cm_loop_run(s->loop);
    assert_int_equal(all.left, 0);
    assert_int_equal(all.out_of_order, 0);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(dues[i].fired, i % 5 != 0);
        cm_timer_free(dues[i].timer);
    }
}

static void arm_without_delay(void *ctx)
{
    struct story *s = ctx;

    say(s, 'p');
    cm_timer_arm(s->timers[0], 0);
}

static void say_t(void *ctx)
{
    say(ctx, 't');
}

static void say_end_of_turn(void *ctx)
{
    struct story *s = ctx;

    if (s->len && s->said[s->len - 1] != '.')
        say(s, '.');
    if (s->len > 2)
        cm_loop_stop(s->loop);
}

static void a_timer_armed_by_a_posted_call_fires_in_the_same_turn(void **state)
{
    struct story *s = *state;

    s->timers[0] = cm_timer_new(s->loop, say_t, s);
    cm_loop_on_turn(s->loop, say_end_of_turn, s);
    cm_loop_post(s->loop, arm_without_delay, s);
    cm_loop_run(s->loop);
    assert_string_equal(s->said, "pt.");
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, story_begin, story_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(timers_fire_by_time_and_then_by_arming),
        STORY(arming_again_replaces_and_disarming_silences),
        STORY(a_timer_that_arms_itself_leaves_turns_to_others),
        STORY(a_timer_may_free_itself_and_another_that_is_due),
        STORY(hundreds_of_timers_keep_their_order),
        STORY(a_timer_armed_by_a_posted_call_fires_in_the_same_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
