#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/retry.h"

static const struct retry_policy policy = { .attempts = 12, .base_ms = 500, .cap_ms = 60000 };

static void the_pause_is_anything_up_to_the_doubled_base(void **state)
{
    (void)state;
    assert_int_equal(retry_delay_ms(&policy, 1, 0, 0), 0);
    assert_int_equal(retry_delay_ms(&policy, 1, 0, 500), 500);
    assert_int_equal(retry_delay_ms(&policy, 1, 0, 501), 0);
    assert_int_equal(retry_delay_ms(&policy, 3, 0, 2000), 2000);
    assert_int_equal(retry_delay_ms(&policy, 3, 0, 2001), 0);
}

static void the_pause_never_exceeds_the_cap(void **state)
{
    (void)state;
    for (unsigned attempt = 1; attempt < 100; attempt++)
        assert_true(retry_delay_ms(&policy, attempt, 0, UINT32_MAX) <= 60000);
    assert_int_equal(retry_delay_ms(&policy, 1000000, 0, 60000), 60000);
}

static void what_the_other_side_asked_for_is_the_least(void **state)
{
    (void)state;
    assert_int_equal(retry_delay_ms(&policy, 1, 20000, 7), 20000);
    assert_int_equal(retry_delay_ms(&policy, 12, 20000, 50000), 50000);
}

static void nobody_can_ask_for_more_than_a_quarter_of_an_hour(void **state)
{
    (void)state;
    assert_int_equal(retry_delay_ms(&policy, 1, UINT32_MAX, 0), 15 * 60 * 1000);
}

static void a_base_above_the_cap_is_the_cap(void **state)
{
    const struct retry_policy odd = { .attempts = 2, .base_ms = 5000, .cap_ms = 100 };

    (void)state;
    assert_int_equal(retry_delay_ms(&odd, 1, 0, 100), 100);
    assert_true(retry_delay_ms(&odd, 5, 0, UINT32_MAX) <= 100);
}

static void backing_off_doubles_up_to_five_seconds_and_begins_anew(void **state)
{
    struct backoff backoff = { 0 };

    (void)state;
    assert_int_equal(backoff_next_ms(&backoff, 0), 100);
    assert_int_equal(backoff_next_ms(&backoff, 0), 200);
    for (int i = 0; i < 20; i++)
        assert_true(backoff_next_ms(&backoff, UINT32_MAX) <= 5000);
    assert_int_equal(backoff_next_ms(&backoff, 0), 2500);
    backoff.step_ms = 0;
    assert_int_equal(backoff_next_ms(&backoff, 0), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pause_is_anything_up_to_the_doubled_base),
        cmocka_unit_test(the_pause_never_exceeds_the_cap),
        cmocka_unit_test(what_the_other_side_asked_for_is_the_least),
        cmocka_unit_test(nobody_can_ask_for_more_than_a_quarter_of_an_hour),
        cmocka_unit_test(a_base_above_the_cap_is_the_cap),
        cmocka_unit_test(backing_off_doubles_up_to_five_seconds_and_begins_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
