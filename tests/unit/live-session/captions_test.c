/* What becomes of windows between the ears and the workers. */
#include "captions_stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct stage stage;
    struct speaker ada, bob;
};

static void begin_with(struct fixture *fx, const char *const settings[])
{
    stage_open(&fx->stage, settings);
    speaker_open(&fx->ada, &fx->stage);
    speaker_open(&fx->bob, &fx->stage);
}

static void begin(struct fixture *fx)
{
    begin_with(fx, NULL);
}

static void end(struct fixture *fx)
{
    speaker_close(&fx->ada);
    speaker_close(&fx->bob);
    stage_close(&fx->stage);
}

static int64_t dropped(struct fixture *fx, const char *reason)
{
    return stage_count(&fx->stage, "callmill_captions_dropped_total", reason);
}

#define FULL   "reason=\"full\""
#define FAILED "reason=\"failed\""
#define LATE   "reason=\"late\""

static int64_t waiting(struct fixture *fx)
{
    return stage_count(&fx->stage, "callmill_captions_waiting", NULL);
}

/* ---- order ---- */

static void turns_of_an_ear_come_in_order_however_many_work(void **state)
{
    static const char *const four[] = { "CAPTIONS_JOBS=4", NULL };
    struct fixture fx;

    (void)state;
    begin_with(&fx, four);
    say_words(&fx.ada, "abcdefghabcdefghhgfedcba");
    hear_out(&fx.ada);

    assert_heard(&fx.ada, "a|b|c|d|e|f|g|h|a|b|c|d|e|f|g|h|h|g|f|e|d|c|b|a");
    assert_int_equal(fx.stage.engine.most_inside, 1); /* one ear, one worker */
    assert_int_equal(stage_count(&fx.stage, "callmill_captions_seconds_count", NULL), 24);
    assert_int_equal(waiting(&fx), 0);
    end(&fx);
}

static void several_ears_are_heard_at_a_time(void **state)
{
    static const char *const two[] = { "CAPTIONS_JOBS=2", NULL };
    struct fixture fx;

    (void)state;
    begin_with(&fx, two);
    engine_hold(&fx.stage.engine);
    say_words(&fx.ada, "ab");
    say_words(&fx.bob, "cd");
    engine_await_inside(&fx.stage.engine, 2);
    engine_let_go(&fx.stage.engine);
    hear_out(&fx.ada);
    hear_out(&fx.bob);

    assert_heard(&fx.ada, "a|b");
    assert_heard(&fx.bob, "c|d");
    assert_int_equal(fx.stage.engine.most_inside, 2);
    end(&fx);
}

static void ears_take_turns_at_one_worker(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    engine_hold(&fx.stage.engine);
    say_words(&fx.ada, "abc");
    engine_await_inside(&fx.stage.engine, 1);
    say_words(&fx.bob, "de");
    engine_let_go(&fx.stage.engine);
    hear_out(&fx.ada);
    hear_out(&fx.bob);

    assert_string_equal(fx.stage.engine.order, "abdce");
    end(&fx);
}

static void workers_stand_back(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    say_word(&fx.ada, 'a');
    await_turns(&fx.ada, 1);

    assert_int_equal(fx.stage.engine.niceness, 10);
    end(&fx);
}

/* ---- overload ---- */

static void where_too_many_wait_the_oldest_of_who_has_most_is_dropped(void **state)
{
    static const char *const three[] = { "CAPTIONS_QUEUE_MAX=3", NULL };
    struct fixture fx;

    (void)state;
    begin_with(&fx, three);
    engine_hold(&fx.stage.engine);
    say_word(&fx.ada, 'a');
    engine_await_inside(&fx.stage.engine, 1);
    say_words(&fx.ada, "bc");
    say_word(&fx.bob, 'e');
    assert_int_equal(waiting(&fx), 3);
    assert_int_equal(dropped(&fx, FULL), 0);
    say_word(&fx.bob, 'f'); /* two and two: whoever waits longer */
    say_word(&fx.bob, 'g'); /* one and three */
    say_word(&fx.bob, 'h');
    assert_int_equal(waiting(&fx), 3);
    assert_int_equal(dropped(&fx, FULL), 3);
    engine_let_go(&fx.stage.engine);
    hear_out(&fx.ada);
    hear_out(&fx.bob);

    assert_heard(&fx.ada, "a|c");
    assert_heard(&fx.bob, "g|h");
    assert_int_equal(stage_count(&fx.stage, "callmill_captions_windows_total", NULL), 7);
    end(&fx);
}

