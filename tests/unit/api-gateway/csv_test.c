#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "calls/csv.h"

#define assert_field(field, written)                                                               \
    do {                                                                                           \
        CM_OWN_BUF struct cm_buf to = { 0 };                                                       \
        struct csv csv = { .to = &to };                                                            \
                                                                                                   \
        csv_field(&csv, CM_STR(field));                                                            \
        csv_end_line(&csv);                                                                        \
        assert_string_equal(to.at, written "\r\n");                                                \
    } while (0)

static void fields_are_divided_and_lines_ended(void **state)
{
    CM_OWN_BUF struct cm_buf to = { 0 };
    struct csv csv = { .to = &to };

    (void)state;
    csv_field(&csv, CM_STR("a"));
    csv_field(&csv, (struct cm_str){ 0 });
    csv_field(&csv, CM_STR("b c"));
    csv_end_line(&csv);
    csv_field(&csv, CM_STR(""));
    csv_field(&csv, CM_STR("d"));
    csv_end_line(&csv);
    assert_string_equal(to.at, "a,,b c\r\n,d\r\n");
}

static void what_would_break_a_field_is_quoted(void **state)
{
    (void)state;
    assert_field("a,b", "\"a,b\"");
    assert_field("\"", "\"\"\"\"");
    assert_field("say \"no\"", "\"say \"\"no\"\"\"");
    assert_field("two\nlines", "\"two\nlines\"");
    assert_field("two\r\nlines", "\"two\r\nlines\"");
    assert_field("caf\xC3\xA9; it's", "caf\xC3\xA9; it's");
}

static void what_begins_like_a_formula_begins_with_an_apostrophe(void **state)
{
    (void)state;
    assert_field("=1+1", "'=1+1");
    assert_field("+15551234567", "'+15551234567");
    assert_field("-1", "'-1");
    assert_field("@SUM(A1)", "'@SUM(A1)");
    assert_field("\tx", "'\tx");
    assert_field("\rx", "\"'\rx\"");
    assert_field("=A(\"x\",1)", "\"'=A(\"\"x\"\",1)\"");
    assert_field("1+1=2", "1+1=2");
    assert_field("'x", "'x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_divided_and_lines_ended),
        cmocka_unit_test(what_would_break_a_field_is_quoted),
        cmocka_unit_test(what_begins_like_a_formula_begins_with_an_apostrophe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
