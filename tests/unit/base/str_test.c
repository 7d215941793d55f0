/* str.h and error.h. */
#include "base_test.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"

static void views_are_compared_by_their_bytes(void **state)
{
    struct cm_str none = { 0 };

    (void)state;
    assert_true(cm_str_eq(none, CM_STR("")));
    assert_true(cm_str_eq(cm_str_of(NULL), none));
    assert_true(cm_str_is((struct cm_str){ "abc", 2 }, "ab"));
    assert_false(cm_str_is(CM_STR("ab"), "abc"));
    assert_false(cm_str_eq((struct cm_str){ "a\0b", 3 }, (struct cm_str){ "a\0c", 3 }));
    assert_true(cm_str_ieq(CM_STR("cOntent"), "Content"));
    assert_false(cm_str_ieq(CM_STR("content"), "contents"));
    assert_true(cm_str_ieq(none, ""));
    assert_true(cm_str_starts(CM_STR("abc"), "ab"));
    assert_true(cm_str_starts(none, ""));
    assert_false(cm_str_starts(CM_STR("a"), "ab"));
}

static void what_is_found_is_told_with_its_place(void **state)
{
    size_t at = 99;

    (void)state;
    assert_true(cm_str_find(CM_STR("a://b://c"), "://", &at));
    assert_int_equal(at, 1);
    assert_false(cm_str_find((struct cm_str){ "ab", 1 }, "b", &at));
    assert_false(cm_str_find((struct cm_str){ 0 }, "b", &at));
    assert_int_equal(at, 1);
}

static void trimming_takes_white_space_at_both_ends(void **state)
{
    (void)state;
    assert_true(cm_str_is(cm_str_trim(CM_STR(" \t\r\n a b \v\f")), "a b"));
    assert_int_equal(cm_str_trim(CM_STR("   ")).len, 0);
    assert_int_equal(cm_str_trim((struct cm_str){ 0 }).len, 0);
}

static void splitting_gives_every_part_empty_ones_too(void **state)
{
    struct cm_str rest = CM_STR("a,,b,"), part;

    (void)state;
    assert_true(cm_str_split(&rest, ',', &part) && cm_str_is(part, "a"));
    assert_true(cm_str_split(&rest, ',', &part) && cm_str_is(part, ""));
    assert_true(cm_str_split(&rest, ',', &part) && cm_str_is(part, "b"));
    assert_true(cm_str_split(&rest, ',', &part) && cm_str_is(part, ""));
    assert_false(cm_str_split(&rest, ',', &part));
    rest = CM_STR("");
    assert_true(cm_str_split(&rest, ',', &part) && part.len == 0);
    assert_false(cm_str_split(&rest, ',', &part));
}

static void numbers_are_whole_and_within_their_bounds(void **state)
{
    static const char *const bad[] = { "",
                                       "-",
                                       "+1",
                                       " 1",
                                       "1 ",
                                       "1x",
                                       "0x1",
                                       "--1",
                                       "1-",
                                       "1.0",
                                       "9223372036854775808",
                                       "-9223372036854775809",
                                       "99999999999999999999" };
    int64_t value = 42;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(cm_str_i64(cm_str_of(bad[i]), INT64_MIN, INT64_MAX, &value));
    assert_false(cm_str_i64(CM_STR("11"), 0, 10, &value));
    assert_false(cm_str_i64(CM_STR("-1"), 0, 10, &value));
    assert_int_equal(value, 42);
    assert_true(cm_str_i64(CM_STR("9223372036854775807"), INT64_MIN, INT64_MAX, &value));
    assert_true(value == INT64_MAX);
    assert_true(cm_str_i64(CM_STR("-9223372036854775808"), INT64_MIN, INT64_MAX, &value));
    assert_true(value == INT64_MIN);
    assert_true(cm_str_i64(CM_STR("-0"), 0, 0, &value));
    assert_true(cm_str_i64(CM_STR("007"), 0, 10, &value));
    assert_int_equal(value, 7);
}

