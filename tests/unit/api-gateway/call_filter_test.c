#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calls/filter.h"

#define DAY_US (INT64_C(86400) * 1000000)

static void a_time_is_taken_as_it_is(void **state)
{
    int64_t at_us;

    (void)state;
    assert_true(call_filter_time(CM_STR("2026-11-23T15:36:00Z"), true, &at_us));
    assert_int_equal(at_us, INT64_C(1795448160000000));
}

static void a_date_is_its_beginning_or_its_end(void **state)
{
    int64_t begin_us, end_us;

    (void)state;
    assert_true(call_filter_time(CM_STR("2026-11-23"), false, &begin_us));
    assert_true(call_filter_time(CM_STR("2026-11-23"), true, &end_us));
    assert_int_equal(begin_us, INT64_C(1795392000000000));
    assert_int_equal(end_us, begin_us + DAY_US);
}

static void a_time_cut_at_any_byte_is_none(void **state)
{
    static const char text[] = "2026-11-23T15:36:00Z";
    int64_t at_us;

    (void)state;
    for (size_t len = 0; len < sizeof text - 1; len++)
        if (len != 10)
            assert_false(call_filter_time((struct cm_str){ text, len }, false, &at_us));
}

static void dates_that_are_none_are_refused(void **state)
{
    static const char *const texts[] = { "2026-13-01", "2026-00-10",  "2026-02-30", "26-11-2026",
                                         "2026/11/23", "2026-11-2\0", "yesterday!", "          " };
    int64_t at_us;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(call_filter_time((struct cm_str){ texts[i], 10 }, false, &at_us));
}

static void a_part_of_a_number_is_digits(void **state)
{
    (void)state;
    assert_true(call_filter_is_number(CM_STR("+15551234567")));
    assert_true(call_filter_is_number(CM_STR("555")));
    assert_false(call_filter_is_number(CM_STR("5")));
    assert_false(call_filter_is_number(CM_STR("")));
    assert_false(call_filter_is_number(CM_STR("1+5")));
    assert_false(call_filter_is_number(CM_STR("555%")));
    assert_false(call_filter_is_number(CM_STR("12345678901234567")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_taken_as_it_is),
        cmocka_unit_test(a_date_is_its_beginning_or_its_end),
        cmocka_unit_test(a_time_cut_at_any_byte_is_none),
        cmocka_unit_test(dates_that_are_none_are_refused),
        cmocka_unit_test(a_part_of_a_number_is_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
