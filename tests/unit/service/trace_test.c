#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "service/trace.h"

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static void a_child_keeps_the_trace_and_the_flags_and_has_a_span_of_its_own(void **state)
{
    struct trace_text child = trace_child(CM_STR(PARENT));

    (void)state;
    assert_true(trace_is_valid(cm_str_of(child.at)));
    assert_memory_equal(child.at, PARENT, 36);
    assert_memory_not_equal(&child.at[36], &PARENT[36], 16);
    assert_string_equal(&child.at[52], "-01");
}

static void without_a_parent_a_new_trace_begins(void **state)
{
    struct trace_text one = trace_child((struct cm_str){ 0 });
    struct trace_text other = trace_child(CM_STR("nonsense"));

    (void)state;
    assert_true(trace_is_valid(cm_str_of(one.at)));
    assert_true(trace_is_valid(cm_str_of(other.at)));
    assert_memory_not_equal(&one.at[3], &other.at[3], 32);
}

static void what_the_standard_forbids_is_no_trace(void **state)
{
    static const char *const bad[] = {
        "",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
        "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(trace_is_valid(cm_str_of(bad[i])));
}

static void a_trace_cut_at_any_byte_is_none(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(PARENT); len++)
        assert_false(trace_is_valid((struct cm_str){ PARENT, len }));
    assert_true(trace_is_valid(CM_STR(PARENT)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_keeps_the_trace_and_the_flags_and_has_a_span_of_its_own),
        cmocka_unit_test(without_a_parent_a_new_trace_begins),
        cmocka_unit_test(what_the_standard_forbids_is_no_trace),
        cmocka_unit_test(a_trace_cut_at_any_byte_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
