#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "glance.h"

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

static const char *glance(struct cm_arena *arena, const char *summary)
{
    return cm_arena_text(arena, glance_of(cm_str_of(summary), arena));
}

/* `count` times the character. */
static const char *many(struct cm_arena *arena, const char *character, size_t count)
{
    size_t len = strlen(character);
    char *text = cm_arena_alloc(arena, count * len + 1);

    for (size_t i = 0; i < count; i++)
        memcpy(text + i * len, character, len);
    text[count * len] = '\0';
    return text;
}

static void the_first_line_that_says_something_is_shown(void **state)
{
    assert_string_equal(glance(*state, "Ada called.\nKey facts: none."), "Ada called.");
    assert_string_equal(glance(*state, "\n \r\n  Ada called. \r\nMore."), "Ada called.");
    assert_null(glance_of(CM_STR(""), *state).at);
    assert_null(glance_of(CM_STR(" \n\n"), *state).at);
    assert_null(glance_of((struct cm_str){ 0 }, *state).at);
}

static void what_is_longer_ends_with_a_whole_word(void **state)
{
    const char *fits = many(*state, "a", GLANCE_MAX);
    const char *words = many(*state, "word ", 40); /* 200 with the last space, 199 without */

    assert_string_equal(glance(*state, fits), fits);
    assert_string_equal(glance(*state, cm_arena_printf(*state, "%sand more", words).at),
                        cm_arena_printf(*state, "%.194s...", words).at);
    /* The cut falls just behind a word. */
    assert_string_equal(
        glance(*state, cm_arena_printf(*state, "%.197s %s", many(*state, "b", 197), fits).at),
        cm_arena_printf(*state, "%s...", many(*state, "b", 197)).at);
}

static void a_word_without_an_end_is_cut_all_the_same(void **state)
{
    assert_string_equal(glance(*state, many(*state, "a", GLANCE_MAX + 1)),
                        cm_arena_printf(*state, "%s...", many(*state, "a", GLANCE_MAX - 3)).at);
}

static void characters_are_counted_and_never_split(void **state)
{
    const char *fits = many(*state, "\xC3\xA5", GLANCE_MAX);

    assert_string_equal(glance(*state, fits), fits);
    assert_string_equal(
        glance(*state, many(*state, "\xE2\x82\xAC", GLANCE_MAX + 1)),
        cm_arena_printf(*state, "%s...", many(*state, "\xE2\x82\xAC", GLANCE_MAX - 3)).at);
    /* Bytes that are no text end it nowhere near the memory behind them. */
    assert_true(glance_of((struct cm_str){ many(*state, "\xE2", 300), 300 }, *state).len <=
                GLANCE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_that_says_something_is_shown),
        cmocka_unit_test(what_is_longer_ends_with_a_whole_word),
        cmocka_unit_test(a_word_without_an_end_is_cut_all_the_same),
        cmocka_unit_test(characters_are_counted_and_never_split),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
