#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "handler.h"

static bool same(const char *owner_a, const char *title_a, const char *owner_b, const char *title_b)
{
    return cm_str_eq(todo_fingerprint(cm_str_of(owner_a), cm_str_of(title_a), arena),
                     todo_fingerprint(cm_str_of(owner_b), cm_str_of(title_b), arena));
}

static void case_and_punctuation_make_no_other_to_do(void **state)
{
    (void)state;
    assert_true(same("agent", "Send the quote", "agent", "send  the quote."));
    assert_true(same("agent", "Call back, please!", "agent", "call back please"));
}

static void owner_and_words_do(void **state)
{
    (void)state;
    assert_false(same("agent", "Send the quote", "caller", "Send the quote"));
    assert_false(same("agent", "Send the quote", "agent", "Send the quotes"));
    assert_false(same("agent", "Send it", "agent", "Sen dit"));
    assert_false(same("agent", "\xC3\xA5", "agent", "\xC3\xA4"));
}

static void nothing_has_a_fingerprint_too(void **state)
{
    (void)state;
    assert_int_equal(todo_fingerprint(CM_STR("agent"), CM_STR(""), arena).len, 32);
    assert_true(same("agent", "", "agent", "?!"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_and_punctuation_make_no_other_to_do),
        cmocka_unit_test(owner_and_words_do),
        cmocka_unit_test(nothing_has_a_fingerprint_too),
    };

    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
