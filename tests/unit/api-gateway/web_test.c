#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "web.h"

static const struct web_file all = {
    "/a.js", "text/javascript", "h", { { "b", 1 }, { "gg", 2 }, { "iii", 3 } }
};
static const struct web_file small = {
    "/b.js", "text/javascript", "h", { { NULL, 0 }, { NULL, 0 }, { "i", 1 } }
};

static enum encoding chosen(const struct web_file *file, const char *header)
{
    return web_file_encoding(file, cm_str_of(header));
}

static void the_most_wanted_encoding_is_taken_and_of_those_the_shortest(void **state)
{
    (void)state;
    assert_int_equal(chosen(&all, "gzip, deflate, br"), ENCODING_BR);
    assert_int_equal(chosen(&all, "gzip"), ENCODING_GZIP);
    assert_int_equal(chosen(&all, "br;q=0.5, gzip"), ENCODING_GZIP);
    assert_int_equal(chosen(&all, "br;q=0.1"), ENCODING_BR);
    assert_int_equal(chosen(&all, "br;q=0.1, identity;q=0.2"), ENCODING_IDENTITY);
    assert_int_equal(chosen(&all, "br;q=0, gzip;q=0"), ENCODING_IDENTITY);
    assert_int_equal(chosen(&all, NULL), ENCODING_IDENTITY);
    assert_int_equal(chosen(&all, "*"), ENCODING_BR);
}

static void what_is_there_in_one_form_only_comes_in_it(void **state)
{
    (void)state;
    assert_int_equal(chosen(&small, "br, gzip"), ENCODING_IDENTITY);
    assert_int_equal(chosen(&small, "br, *;q=0"), ENCODING_IDENTITY);
}

static void the_built_table_is_whole(void **state)
{
    size_t scripts = 0;

    (void)state;
    for (const struct web_file *file = web_files; file->path; file++) {
        assert_ptr_equal(web_file_find(web_files, cm_str_of(file->path)), file);
        assert_non_null(file->bodies[ENCODING_IDENTITY].at);
        assert_true(strlen(file->type) > 0 && strlen(file->hash) >= 22);
        for (size_t e = 0; e < ENCODING_IDENTITY; e++)
            assert_true(file->bodies[e].len < file->bodies[ENCODING_IDENTITY].len);
        scripts += strncmp(file->type, "text/javascript", 15) == 0;
    }
    assert_true(scripts > 2);
    assert_non_null(web_file_find(web_files, CM_STR("/index.html")));
    assert_null(web_file_find(web_files, CM_STR("/assets/../index.html")));
}

/* A link in index.html that leads to nothing would be a white page. */
static void the_page_names_files_that_are_there(void **state)
{
    struct cm_str page = web_file_find(web_files, CM_STR("/index.html"))->bodies[ENCODING_IDENTITY];
    struct cm_str part;
    size_t named = 0;

    (void)state;
    while (cm_str_split(&page, '"', &part)) {
        if (!cm_str_starts(part, "/"))
            continue;
        if (!web_file_find(web_files, part))
            fail_msg("%.*s is not there", CM_STR_FMT(part));
        named++;
    }
    assert_true(named >= 4);
}

static void pages_have_addresses_without_a_file_s_ending(void **state)
{
    static const char *const pages[] = { "/nothing", "/calls/a/b",      "/apix", "/v1.2/notes",
                                         "/calls/",  "/metricsandmore", "/%2e" };
    static const char *const others[] = {
        "/api",     "/api/",      "/api/nothing",  "/healthz",  "/readyz",
        "/metrics", "/metrics/x", "/robots.txt",   "/assets/x", "/a/main.js",
        "/.env",    "",           "/wp-login.php", "*"
    };

    (void)state;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (!web_is_page_address(cm_str_of(pages[i])))
            fail_msg("%s is none", pages[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (web_is_page_address(cm_str_of(others[i])))
            fail_msg("%s is one", others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_wanted_encoding_is_taken_and_of_those_the_shortest),
        cmocka_unit_test(what_is_there_in_one_form_only_comes_in_it),
        cmocka_unit_test(the_built_table_is_whole),
        cmocka_unit_test(the_page_names_files_that_are_there),
        cmocka_unit_test(pages_have_addresses_without_a_file_s_ending),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
