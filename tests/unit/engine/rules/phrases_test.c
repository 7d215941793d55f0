#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/rules/phrases.h"

static struct cm_arena *arena;
static struct phrasebook *book;

enum { FED_UP = 1, CALL_BACK, RETURN, THIS_IS, BYE, FED };

static int make_book(void **state)
{
    static const struct phrase_row rows[] = {
        { FED_UP, "fed up, sick of" },
        { CALL_BACK, "call|phone you? back" },
        { RETURN, "guarantee .. return|returns" },
        { THIS_IS, "^ this is" },
        { BYE, "goodbye $" },
        { FED, "fed" },
        { 0, NULL },
    };

    (void)state;
    arena = cm_arena_new();
    book = phrasebook_new(arena, rows);
    return 0;
}

static int free_book(void **state)
{
    (void)state;
    cm_arena_free(arena);
    return 0;
}

/* The value of the first phrase in it; 0: none. */
static int first_in(const char *text)
{
    struct cm_segment segment = { .role = CM_STR("caller"), .text = cm_str_of(text) };
    struct cm_transcript transcript = { .segments = &segment, .segment_count = 1 };
    const struct reading *reading = reading_new(&transcript, arena);
    struct phrase_hit hit = { 0 };
    size_t at = 0;

    return reading->count && phrase_next(book, &reading->sentences[0], &at, &hit) ? hit.value : 0;
}

static void the_longest_phrase_wins(void **state)
{
    (void)state;
    assert_int_equal(first_in("I am fed up"), FED_UP);
    assert_int_equal(first_in("I fed the cat"), FED);
    assert_int_equal(first_in("I am sick"), 0);
}

static void choices_and_options_match_with_and_without(void **state)
{
    (void)state;
    assert_int_equal(first_in("Call back"), CALL_BACK);
    assert_int_equal(first_in("I phone you back"), CALL_BACK);
    assert_int_equal(first_in("Phone me back"), 0);
}

static void a_gap_takes_up_to_four_words(void **state)
{
    (void)state;
    assert_int_equal(first_in("guarantee return"), RETURN);
    assert_int_equal(first_in("guarantee a good and fast return"), RETURN);
    assert_int_equal(first_in("guarantee a good and fast and return"), 0);
}

static void anchors_hold_at_the_start_and_the_end(void **state)
{
    (void)state;
    assert_int_equal(first_in("This is Ada"), THIS_IS);
    assert_int_equal(first_in("Hi, well, this is Ada"), THIS_IS);
    assert_int_equal(first_in("I know this is Ada"), 0);
    assert_int_equal(first_in("Okay, goodbye"), BYE);
    assert_int_equal(first_in("Goodbye my friend"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_phrase_wins),
        cmocka_unit_test(choices_and_options_match_with_and_without),
        cmocka_unit_test(a_gap_takes_up_to_four_words),
        cmocka_unit_test(anchors_hold_at_the_start_and_the_end),
    };

    return cmocka_run_group_tests(tests, make_book, free_book);
}
