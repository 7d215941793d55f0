#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/hearing/engines.h"

static void languages_have_names_and_codes(void **state)
{
    (void)state;
    assert_string_equal(cm_language_code(CM_STR("english")), "en");
    assert_string_equal(cm_language_code(CM_STR("German")), "de");
    assert_string_equal(cm_language_code(CM_STR("fr")), "fr");
    assert_null(cm_language_code(CM_STR("")));
    assert_null(cm_language_code(CM_STR("klingon")));
    assert_null(cm_language_code(CM_STR("a name that is much longer than any language's")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(languages_have_names_and_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
