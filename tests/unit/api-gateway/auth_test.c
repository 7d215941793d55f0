#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth.h"
#include "base/credential.h"

#define TOKEN "3q2-7wQmWv0dJm0pXk0b3E7y5zJpQ0bE8nq4Jm0aVtE"

static struct credential of(const char *authorization, const char *cookie)
{
    return auth_credential(cm_str_of(authorization), cm_str_of(cookie));
}

static void a_bearer_token_is_a_session(void **state)
{
    struct cm_sha256 expected = cm_sha256(CM_STR(TOKEN));
    struct credential found = of("Bearer " TOKEN, NULL);

    (void)state;
    assert_int_equal(found.kind, AUTH_SESSION);
    assert_false(found.by_cookie);
    assert_memory_equal(found.hash.at, expected.at, sizeof expected.at);
}

static void the_scheme_is_read_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(of("bEARER   " TOKEN " ", NULL).kind, AUTH_SESSION);
}

static void a_prefix_makes_it_an_api_token(void **state)
{
    struct cm_sha256 expected = cm_sha256(CM_STR(TOKEN));
    struct credential found = of("Bearer callmill_" TOKEN, NULL);

    (void)state;
    assert_int_equal(found.kind, AUTH_API_TOKEN);
    assert_memory_equal(found.hash.at, expected.at, sizeof expected.at);
}

static void a_cookie_is_a_session_and_known_as_one(void **state)
{
    struct credential found = of(NULL, TOKEN);

    (void)state;
    assert_int_equal(found.kind, AUTH_SESSION);
    assert_true(found.by_cookie);
}

static void an_api_token_is_no_cookie(void **state)
{
    (void)state;
    assert_int_equal(of(NULL, "callmill_" TOKEN).kind, AUTH_NONE);
}

static void a_bad_header_is_not_made_good_by_the_cookie(void **state)
{
    (void)state;
    assert_int_equal(of("Bearer nonsense", TOKEN).kind, AUTH_NONE);
    assert_int_equal(of("Basic YTpi", TOKEN).kind, AUTH_NONE);
}

static void a_token_cut_at_any_byte_is_none(void **state)
{
    static const char *const texts[] = { "Bearer " TOKEN, "Bearer callmill_" TOKEN };

    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (size_t len = 0; len < strlen(texts[i]); len++) {
            char *cut = strndup(texts[i], len);

            assert_int_equal(of(cut, NULL).kind, AUTH_NONE);
            free(cut);
        }
    for (size_t len = 0; len < sizeof TOKEN - 1; len++)
        assert_int_equal(auth_credential((struct cm_str){ 0 }, (struct cm_str){ TOKEN, len }).kind,
                         AUTH_NONE);
}

static void letters_that_no_token_has_are_refused(void **state)
{
    char token[] = TOKEN;

    (void)state;
    for (size_t i = 0; i < sizeof token - 1; i++) {
        char kept = token[i];

        for (const char *bad = "+/=. \n\"'%;\x80\xff"; *bad; bad++) {
            token[i] = *bad;
            assert_int_equal(of(NULL, token).kind, AUTH_NONE);
        }
        token[i] = kept;
    }
}

struct origin_case {
    const char *site, *origin, *host, *ui_url;
    bool ours;
};

static void foreign_pages_are_told_from_ours(void **state)
{
    static const struct origin_case cases[] = {
        { "same-origin", NULL, "a.example", NULL, true },
        { "none", NULL, "a.example", NULL, true },
        { "cross-site", "https://a.example", "a.example", "https://a.example", false },
        { "same-site", "https://b.a.example", "a.example", NULL, false },
        { NULL, NULL, "a.example", NULL, true },
        { NULL, "https://a.example", "a.example", NULL, true },
        { NULL, "http://A.Example:8080", "a.example:8080", NULL, true },
        { NULL, "https://a.example.evil.example", "a.example", NULL, false },
        { NULL, "https://evil.example", "a.example", NULL, false },
        { NULL, "https://calls.example", "127.0.0.1:8080", "https://calls.example/", true },
        { NULL, "null", "a.example", NULL, false },
        { NULL, "null", NULL, NULL, false },
        { NULL, "https://", "", "", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct auth_origin seen = { cm_str_of(cases[i].site), cm_str_of(cases[i].origin),
                                    cm_str_of(cases[i].host), cm_str_of(cases[i].ui_url) };

        if (auth_is_same_origin(&seen) != cases[i].ours)
            fail_msg("case %zu: origin %s at host %s", i, cases[i].origin, cases[i].host);
    }
}

static void only_reading_methods_are_safe(void **state)
{
    (void)state;
    assert_false(auth_is_unsafe("GET"));
    assert_false(auth_is_unsafe("HEAD"));
    assert_true(auth_is_unsafe("POST"));
    assert_true(auth_is_unsafe("DELETE"));
    assert_true(auth_is_unsafe("get"));
}

static void json_is_told_from_what_a_form_can_send(void **state)
{
    (void)state;
    assert_true(auth_is_json(CM_STR("application/json")));
    assert_true(auth_is_json(CM_STR("Application/JSON; charset=utf-8")));
    assert_false(auth_is_json(CM_STR("text/plain")));
    assert_false(auth_is_json(CM_STR("application/x-www-form-urlencoded")));
    assert_false(auth_is_json(CM_STR("text/plain; application/json")));
    assert_false(auth_is_json(CM_STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bearer_token_is_a_session),
        cmocka_unit_test(the_scheme_is_read_in_any_case),
        cmocka_unit_test(a_prefix_makes_it_an_api_token),
        cmocka_unit_test(a_cookie_is_a_session_and_known_as_one),
        cmocka_unit_test(an_api_token_is_no_cookie),
        cmocka_unit_test(a_bad_header_is_not_made_good_by_the_cookie),
        cmocka_unit_test(a_token_cut_at_any_byte_is_none),
        cmocka_unit_test(letters_that_no_token_has_are_refused),
        cmocka_unit_test(foreign_pages_are_told_from_ours),
        cmocka_unit_test(only_reading_methods_are_safe),
        cmocka_unit_test(json_is_told_from_what_a_form_can_send),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
