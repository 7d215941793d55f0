/* named_numbers_test.c - which numbers instructions name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "named_numbers.h"

static const struct {
    const char *text, *number;
    bool named;
} cases[] = {
    { "Put them through to +15551234567.", "+15551234567", true },
    { "+1 (555) 123-4567", "+15551234567", true },
    { "the boss: +1/555/123.45.67, the shop: +46 8 123 45 67", "+4681234567", true },
    { "+44 (0)20 7946 0958", "+442079460958", true },
    { "+1\xE2\x80\x91"
      "555\xC2\xA0"
      "1234567",
      "+15551234567", true },
    { "+15551234567 at night, +15551234568 by day", "+15551234568", true },
    { "Of +15551234567 2 people know.", "+15551234567", true },
    { "+15551234567", "+1555123456", false }, /* part of it is another one's */
    { "+15551234567", "+155512345678", false },
    { "+1555 or 1234567", "+15551234567", false },
    { "15551234567", "+15551234567", false },
    { "+1555+1234567", "+15551234567", false },
    { "+", "+15551234567", false },
    { "", "+15551234567", false },
    { "Be kind.", "+15551234567", false },
};

static void a_number_is_found_as_people_write_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (number_is_named(cm_str_of(cases[i].text), cm_str_of(cases[i].number)) != cases[i].named)
            fail_msg("\"%s\" and %s", cases[i].text, cases[i].number);
}

static void what_is_kept_names_the_same_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CM_OWN_BUF struct cm_buf kept = { 0 };

        named_numbers_keep(cm_str_of(cases[i].text), &kept);
        if (number_is_named(cm_buf_view(&kept), cm_str_of(cases[i].number)) != cases[i].named)
            fail_msg("\"%s\" and %s", cases[i].text, cases[i].number);
    }
}

static void text_without_numbers_keeps_nothing(void **state)
{
    CM_OWN_BUF struct cm_buf kept = { 0 };

    (void)state;
    named_numbers_keep(CM_STR("Be kind. It is 15 past 3."), &kept);
    assert_int_equal(kept.len, 0);
    assert_null(kept.at);
}

/* Whatever is cut off, nothing beyond it is looked at. */
static void a_text_may_end_anywhere(void **state)
{
    static const char whole[] = "+44 (0)20 7946 0958 or +1 (555) 123-4567";

    (void)state;
    for (size_t len = 0; len < sizeof whole; len++) {
        char *cut = malloc(len + 1);

        assert_non_null(cut);
        memcpy(cut, whole, len);
        assert_int_equal(number_is_named((struct cm_str){ cut, len }, CM_STR("+442079460958")),
                         len >= strlen("+44 (0)20 7946 0958"));
        free(cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_found_as_people_write_it),
        cmocka_unit_test(what_is_kept_names_the_same_numbers),
        cmocka_unit_test(text_without_numbers_keeps_nothing),
        cmocka_unit_test(a_text_may_end_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