static const char *const little_memory[] = { "CAPTIONS_MAX_BYTES=262144", "CAPTIONS_QUEUE_MAX=999",
                                             "CAPTIONS_WINDOW_MS=4000", NULL };

static void where_sound_has_no_room_the_oldest_is_dropped(void **state)
{
    struct fixture fx;
    int heard;

    (void)state;
    begin_with(&fx, little_memory);
    engine_hold(&fx.stage.engine);
    say_word(&fx.ada, 'a');
    engine_await_inside(&fx.stage.engine, 1);
    say_word(&fx.ada, 'b');
    for (int i = 0; i < 12; i++) { /* 32,000 bytes each, with the room that it was given */
        say(&fx.ada, 'c', 3000);
        be_quiet(&fx.ada, 1000);
    }
    say_word(&fx.ada, 'd');
    engine_let_go(&fx.stage.engine);
    hear_out(&fx.ada);

    heard = fx.ada.turn_count;
    assert_in_range(heard, 6, 10);
    assert_string_equal(fx.ada.turns[0].text, "a");
    assert_string_equal(fx.ada.turns[1].text, "c"); /* b went first */
    assert_string_equal(fx.ada.turns[heard - 1].text, "d");
    assert_int_equal(dropped(&fx, FULL) + heard, 15);
    end(&fx);
}

/* Everybody speaks at once, and nothing waits that could be dropped for them. */
static void what_finds_no_room_while_it_is_said_is_lost_and_counted(void **state)
{
    enum { CROWD = 12 };
    static struct speaker crowd[CROWD];
    struct fixture fx;
    int heard = 0;

    (void)state;
    begin_with(&fx, little_memory);
    for (int i = 0; i < CROWD; i++)
        speaker_open(&crowd[i], &fx.stage);
    for (int ms = 0; ms < 3000; ms += 1000)
        for (int i = 0; i < CROWD; i++)
            say(&crowd[i], 'a', 1000);
    for (int i = 0; i < CROWD; i++)
        be_quiet(&crowd[i], 1000);
    for (int i = 0; i < CROWD; i++) {
        hear_out(&crowd[i]);
        heard += crowd[i].turn_count;
        speaker_close(&crowd[i]);
    }
    say_word(&fx.bob, 'b'); /* there is room again */
    hear_out(&fx.bob);

    assert_heard(&fx.bob, "b");
    assert_in_range(heard, 5, CROWD - 1);
    assert_int_equal(dropped(&fx, FULL), CROWD - heard);
    end(&fx);
}

static void a_window_that_the_engine_fails_on_is_dropped(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    fx.stage.engine.fails = CM_REJECT;
    say_words(&fx.ada, "ab");
    hear_out(&fx.ada);
    assert_heard(&fx.ada, "");
    assert_int_equal(dropped(&fx, FAILED), 2);

    fx.stage.engine.fails = CM_OK;
    say_words(&fx.bob, "c");
    hear_out(&fx.bob);
    assert_heard(&fx.bob, "c");
    assert_int_equal(dropped(&fx, FAILED), 2);
    end(&fx);
}

/* ---- the end ---- */

/* Ada's words have been heard, and their turns are on the way to the loop: the one worker is busy
 * with Bob's by now. */
