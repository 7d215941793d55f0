#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/sid.h"

static void sids_are_two_letters_and_32_hexadecimal_digits(void **state)
{
    (void)state;
    assert_true(cm_is_sid(CM_STR("CA0123456789abcdefABCDEF0123456789"), "CA"));
    assert_false(cm_is_sid(CM_STR("CA0123456789abcdefABCDEF012345678"), "CA"));
    assert_false(cm_is_sid(CM_STR("CA0123456789abcdefABCDEF01234567890"), "CA"));
    assert_false(cm_is_sid(CM_STR("RE0123456789abcdefABCDEF0123456789"), "CA"));
    assert_false(cm_is_sid(CM_STR("CA0123456789abcdefABCDEF01234567\0009"), "CA"));
    assert_false(cm_is_sid(CM_STR("CA../../../../../../../etc/passwd!"), "CA"));
    assert_false(cm_is_sid((struct cm_str){ 0 }, "CA"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sids_are_two_letters_and_32_hexadecimal_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