static void well_formed_utf8_is_told_from_the_rest(void **state)
{
    static const char *const good[] = { "",
                                        "a",
                                        "\xC2\x80",
                                        "\xDF\xBF",
                                        "\xE0\xA0\x80",
                                        "\xED\x9F\xBF",
                                        "\xEE\x80\x80",
                                        "\xEF\xBF\xBF",
                                        "\xF0\x90\x80\x80",
                                        "\xF4\x8F\xBF\xBF",
                                        "a\xC3\xA9z" };
    static const char *const bad[] = { "\x80",
                                       "\xBF",
                                       "\xC0\x80",
                                       "\xC1\xBF",
                                       "\xC2",
                                       "\xC2\x41",
                                       "\xE0\x9F\xBF",
                                       "\xE0\xA0",
                                       "\xED\xA0\x80",
                                       "\xF0\x8F\xBF\xBF",
                                       "\xF4\x90\x80\x80",
                                       "\xF5\x80\x80\x80",
                                       "\xF0\x90\x80",
                                       "\xFF",
                                       "a\xC3" };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(cm_str_utf8(cm_str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(cm_str_utf8(cm_str_of(bad[i])));
    assert_false(cm_str_utf8((struct cm_str){ "a\0b", 3 }));
}

static void utf8_cut_at_any_byte_reads_no_further(void **state)
{
    static const char whole[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
    static const bool good[] = { true, true,  false, true,  false, false,
                                 true, false, false, false, true };

    (void)state;
    for (size_t len = 0; len < sizeof whole; len++) {
        char *exact = malloc(len + !len);

        memcpy(exact, whole, len);
        assert_int_equal(cm_str_utf8((struct cm_str){ exact, len }), good[len]);
        free(exact);
    }
}

static void raising_fills_the_error_and_returns_its_class(void **state)
{
    struct cm_err err = { .away = true, .retry_after_ms = 7 };

    (void)state;
    assert_int_equal(cm_fail(&err, CM_REJECT, "call %s: %d", "c1", 7), CM_REJECT);
    assert_string_equal(err.msg, "call c1: 7");
    assert_int_equal(err.rc, CM_REJECT);
    assert_false(err.away);
    assert_int_equal(err.retry_after_ms, 0);
    assert_int_equal(cm_fail(NULL, CM_FATAL, "nobody listens"), CM_FATAL);
    assert_int_equal(cm_fail_away(&err, "database"), CM_RETRY);
    assert_true(err.away);
}

static void wrapping_puts_context_in_front_and_never_overflows(void **state)
{
    struct cm_err err;
    char large[600];

    (void)state;
    cm_fail(&err, CM_RETRY, "cause");
    assert_int_equal(cm_err_wrap(&err, "open %s", "x"), CM_RETRY);
    assert_string_equal(err.msg, "open x: cause");
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    cm_err_wrap(&err, "%s", large);
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
    cm_fail(&err, CM_RETRY, "%s", large);
    cm_err_wrap(&err, "context");
    assert_memory_equal(err.msg, "context: xxx", 12);
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
}

static void classes_have_names(void **state)
{
    (void)state;
    assert_string_equal(cm_rc_name(CM_OK), "ok");
    assert_string_equal(cm_rc_name(CM_RETRY), "retry");
    assert_string_equal(cm_rc_name(CM_REJECT), "reject");
    assert_string_equal(cm_rc_name(CM_FATAL), "fatal");
}

static void a_letter_at_the_end_goes_as_often_as_it_stands_there(void **state)
{
    (void)state;
    assert_true(cm_str_is(cm_str_trim_end(CM_STR("https://a//b//"), '/'), "https://a//b"));
    assert_true(cm_str_is(cm_str_trim_end(CM_STR("a"), '/'), "a"));
    assert_int_equal(cm_str_trim_end(CM_STR("//"), '/').len, 0);
    assert_int_equal(cm_str_trim_end((struct cm_str){ 0 }, '/').len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_are_compared_by_their_bytes),
        cmocka_unit_test(what_is_found_is_told_with_its_place),
        cmocka_unit_test(trimming_takes_white_space_at_both_ends),
        cmocka_unit_test(splitting_gives_every_part_empty_ones_too),
        cmocka_unit_test(numbers_are_whole_and_within_their_bounds),
        cmocka_unit_test(well_formed_utf8_is_told_from_the_rest),
        cmocka_unit_test(utf8_cut_at_any_byte_reads_no_further),
        cmocka_unit_test(raising_fills_the_error_and_returns_its_class),
        cmocka_unit_test(wrapping_puts_context_in_front_and_never_overflows),
        cmocka_unit_test(classes_have_names),
        cmocka_unit_test(a_letter_at_the_end_goes_as_often_as_it_stands_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