static void say_words_and_have_them_heard(struct fixture *fx, const char *letters)
{
    say_words(&fx->ada, letters);
    engine_await_heard(&fx->stage.engine, (int)strlen(letters));
    engine_hold(&fx->stage.engine);
    say_word(&fx->bob, 'h');
    engine_await_inside(&fx->stage.engine, 1);
}

static void an_ear_that_heard_nothing_finishes(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    ear_finish(fx.ada.ear, 0);
    assert_false(fx.ada.finished);
    cm_loop_run(fx.stage.loop);
    assert_true(fx.ada.finished);
    end(&fx);
}

static void grace_has_an_end(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    say_word(&fx.ada, 'a');
    await_turns(&fx.ada, 1);
    engine_hold(&fx.stage.engine);
    say_word(&fx.ada, 'b');
    engine_await_inside(&fx.stage.engine, 1);
    say_words(&fx.ada, "cd");
    ear_finish(fx.ada.ear, 30);
    while (!fx.ada.finished)
        cm_loop_run(fx.stage.loop);

    assert_heard(&fx.ada, "a");
    assert_int_equal(dropped(&fx, LATE), 3);
    assert_int_equal(waiting(&fx), 0);
    engine_await_inside(&fx.stage.engine, 0); /* it was told to stop */
    say_word(&fx.bob, 'e');
    engine_let_go(&fx.stage.engine);
    hear_out(&fx.bob);
    assert_heard(&fx.bob, "e");
    assert_int_equal(dropped(&fx, FAILED), 0);
    end(&fx);
}

static void what_was_heard_within_the_grace_is_told(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    say_words_and_have_them_heard(&fx, "ab");
    say_word(&fx.ada, 'c');
    ear_finish(fx.ada.ear, 0);
    while (!fx.ada.finished)
        cm_loop_run(fx.stage.loop);

    assert_heard(&fx.ada, "a|b");
    assert_int_equal(dropped(&fx, LATE), 1);
    end(&fx);
}

/* ---- freeing ---- */

static void an_ear_may_be_freed_while_its_window_is_heard(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    engine_hold(&fx.stage.engine);
    say_words(&fx.ada, "abc");
    engine_await_inside(&fx.stage.engine, 1);
    speaker_close(&fx.ada);
    assert_int_equal(waiting(&fx), 0);
    engine_await_inside(&fx.stage.engine, 0); /* it is told to stop */
    engine_let_go(&fx.stage.engine);
    say_word(&fx.bob, 'd');
    hear_out(&fx.bob);

    assert_heard(&fx.bob, "d");
    assert_int_equal(fx.ada.turn_count, 0);
    assert_int_equal(dropped(&fx, FAILED), 0);
    end(&fx);
}

static void an_ear_may_be_freed_while_its_turn_is_on_its_way(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    say_words_and_have_them_heard(&fx, "a");
    speaker_close(&fx.ada);
    engine_let_go(&fx.stage.engine);
    hear_out(&fx.bob);

    assert_int_equal(fx.ada.turn_count, 0);
    assert_heard(&fx.bob, "h");
    end(&fx);
}

static void a_loop_may_end_before_it_comes_to_the_turn(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    say_words_and_have_them_heard(&fx, "a");
    end(&fx); /* nothing leaks, says the sanitizer */
    assert_int_equal(fx.ada.turn_count, 0);
}

static void an_ear_may_be_freed_when_it_tells_something(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    fx.ada.frees_in_turn = true;
    fx.bob.frees_at_end = true;
    say_words_and_have_them_heard(&fx, "abc");
    await_turns(&fx.ada, 1);
    engine_let_go(&fx.stage.engine);
    hear_out(&fx.bob);

    assert_heard(&fx.ada, "a");
    assert_heard(&fx.bob, "h");
    end(&fx);
}

static void captions_may_end_while_a_worker_hears(void **state)
{
    struct fixture fx;

    (void)state;
    begin(&fx);
    engine_hold(&fx.stage.engine);
    say_words(&fx.ada, "ab");
    engine_await_inside(&fx.stage.engine, 1);
    end(&fx); /* and does not wait for ever */
    captions_free(NULL);
    ear_free(NULL);
}

