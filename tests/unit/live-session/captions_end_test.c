/* How ears, loops and captions end, one before the other. */
#include <string.h>

#include "captions_talk.h"

/* ---- the end ---- */

/* Ada's words have been heard, and their turns are on the way to the loop: the one worker is busy
 * with Bob's by now. */
static void say_words_and_have_them_heard(struct talk *talk, const char *letters)
{
    say_words(&talk->ada, letters);
    engine_await_heard(&talk->stage.engine, (int)strlen(letters));
    engine_hold(&talk->stage.engine);
    say_word(&talk->bob, 'h');
    engine_await_inside(&talk->stage.engine, 1);
}

static void an_ear_that_heard_nothing_finishes(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    ear_finish(talk->ada.ear, 0);
    assert_false(talk->ada.finished);
    cm_loop_run(talk->stage.loop);
    assert_true(talk->ada.finished);
}

static void grace_has_an_end(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    say_word(&talk->ada, 'a');
    await_turns(&talk->ada, 1);
    engine_hold(&talk->stage.engine);
    say_word(&talk->ada, 'b');
    engine_await_inside(&talk->stage.engine, 1);
    say_words(&talk->ada, "cd");
    ear_finish(talk->ada.ear, 30);
    while (!talk->ada.finished)
        cm_loop_run(talk->stage.loop);

    assert_heard(&talk->ada, "a");
    assert_int_equal(talk_dropped(talk, "late"), 3);
    assert_int_equal(talk_waiting(talk), 0);
    engine_await_inside(&talk->stage.engine, 0); /* it was told to stop */
    say_word(&talk->bob, 'e');
    engine_let_go(&talk->stage.engine);
    hear_out(&talk->bob);
    assert_heard(&talk->bob, "e");
    assert_int_equal(talk_dropped(talk, "failed"), 0);
}

static void what_was_heard_within_the_grace_is_told(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    say_words_and_have_them_heard(talk, "ab");
    say_word(&talk->ada, 'c');
    ear_finish(talk->ada.ear, 0);
    while (!talk->ada.finished)
        cm_loop_run(talk->stage.loop);

    assert_heard(&talk->ada, "a|b");
    assert_int_equal(talk_dropped(talk, "late"), 1);
}

/* ---- freeing ---- */

static void an_ear_may_be_freed_while_its_window_is_heard(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    engine_hold(&talk->stage.engine);
    say_words(&talk->ada, "abc");
    engine_await_inside(&talk->stage.engine, 1);
    speaker_close(&talk->ada);
    assert_int_equal(talk_waiting(talk), 0);
    engine_await_inside(&talk->stage.engine, 0); /* it is told to stop */
    engine_let_go(&talk->stage.engine);
    say_word(&talk->bob, 'd');
    hear_out(&talk->bob);

    assert_heard(&talk->bob, "d");
    assert_int_equal(talk->ada.turn_count, 0);
    assert_int_equal(talk_dropped(talk, "failed"), 0);
}

static void an_ear_may_be_freed_while_its_turn_is_on_its_way(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    say_words_and_have_them_heard(talk, "a");
    speaker_close(&talk->ada);
    engine_let_go(&talk->stage.engine);
    hear_out(&talk->bob);

    assert_int_equal(talk->ada.turn_count, 0);
    assert_heard(&talk->bob, "h");
}

static void a_loop_may_end_before_it_comes_to_the_turn(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    say_words_and_have_them_heard(talk, "a");
    talk_close(talk); /* nothing leaks, says the sanitizer */
    assert_int_equal(talk->ada.turn_count, 0);
}

static void an_ear_may_be_freed_when_it_tells_something(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    talk->ada.frees_in_turn = true;
    talk->bob.frees_at_end = true;
    say_words_and_have_them_heard(talk, "abc");
    await_turns(&talk->ada, 1);
    engine_let_go(&talk->stage.engine);
    hear_out(&talk->bob);

    assert_heard(&talk->ada, "a");
    assert_heard(&talk->bob, "h");
}

static void captions_may_end_while_a_worker_hears(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    engine_hold(&talk->stage.engine);
    say_words(&talk->ada, "ab");
    engine_await_inside(&talk->stage.engine, 1);
    talk_close(talk); /* and does not wait for ever */
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
        TALK_TEST(an_ear_that_heard_nothing_finishes),
        TALK_TEST(grace_has_an_end),
        TALK_TEST(what_was_heard_within_the_grace_is_told),
        TALK_TEST(an_ear_may_be_freed_while_its_window_is_heard),
        TALK_TEST(an_ear_may_be_freed_while_its_turn_is_on_its_way),
        TALK_TEST(a_loop_may_end_before_it_comes_to_the_turn),
        TALK_TEST(an_ear_may_be_freed_when_it_tells_something),
        TALK_TEST(captions_may_end_while_a_worker_hears),
        TALK_TEST(ears_of_several_loops_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
