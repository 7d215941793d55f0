#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/range.h"

static void assert_part(const char *header, uint64_t size, uint64_t from, uint64_t len)
{
    struct http_range part = { 0 };

    assert_int_equal(http_range_parse(cm_str_of(header), size, &part), HTTP_RANGE_PART);
    assert_int_equal(part.from, from);
    assert_int_equal(part.len, len);
}

static void assert_answer(const char *header, uint64_t size, enum http_range_answer answer)
{
    struct http_range part;

    if (http_range_parse(cm_str_of(header), size, &part) != answer)
        fail_msg("%s of %llu", header, (unsigned long long)size);
}

static void a_range_is_cut_to_the_file(void **state)
{
    (void)state;
    assert_part("bytes=0-0", 10, 0, 1);
    assert_part("bytes=0-9", 10, 0, 10);
    assert_part("bytes=2-5", 10, 2, 4);
    assert_part("bytes=9-", 10, 9, 1);
    assert_part("bytes=0-", 10, 0, 10);
    assert_part("bytes=5-9223372036854775807", 10, 5, 5);
    assert_part("bytes=-3", 10, 7, 3);
    assert_part("bytes=-300", 10, 0, 10);
    assert_part("Bytes=1-2", 10, 1, 2);
}

static void a_range_behind_the_end_is_unsatisfiable(void **state)
{
    (void)state;
    assert_answer("bytes=10-", 10, HTTP_RANGE_UNSATISFIABLE);
    assert_answer("bytes=10-20", 10, HTTP_RANGE_UNSATISFIABLE);
    assert_answer("bytes=-0", 10, HTTP_RANGE_UNSATISFIABLE);
    assert_answer("bytes=0-", 0, HTTP_RANGE_UNSATISFIABLE);
    assert_answer("bytes=-1", 0, HTTP_RANGE_UNSATISFIABLE);
}

static void what_is_no_single_range_of_bytes_means_the_whole_file(void **state)
{
    static const char *const all[] = { "",
                                       "bytes",
                                       "bytes=",
                                       "bytes=-",
                                       "bytes=5-4",
                                       "bytes=a-b",
                                       "bytes=1-b",
                                       "bytes=--1",
                                       "items=0-1",
                                       "bytes=0-1,3-4",
                                       "bytes=1",
                                       "bytes=+1-2",
                                       "bytes=0-99999999999999999999",
                                       "bytes=1-2-3" };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_answer(all[i], 10, HTTP_RANGE_WHOLE);
}

static void a_range_cut_at_any_byte_is_read_without_harm(void **state)
{
    static const char whole[] = "bytes=123-456";

    (void)state;
    for (size_t len = 0; len < sizeof whole; len++) {
        char exact[sizeof whole];
        struct http_range part = { 0 };

        memcpy(exact, whole, len);
        if (http_range_parse((struct cm_str){ exact, len }, 1000, &part) == HTTP_RANGE_PART)
            assert_true(part.len > 0 && part.from + part.len <= 1000);
    }
}

static void an_etag_is_found_in_a_list(void **state)
{
    (void)state;
    assert_true(http_etag_listed(CM_STR("\"a\""), "\"a\""));
    assert_true(http_etag_listed(CM_STR("\"b\", W/\"a\" ,\"c\""), "\"a\""));
    assert_true(http_etag_listed(CM_STR("*"), "\"a\""));
    assert_false(http_etag_listed(CM_STR("a"), "\"a\""));
    assert_false(http_etag_listed(CM_STR("\"ab\""), "\"a\""));
    assert_false(http_etag_listed(CM_STR(""), "\"a\""));
    assert_false(http_etag_listed(CM_STR("\"a"), "\"a\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_is_cut_to_the_file),
        cmocka_unit_test(a_range_behind_the_end_is_unsatisfiable),
        cmocka_unit_test(what_is_no_single_range_of_bytes_means_the_whole_file),
        cmocka_unit_test(a_range_cut_at_any_byte_is_read_without_harm),
        cmocka_unit_test(an_etag_is_found_in_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