/* ---- many at once ---- */

enum { LOOPS = 3, EARS = 8, ROUNDS = 12 };
struct crew { /* of one loop */
    struct stage *stage, view;
    pthread_t thread;
    unsigned seed;
    int turns, wanted;
};

static unsigned any(struct crew *crew)
{
    crew->seed = crew->seed * 1664525u + 1013904223u;
    return crew->seed >> 16;
}

static void speak_for_a_while(struct crew *crew, struct speaker *speaker)
{
    for (unsigned i = any(crew) % 4; i > 0; i--) {
        say(speaker, (char)('a' + any(crew) % 8), 300);
        be_quiet(speaker, 600);
    }
    if (any(crew) % 3 == 0)
        say(speaker, 'a', 200); /* and in the midst of a word */
}

static void *call_after_call(void *ctx)
{
    struct crew *crew = ctx;
    struct speaker ears[EARS];

    for (int i = 0; i < EARS; i++)
        speaker_open(&ears[i], &crew->view);
    for (int round = 0; round < ROUNDS * EARS; round++) {
        struct speaker *speaker = &ears[any(crew) % EARS];

        speak_for_a_while(crew, speaker);
        if (any(crew) % 2)
            hear_out(speaker);
        speaker_close(speaker);
        speaker_open(speaker, &crew->view);
    }
    for (int i = 0; i < EARS; i++)
        speaker_close(&ears[i]);
    return NULL;
}

static void ears_of_several_loops_come_and_go(void **state)
{
    static const char *const busy[] = { "CAPTIONS_JOBS=3", "CAPTIONS_QUEUE_MAX=4", NULL };
    struct crew crews[LOOPS];
    struct stage stage;
    struct cm_err err;

    (void)state;
    stage_open(&stage, busy);
    for (int i = 0; i < LOOPS; i++) {
        crews[i] = (struct crew){ .stage = &stage, .seed = (unsigned)i };
        crews[i].view.captions = stage.captions;
        assert_int_equal(cm_loop_new(&crews[i].view.loop, &err), CM_OK);
        assert_int_equal(pthread_create(&crews[i].thread, NULL, call_after_call, &crews[i]), 0);
    }
    for (int i = 0; i < LOOPS; i++)
        pthread_join(crews[i].thread, NULL);

    assert_int_equal(stage_count(&stage, "callmill_captions_waiting", NULL), 0);
    engine_await_heard(&stage.engine, 1);
    stage_close(&stage);
    for (int i = 0; i < LOOPS; i++)
        cm_loop_free(crews[i].view.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_of_an_ear_come_in_order_however_many_work),
        cmocka_unit_test(several_ears_are_heard_at_a_time),
        cmocka_unit_test(ears_take_turns_at_one_worker),
        cmocka_unit_test(workers_stand_back),
        cmocka_unit_test(where_too_many_wait_the_oldest_of_who_has_most_is_dropped),
        cmocka_unit_test(where_sound_has_no_room_the_oldest_is_dropped),
        cmocka_unit_test(what_finds_no_room_while_it_is_said_is_lost_and_counted),
        cmocka_unit_test(a_window_that_the_engine_fails_on_is_dropped),
        cmocka_unit_test(an_ear_that_heard_nothing_finishes),
        cmocka_unit_test(grace_has_an_end),
        cmocka_unit_test(what_was_heard_within_the_grace_is_told),
        cmocka_unit_test(an_ear_may_be_freed_while_its_window_is_heard),
        cmocka_unit_test(an_ear_may_be_freed_while_its_turn_is_on_its_way),
        cmocka_unit_test(a_loop_may_end_before_it_comes_to_the_turn),
        cmocka_unit_test(an_ear_may_be_freed_when_it_tells_something),
        cmocka_unit_test(captions_may_end_while_a_worker_hears),
        cmocka_unit_test(ears_of_several_loops_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
