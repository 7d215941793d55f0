#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "account/limiter.h"

enum { ATTEMPTS = 3, WINDOW_MS = 1000 };

static int setup(void **state)
{
    *state = limiter_new(64, ATTEMPTS, WINDOW_MS);
    return 0;
}

static int teardown(void **state)
{
    limiter_free(*state);
    return 0;
}

static void use_up(struct limiter *limiter, struct cm_str key, int64_t now_ms)
{
    for (int i = 0; i < ATTEMPTS; i++)
        assert_int_equal(limiter_take(limiter, key, now_ms), 0);
}

static void the_attempts_of_a_window_are_counted(void **state)
{
    use_up(*state, CM_STR("ada"), 5000);
    assert_int_equal(limiter_take(*state, CM_STR("ada"), 5400), 600);
    assert_int_equal(limiter_take(*state, CM_STR("ada"), 5999), 1);
}

static void a_new_window_gives_new_attempts(void **state)
{
    use_up(*state, CM_STR("ada"), 5000);
    use_up(*state, CM_STR("ada"), 6000);
    assert_int_not_equal(limiter_take(*state, CM_STR("ada"), 6001), 0);
}

static void keys_are_counted_apart(void **state)
{
    use_up(*state, CM_STR("ada"), 5000);
    assert_int_equal(limiter_take(*state, CM_STR("eve"), 5000), 0);
}

static void a_good_attempt_starts_afresh(void **state)
{
    use_up(*state, CM_STR("ada"), 5000);
    limiter_forget(*state, CM_STR("ada"));
    use_up(*state, CM_STR("ada"), 5001);
}

static void a_good_attempt_given_back_does_not_count(void **state)
{
    use_up(*state, CM_STR("office"), 5000);
    limiter_give_back(*state, CM_STR("office"));
    limiter_give_back(*state, CM_STR("nobody"));
    assert_int_equal(limiter_take(*state, CM_STR("office"), 5001), 0);
    assert_int_not_equal(limiter_take(*state, CM_STR("office"), 5002), 0);
}

static void forgetting_a_stranger_changes_nothing(void **state)
{
    use_up(*state, CM_STR("ada"), 5000);
    limiter_forget(*state, CM_STR("eve"));
    assert_int_not_equal(limiter_take(*state, CM_STR("ada"), 5000), 0);
}

static void a_flood_of_keys_does_not_free_the_one_that_is_used_up(void **state)
{
    char key[32];

    use_up(*state, CM_STR("ada"), 5000);
    for (int i = 0; i < 10000; i++) {
        int len = snprintf(key, sizeof key, "nobody %d", i);

        assert_int_equal(limiter_take(*state, (struct cm_str){ key, (size_t)len }, 5001), 0);
    }
    assert_int_not_equal(limiter_take(*state, CM_STR("ada"), 5002), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_attempts_of_a_window_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_window_gives_new_attempts, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_are_counted_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(a_good_attempt_starts_afresh, setup, teardown),
        cmocka_unit_test_setup_teardown(a_good_attempt_given_back_does_not_count, setup, teardown),
        cmocka_unit_test_setup_teardown(forgetting_a_stranger_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_flood_of_keys_does_not_free_the_one_that_is_used_up,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
