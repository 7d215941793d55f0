/* What becomes of windows between the ears and the workers. */
#include "captions_talk.h"

/* ---- order ---- */

static void turns_of_an_ear_come_in_order_however_many_work(void **state)
{
    static const char *const four[] = { "CAPTIONS_JOBS=4", NULL };
    struct talk *talk = talk_open(state, four);

    say_words(&talk->ada, "abcdefghabcdefghhgfedcba");
    hear_out(&talk->ada);

    assert_heard(&talk->ada, "a|b|c|d|e|f|g|h|a|b|c|d|e|f|g|h|h|g|f|e|d|c|b|a");
    assert_int_equal(talk->stage.engine.most_inside, 1); /* one ear, one worker */
    assert_int_equal(stage_count(&talk->stage, "callmill_captions_seconds_count", NULL), 24);
    assert_int_equal(talk_waiting(talk), 0);
}

static void several_ears_are_heard_at_a_time(void **state)
{
    static const char *const two[] = { "CAPTIONS_JOBS=2", NULL };
    struct talk *talk = talk_open(state, two);

    engine_hold(&talk->stage.engine);
    say_words(&talk->ada, "ab");
    say_words(&talk->bob, "cd");
    engine_await_inside(&talk->stage.engine, 2);
    engine_let_go(&talk->stage.engine);
    hear_out(&talk->ada);
    hear_out(&talk->bob);

    assert_heard(&talk->ada, "a|b");
    assert_heard(&talk->bob, "c|d");
    assert_int_equal(talk->stage.engine.most_inside, 2);
}

static void ears_take_turns_at_one_worker(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    engine_hold(&talk->stage.engine);
    say_words(&talk->ada, "abc");
    engine_await_inside(&talk->stage.engine, 1);
    say_words(&talk->bob, "de");
    engine_let_go(&talk->stage.engine);
    hear_out(&talk->ada);
    hear_out(&talk->bob);

    assert_string_equal(talk->stage.engine.order, "abdce");
}

static void workers_stand_back(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    say_word(&talk->ada, 'a');
    await_turns(&talk->ada, 1);

    assert_int_equal(talk->stage.engine.niceness, 10);
}

/* ---- overload ---- */

static void where_too_many_wait_the_oldest_of_who_has_most_is_dropped(void **state)
{
    static const char *const three[] = { "CAPTIONS_QUEUE_MAX=3", NULL };
    struct talk *talk = talk_open(state, three);

    engine_hold(&talk->stage.engine);
    say_word(&talk->ada, 'a');
    engine_await_inside(&talk->stage.engine, 1);
    say_words(&talk->ada, "bc");
    say_word(&talk->bob, 'e');
    assert_int_equal(talk_waiting(talk), 3);
    assert_int_equal(talk_dropped(talk, "full"), 0);
    say_word(&talk->bob, 'f'); /* two and two: whoever waits longer */
    say_word(&talk->bob, 'g'); /* one and three */
    say_word(&talk->bob, 'h');
    assert_int_equal(talk_waiting(talk), 3);
    assert_int_equal(talk_dropped(talk, "full"), 3);
    engine_let_go(&talk->stage.engine);
    hear_out(&talk->ada);
    hear_out(&talk->bob);

    assert_heard(&talk->ada, "a|c");
    assert_heard(&talk->bob, "g|h");
    assert_int_equal(stage_count(&talk->stage, "callmill_captions_windows_total", NULL), 7);
}

static const char *const little_memory[] = { "CAPTIONS_MAX_BYTES=262144", "CAPTIONS_QUEUE_MAX=999",
                                             "CAPTIONS_WINDOW_MS=4000", NULL };

static void where_sound_has_no_room_the_oldest_is_dropped(void **state)
{
    struct talk *talk = talk_open(state, little_memory);
    int heard;

    engine_hold(&talk->stage.engine);
    say_word(&talk->ada, 'a');
    engine_await_inside(&talk->stage.engine, 1);
    say_word(&talk->ada, 'b');
    for (int i = 0; i < 12; i++) { /* 32,000 bytes each, with the room that it was given */
        say(&talk->ada, 'c', 3000);
        be_quiet(&talk->ada, 1000);
    }
    say_word(&talk->ada, 'd');
    engine_let_go(&talk->stage.engine);
    hear_out(&talk->ada);

    heard = talk->ada.turn_count;
    assert_in_range(heard, 6, 10);
    assert_string_equal(talk->ada.turns[0].text, "a");
    assert_string_equal(talk->ada.turns[1].text, "c"); /* b went first */
    assert_string_equal(talk->ada.turns[heard - 1].text, "d");
    assert_int_equal(talk_dropped(talk, "full") + heard, 15);
}

/* Everybody speaks at once, and nothing waits that could be dropped for them. */
static void what_finds_no_room_while_it_is_said_is_lost_and_counted(void **state)
{
    enum { CROWD = 12 };
    static struct speaker crowd[CROWD];
    struct talk *talk = talk_open(state, little_memory);
    int heard = 0;

    for (int i = 0; i < CROWD; i++)
        speaker_open(&crowd[i], &talk->stage);
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
    say_word(&talk->bob, 'b'); /* there is room again */
    hear_out(&talk->bob);

    assert_heard(&talk->bob, "b");
    assert_in_range(heard, 5, CROWD - 1);
    assert_int_equal(talk_dropped(talk, "full"), CROWD - heard);
}

static void a_window_that_the_engine_fails_on_is_dropped(void **state)
{
    struct talk *talk = talk_open(state, NULL);

    talk->stage.engine.fails = CM_REJECT;
    say_words(&talk->ada, "ab");
    hear_out(&talk->ada);
    assert_heard(&talk->ada, "");
    assert_int_equal(talk_dropped(talk, "failed"), 2);

    talk->stage.engine.fails = CM_OK;
    say_words(&talk->bob, "c");
    hear_out(&talk->bob);
    assert_heard(&talk->bob, "c");
    assert_int_equal(talk_dropped(talk, "failed"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(turns_of_an_ear_come_in_order_however_many_work),
        TALK_TEST(several_ears_are_heard_at_a_time),
        TALK_TEST(ears_take_turns_at_one_worker),
        TALK_TEST(workers_stand_back),
        TALK_TEST(where_too_many_wait_the_oldest_of_who_has_most_is_dropped),
        TALK_TEST(where_sound_has_no_room_the_oldest_is_dropped),
        TALK_TEST(what_finds_no_room_while_it_is_said_is_lost_and_counted),
        TALK_TEST(a_window_that_the_engine_fails_on_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
