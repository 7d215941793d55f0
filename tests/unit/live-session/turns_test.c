/* turns_test.c - what was said, in order, once, and as far as it was heard. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turns.h"

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct turns));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    turns_finish(*state);
    free(*state);
    return 0;
}

static struct playback_heard heard(const char *item, int64_t played, int64_t generated)
{
    struct playback_heard told = { .start_ms = 1000,
                                   .end_ms = 1000 + played / 8,
                                   .played = played,
                                   .generated = generated,
                                   .cut = played < generated };

    ident_set(&told.id, cm_str_of(item));
    return told;
}

static void assert_told(struct turns *t, int64_t now_ms, const char *text)
{
    struct session_turn turn;

    assert_true(turns_next(t, now_ms, &turn));
    assert_int_equal(turn.text.len, strlen(text));
    assert_memory_equal(turn.text.at, text, turn.text.len);
}

static void assert_nothing(struct turns *t, int64_t now_ms)
{
    struct session_turn turn;

    assert_false(turns_next(t, now_ms, &turn));
}

static void words_of_two_items_come_in_the_order_of_their_speech(void **state)
{
    struct turns *t = *state;

    turns_caller_began(t, CM_STR("a"), 100);
    turns_caller_stopped(t, CM_STR("a"), 200, 0);
    turns_caller_began(t, CM_STR("b"), 300);
    turns_caller_stopped(t, CM_STR("b"), 400, 0);
    turns_caller_text(t, CM_STR("b"), CM_STR("second"), true, 500);
    assert_nothing(t, 0);
    turns_caller_text(t, CM_STR("a"), CM_STR("first"), true, 600);

    assert_told(t, 0, "first");
    assert_told(t, 0, "second");
    assert_nothing(t, 0);
    turns_caller_text(t, CM_STR("a"), CM_STR("first"), true, 600);
    turns_caller_began(t, CM_STR("b"), 300);
    turns_end(t, 700);
    assert_nothing(t, 0);
}

static void a_cut_keeps_whole_words(void **state)
{
    static const struct {
        int64_t played;
        const char *text;
    } cuts[] = {
        { 0, NULL },
        { 100, NULL },
        { 240, NULL },
        { 250, "Hello" },
        { 440, "Hello" },
        { 600, "Hello big" },
        { 950, "Hello big wide" },
    };

    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct turns *t = *state;
        struct playback_heard told;
        char item[8];

        snprintf(item, sizeof item, "i%zu", i);
        turns_agent_text(t, cm_str_of(item), CM_STR("Hello big wide world"), false, 0);
        told = heard(item, cuts[i].played, 1000);
        turns_agent_heard(t, &told);
        if (cuts[i].text)
            assert_told(t, 0, cuts[i].text);
        assert_nothing(t, 0);
    }
}

static void a_script_without_spaces_is_cut_between_characters(void **state)
{
    struct turns *t = *state;
    struct session_turn turn;
    struct playback_heard told = heard("i", 500, 1000);
    char text[301];

    for (size_t i = 0; i < 100; i++)
        snprintf(text + i * 3, 4, "\xE4\xBD\xA0");
    turns_agent_text(t, CM_STR("i"), (struct cm_str){ text, 300 }, false, 0);
    turns_agent_heard(t, &told);

    assert_true(turns_next(t, 0, &turn));
    assert_int_equal(turn.text.len, 150);
    assert_true(cm_str_utf8(turn.text));
    assert_true(turn.interrupted);
}

static void the_whole_text_at_the_end_adds_nothing(void **state)
{
    struct turns *t = *state;
    struct playback_heard told = heard("i", 800, 800);

    turns_agent_text(t, CM_STR("i"), CM_STR("Good "), false, 0);
    turns_agent_text(t, CM_STR("i"), CM_STR("day."), false, 0);
    turns_agent_text(t, CM_STR("i"), CM_STR("Good day."), true, 0);
    turns_agent_text(t, CM_STR("k"), CM_STR("Bye."), true, 0);
    turns_agent_heard(t, &told);
    turns_agent_text(t, CM_STR("i"), CM_STR(" late"), false, 0);
    told = heard("k", 800, 800);
    turns_agent_heard(t, &told);

    assert_told(t, 0, "Good day.");
    assert_told(t, 0, "Bye.");
    turns_agent_text(t, CM_STR("i"), CM_STR("later"), false, 0);
    turns_end(t, 0);
    assert_nothing(t, 0);
}

static void more_words_than_fit_are_another_turn(void **state)
{
    struct turns *t = *state;
    struct playback_heard told = heard("i", 16000, 16000);
    struct session_turn turn;
    size_t told_bytes = 0;
    int count = 0;

    for (int i = 0; i < 4000; i++)
        turns_agent_text(t, CM_STR("i"), CM_STR("words \xC3\xA9 "), false, (int64_t)i * 4);
    turns_agent_heard(t, &told);
    while (turns_next(t, 0, &turn)) {
        assert_true(turn.text.len <= TURNS_TEXT_MAX);
        assert_true(cm_str_utf8(turn.text));
        assert_true(turn.start_ms >= 1000 && turn.end_ms <= 3000);
        assert_false(turn.interrupted);
        told_bytes += turn.text.len;
        count++;
    }
    assert_int_equal(count, 3);
    assert_in_range(told_bytes, 4000 * 9 - 6, 4000 * 9); /* ends are trimmed */
}

