#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "accept.h"

static void assert_wants(const char *header, int br, int gzip, int identity)
{
    int wanted[ENCODINGS];

    accept_encoding_read(cm_str_of(header), wanted);
    if (wanted[ENCODING_BR] != br || wanted[ENCODING_GZIP] != gzip ||
        wanted[ENCODING_IDENTITY] != identity)
        fail_msg("\"%s\" wants %d, %d, %d", header ? header : "", wanted[ENCODING_BR],
                 wanted[ENCODING_GZIP], wanted[ENCODING_IDENTITY]);
}

static void what_is_named_is_wanted(void **state)
{
    (void)state;
    assert_wants("gzip, deflate, br, zstd", 1000, 1000, 1);
    assert_wants("GZIP", 0, 1000, 1);
    assert_wants(" br ;q=0.5 ,gzip; q=0.25", 500, 250, 1);
    assert_wants("br;q=1.000;x=y", 1000, 0, 1);
    assert_wants("br;level=3;Q=0.123", 123, 0, 1);
    assert_wants("identity;q=0.7, br;q=0.1", 100, 0, 700);
}

static void a_star_stands_for_what_is_not_named(void **state)
{
    (void)state;
    assert_wants("*", 1000, 1000, 1000);
    assert_wants("*;q=0", 0, 0, 0);
    assert_wants("*;q=0.5, br;q=0", 0, 500, 500);
    assert_wants("gzip, *;q=0", 0, 1000, 0);
}

static void without_a_header_the_bytes_go_as_they_are(void **state)
{
    (void)state;
    assert_wants(NULL, 0, 0, 1);
    assert_wants("", 0, 0, 1);
    assert_wants(", ,;,", 0, 0, 1);
    assert_wants("brotli", 0, 0, 1);
}

static void a_broken_weight_means_no(void **state)
{
    static const char *const weights[] = { "",   "2",      "1.001", "-1", "0.5x",
                                           ".5", "0.1234", "1x00",  "0.", "0" };
    char header[40];

    (void)state;
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
        snprintf(header, sizeof header, "br;q=%s", weights[i]);
        assert_wants(header, 0, 0, 1);
    }
    assert_wants("br;q=0,5", 0, 0, 1); /* the comma ends the item */
}

static void a_type_is_named_by_itself(void **state)
{
    (void)state;
    assert_true(accept_names(CM_STR("text/html,application/xhtml+xml,*/*;q=0.8"), "text/html"));
    assert_true(accept_names(CM_STR("application/json, Text/HTML ;q=0.1"), "text/html"));
    assert_false(accept_names(CM_STR("*/*"), "text/html"));
    assert_false(accept_names(CM_STR("text/*"), "text/html"));
    assert_false(accept_names(CM_STR("text/html;q=0, */*"), "text/html"));
    assert_false(accept_names(CM_STR("text/html5, xtext/html"), "text/html"));
    assert_false(accept_names((struct cm_str){ 0 }, "text/html"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_named_is_wanted),
        cmocka_unit_test(a_star_stands_for_what_is_not_named),
        cmocka_unit_test(without_a_header_the_bytes_go_as_they_are),
        cmocka_unit_test(a_broken_weight_means_no),
        cmocka_unit_test(a_type_is_named_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
