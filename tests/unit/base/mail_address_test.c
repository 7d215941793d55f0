#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mail_address.h"

static void an_address_can_stand_in_a_header_as_it_is(void **state)
{
    static const char *const good[] = { "a@b", "ada.byron+calls@example.com", "o'neill@x-y.example",
                                        "postmaster@127.0.0.1" };
    static const char *const bad[] = { "",
                                       "@",
                                       "a@",
                                       "@b",
                                       "ada",
                                       "a@b@c",
                                       "a b@c",
                                       "a@b ",
                                       "<a@b>",
                                       "Ada <a@b>",
                                       "a@b,c@d",
                                       "a@b;c",
                                       "\"a\"@b",
                                       "a@[::1]",
                                       "a@-b",
                                       "a@.b",
                                       "a@b\r\nBcc: c@d",
                                       "\303\244@b" };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!cm_is_mail_address(cm_str_of(good[i])))
            fail_msg("'%s' is one", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (cm_is_mail_address(cm_str_of(bad[i])))
            fail_msg("'%s' is none", bad[i]);
    assert_false(cm_is_mail_address((struct cm_str){ "a@b\0c", 5 }));
}

static void an_address_has_bounds(void **state)
{
    char text[300];

    (void)state;
    memset(text, 'a', sizeof text);
    text[64] = '@';
    assert_true(cm_is_mail_address((struct cm_str){ text, 254 }));
    assert_false(cm_is_mail_address((struct cm_str){ text, 255 }));
    text[64] = 'a';
    text[65] = '@';
    assert_false(cm_is_mail_address((struct cm_str){ text, 100 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_can_stand_in_a_header_as_it_is),
        cmocka_unit_test(an_address_has_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
