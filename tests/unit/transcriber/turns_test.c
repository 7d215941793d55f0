#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "turns.h"

static const int64_t now_us = INT64_C(1795000000000000);

static int setup(void **state)
{
    *state = cm_arena_new();
    return 0;
}

static int teardown(void **state)
{
    cm_arena_free(*state);
    return 0;
}

static const struct cm_utterance first_channel[] = {
    { 6000, 9000, { "Hello, Peter here.", 18 } },
    { 15000, 17000, { "Two were broken.", 16 } },
    { 17500, 18000, { "Really.", 7 } },
};
static const struct cm_utterance second_channel[] = {
    { 0, 5000, { "How can I help?", 15 } },
    { 10000, 14000, { "What happened?", 14 } },
};

static struct hearing two_people(void)
{
    return (struct hearing){ .mp3 = { .channels = 2 },
                             .channels = { { .utterances = first_channel, .count = 3 },
                                           { .utterances = second_channel, .count = 2 } } };
}

static void turns_come_in_the_order_in_which_they_began(void **state)
{
    struct hearing hearing = two_people();
    struct turns turns = turns_of(&hearing, 0, now_us, *state);

    assert_int_equal(turns.count, 5);
    for (size_t i = 1; i < turns.count; i++)
        assert_true(turns.segments[i - 1].start_ms <= turns.segments[i].start_ms);
    assert_int_equal(turns.segments[0].channel, 1);
    assert_true(cm_str_is(turns.segments[0].role, "agent"));
    assert_int_equal(turns.segments[1].start_ms, 6000);
    assert_int_equal(turns.segments[1].end_ms, 9000);
}

static void the_text_has_a_line_a_turn_and_says_who_speaks(void **state)
{
    struct hearing hearing = two_people();
    struct turns turns = turns_of(&hearing, 0, now_us, *state);

    assert_true(cm_str_is(turns.text, "Agent: How can I help?\n"
                                      "Caller: Hello, Peter here.\n"
                                      "Agent: What happened?\n"
                                      "Caller: Two were broken. Really."));
}

static void the_number_decides_which_channel_is_the_callers(void **state)
{
    struct hearing hearing = two_people();
    struct turns turns = turns_of(&hearing, 1, now_us, *state);

    assert_true(cm_str_is(turns.segments[0].role, "caller"));
    assert_true(cm_str_is(turns.segments[1].role, "agent"));
    assert_int_equal(turns.segments[1].channel, 0);
}

static void of_a_mono_recording_all_is_the_callers(void **state)
{
    struct hearing hearing = { .mp3 = { .channels = 1 },
                               .channels = { { .utterances = first_channel, .count = 3 } } };

    for (int64_t caller_channel = 0; caller_channel <= 1; caller_channel++) {
        struct turns turns = turns_of(&hearing, caller_channel, now_us, *state);

        assert_true(cm_str_is(turns.text, "Caller: Hello, Peter here. Two were broken. Really."));
    }
}

static void two_who_begin_at_once_keep_the_order_of_their_channels(void **state)
{
    static const struct cm_utterance one[] = { { 0, 900, { "a", 1 } } },
                                     two[] = { { 0, 800, { "b", 1 } } };
    struct hearing hearing = { .mp3 = { .channels = 2 },
                               .channels = { { .utterances = one, .count = 1 },
                                             { .utterances = two, .count = 1 } } };
    struct turns turns = turns_of(&hearing, 0, now_us, *state);

    assert_true(cm_str_is(turns.text, "Caller: a\nAgent: b"));
}

static void silence_has_no_turns_and_an_empty_text_that_is_not_null(void **state)
{
    struct hearing hearing = { .mp3 = { .channels = 2 } };
    struct turns turns = turns_of(&hearing, 0, now_us, *state);

    assert_int_equal(turns.count, 0);
    assert_int_equal(turns.text.len, 0);
    assert_non_null(turns.text.at);
}

static void every_segment_has_an_id_of_its_own(void **state)
{
    struct hearing hearing = two_people();
    struct turns turns = turns_of(&hearing, 0, now_us, *state);

    for (size_t i = 0; i < turns.count; i++)
        for (size_t k = 0; k < i; k++)
            assert_false(cm_uuid_eq(turns.segments[i].id, turns.segments[k].id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_come_in_the_order_in_which_they_began),
        cmocka_unit_test(the_text_has_a_line_a_turn_and_says_who_speaks),
        cmocka_unit_test(the_number_decides_which_channel_is_the_callers),
        cmocka_unit_test(of_a_mono_recording_all_is_the_callers),
        cmocka_unit_test(two_who_begin_at_once_keep_the_order_of_their_channels),
        cmocka_unit_test(silence_has_no_turns_and_an_empty_text_that_is_not_null),
        cmocka_unit_test(every_segment_has_an_id_of_its_own),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
