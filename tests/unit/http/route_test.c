#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/route.h"

static void handle(struct cm_http_request *rq, void *ctx)
{
    (void)rq;
    (void)ctx;
}

static const struct cm_http_route routes[] = {
    { "GET", "/", handle, CM_HTTP_INLINE, 0 },
    { "GET", "/calls", handle, CM_HTTP_INLINE, 0 },
    { "GET", "/calls/export", handle, CM_HTTP_INLINE, 0 },
    { "GET", "/calls/{id}", handle, CM_HTTP_INLINE, 0 },
    { "DELETE", "/calls/{id}", handle, CM_HTTP_INLINE, 0 },
    { "POST", "/calls/{id}/rerun", handle, CM_HTTP_INLINE, 0 },
    { "GET", "/a/{x}/b/{y}", handle, CM_HTTP_INLINE, 0 },
    { "HEAD", "/only-head", handle, CM_HTTP_INLINE, 0 },
    { 0 },
};

static ptrdiff_t found(const char *method, const char *path)
{
    struct http_match match;

    http_route_find(routes, method, cm_str_of(path), &match);
    return match.route ? match.route - routes : match.path_known ? -405 : -404;
}

static void the_first_row_that_matches_is_taken(void **state)
{
    (void)state;
    assert_int_equal(found("GET", "/"), 0);
    assert_int_equal(found("GET", "/calls"), 1);
    assert_int_equal(found("GET", "/calls/export"), 2);
    assert_int_equal(found("GET", "/calls/7"), 3);
    assert_int_equal(found("DELETE", "/calls/7"), 4);
    assert_int_equal(found("POST", "/calls/7/rerun"), 5);
}

static void head_is_served_by_get_and_not_the_other_way(void **state)
{
    (void)state;
    assert_int_equal(found("HEAD", "/calls"), 1);
    assert_int_equal(found("GET", "/only-head"), -405);
}

static void a_path_without_the_method_is_told_from_no_path(void **state)
{
    (void)state;
    assert_int_equal(found("PUT", "/calls/7"), -405);
    assert_int_equal(found("GET", "/calls/7/rerun"), -405);
    assert_int_equal(found("get", "/calls"), -405);
    assert_int_equal(found("GET", "/nothing"), -404);
    assert_int_equal(found("GET", ""), -404);
    assert_int_equal(found("GET", "calls"), -404);
    assert_int_equal(found("GET", "/calls/"), -404);
    assert_int_equal(found("GET", "/calls//rerun"), -404);
    assert_int_equal(found("GET", "//calls"), -404);
    assert_int_equal(found("GET", "/calls/7/rerun/8"), -404);
    assert_int_equal(found("GET", "*"), -404);
}

static void a_path_that_is_written_out_is_nobodys_parameter(void **state)
{
    (void)state;
    assert_int_equal(found("DELETE", "/calls/export"), -405);
    assert_int_equal(found("DELETE", "/calls/exports"), 4);
    assert_int_equal(found("POST", "/calls/export/rerun"), 5);
}

static void segments_are_taken_by_name_and_undecoded(void **state)
{
    struct http_match match;

    (void)state;
    http_route_find(routes, "GET", CM_STR("/a/..%2f..%2fetc/b/%00"), &match);
    assert_int_equal(match.segment_count, 2);
    assert_true(cm_str_is(match.segments[0].name, "x"));
    assert_true(cm_str_is(match.segments[0].value, "..%2f..%2fetc"));
    assert_true(cm_str_is(match.segments[1].value, "%00"));
}

static void a_path_cut_at_any_byte_finds_only_its_own_route(void **state)
{
    struct cm_str whole = CM_STR("/calls/7/rerun");

    (void)state;
    for (size_t len = 0; len <= whole.len; len++) {
        struct http_match match;

        http_route_find(routes, "POST", (struct cm_str){ whole.at, len }, &match);
        assert_int_equal(match.route != NULL, len == whole.len);
    }
}

static void allow_lists_the_methods_of_a_path(void **state)
{
    struct cm_arena *arena = cm_arena_new();

    (void)state;
    assert_true(
        cm_str_is(http_route_allow(routes, CM_STR("/calls/7"), arena), "GET, HEAD, DELETE"));
    assert_true(cm_str_is(http_route_allow(routes, CM_STR("/calls/export"), arena), "GET, HEAD"));
    assert_true(cm_str_is(http_route_allow(routes, CM_STR("/calls/7/rerun"), arena), "POST"));
    assert_true(cm_str_is(http_route_allow(routes, CM_STR("/nothing"), arena), ""));
    cm_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_row_that_matches_is_taken),
        cmocka_unit_test(head_is_served_by_get_and_not_the_other_way),
        cmocka_unit_test(a_path_without_the_method_is_told_from_no_path),
        cmocka_unit_test(a_path_that_is_written_out_is_nobodys_parameter),
        cmocka_unit_test(segments_are_taken_by_name_and_undecoded),
        cmocka_unit_test(a_path_cut_at_any_byte_finds_only_its_own_route),
        cmocka_unit_test(allow_lists_the_methods_of_a_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