static void all_the_words_take_the_place_of_those_so_far(void **state)
{
    struct turns *t = *state;

    turns_caller_began(t, CM_STR("i"), 100);
    for (int i = 0; i < 4000; i++)
        turns_caller_text(t, CM_STR("i"), CM_STR("words "), false, 200);
    assert_int_equal(t->count, 2);
    turns_caller_text(t, CM_STR("i"), CM_STR("Many words."), true, 300);

    assert_told(t, 0, "Many words.");
    assert_nothing(t, 0);
}

static void a_server_without_ids_is_understood(void **state)
{
    struct turns *t = *state;

    turns_caller_text(t, CM_STR(""), CM_STR("One."), true, 300);
    turns_caller_text(t, CM_STR(""), CM_STR("Two."), true, 400);
    turns_caller_text(t, CM_STR(""), CM_STR("Two."), true, 500);

    assert_told(t, 0, "One.");
    assert_told(t, 0, "Two.");
    assert_told(t, 0, "Two.");
    assert_nothing(t, 0);
}

static void a_cut_hits_the_part_in_which_it_is(void **state)
{
    struct turns *t = *state;
    struct playback_heard told = heard("i", 9000, 16000);
    struct session_turn turn;

    for (int i = 0; i < 4000; i++) /* parts end at 1820 and 3640 of 4000: 7280 and 14560 samples */
        turns_agent_text(t, CM_STR("i"), CM_STR("words \xC3\xA9 "), false, (int64_t)i * 4);
    turns_agent_heard(t, &told);

    assert_true(turns_next(t, 0, &turn));
    assert_false(turn.interrupted);
    assert_true(turns_next(t, 0, &turn));
    assert_true(turn.interrupted);
    assert_in_range(turn.text.len, 3700, 3900); /* 1720 of 7280 samples */
    assert_nothing(t, 0);
}

static void what_waits_is_bounded(void **state)
{
    struct turns *t = *state;
    struct session_turn turn;
    char id[8];
    size_t count = 0;

    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof id, "c%d", i);
        turns_caller_began(t, cm_str_of(id), i);
        turns_caller_text(t, cm_str_of(id), CM_STR("hm"), false, i);
        while (turns_next(t, 0, &turn))
            count++;
        assert_true(t->count < TURNS_MAX);
    }
    turns_end(t, 100);
    while (turns_next(t, 0, &turn))
        count++;
    assert_int_equal(count, 100);
}

static void what_was_said_last_is_the_last_turn_or_not_known(void **state)
{
    struct turns *t = *state;

    turns_caller_text(t, CM_STR("a"), CM_STR("Call me."), true, 10);
    assert_told(t, 0, "Call me.");
    assert_true(cm_str_is(turns_last_said(t), "Call me."));
    turns_caller_began(t, CM_STR("b"), 20);
    assert_int_equal(turns_last_said(t).len, 0);
    turns_caller_text(t, CM_STR("b"), CM_STR("On Friday."), true, 30);
    assert_true(cm_str_is(turns_last_said(t), "On Friday."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(words_of_two_items_come_in_the_order_of_their_speech, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_cut_keeps_whole_words, setup, teardown),
        cmocka_unit_test_setup_teardown(a_script_without_spaces_is_cut_between_characters, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_whole_text_at_the_end_adds_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(more_words_than_fit_are_another_turn, setup, teardown),
        cmocka_unit_test_setup_teardown(all_the_words_take_the_place_of_those_so_far, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_server_without_ids_is_understood, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cut_hits_the_part_in_which_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(what_waits_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_said_last_is_the_last_turn_or_not_known, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
