/* Where a request may go, and where a redirect may lead it. */
#include "elsewhere.h"

#include <stdio.h>

static void a_redirect_is_an_ordinary_answer_unless_asked_for(void **state)
{
    struct elsewhere *fx = *state;

    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/redirect/302?to=/echo") }),
                     CM_OK);
    assert_int_equal(fx->answer.status, 302);
    assert_true(cm_str_is(fx->answer.location, "/echo"));
}

static void a_redirect_is_followed_without_credentials_and_headers(void **state)
{
    static const char *const headers[] = { "X-Custom: secret", NULL };
    struct elsewhere *fx = *state;

    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/redirect/307?to=/echo"),
                                                     .user = "u",
                                                     .password = "p",
                                                     .headers = headers,
                                                     .redirects_max = 1,
                                                     .redirect_anywhere = true }),
                     CM_OK);
    assert_body(fx, "GET\nUser-Agent: callmill/" CALLMILL_VERSION "\n\n");
    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/redirect/302?to=/echo"),
                                                     .bearer = "token",
                                                     .redirects_max = 1,
                                                     .redirect_anywhere = true }),
                     CM_OK);
    assert_body(fx, "GET\nUser-Agent: callmill/" CALLMILL_VERSION "\n\n");
}

static void a_post_becomes_a_get_on_302_and_stays_one_on_307(void **state)
{
    struct elsewhere *fx = *state;
    struct cm_http_ask ask = { .url = url_of(fx, "/redirect/302?to=/echo"),
                               .body = CM_STR("a=1"),
                               .body_type = "text/plain",
                               .redirects_max = 1,
                               .redirect_anywhere = true };

    assert_int_equal(fetch(fx, ask), CM_OK);
    assert_body(fx, "GET\nUser-Agent: callmill/" CALLMILL_VERSION "\n\n");
    ask.url = url_of(fx, "/redirect/307?to=/echo");
    assert_int_equal(fetch(fx, ask), CM_OK);
    assert_body(fx,
                "POST\nContent-Type: text/plain\nUser-Agent: callmill/" CALLMILL_VERSION "\n\na=1");
}

static void a_redirect_leads_to_https_and_public_addresses_only(void **state)
{
    static const char *const paths[] = {
        "/redirect/302?to=/echo",
        "/redirect/302?to=http://93.184.216.34/",
        "/redirect/302?to=https://127.0.0.1/",
        "/redirect/302?to=https://169.254.169.254/latest/meta-data",
        "/redirect/302?to=https://[::1]/",
        "/redirect/302?to=https://[::ffff:127.0.0.1]/",
        "/redirect/302?to=https://[64:ff9b::7f00:1]/",
        "/redirect/302?to=https://0x7f.1/",
        "/redirect/302?to=https://2130706433/",
        "/redirect/302?to=https://017700000001/",
        "/redirect/302?to=https://good.example@10.0.0.1/",
        "/redirect/302?to=https://localhost/",
        "/redirect/302?to=file:///etc/passwd",
        "/redirect/302?to=gopher://127.0.0.1/",
        "/redirect/302?to=ftp://127.0.0.1/",
    };
    struct elsewhere *fx = *state;

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        cm_rc rc =
            fetch(fx, (struct cm_http_ask){ .url = url_of(fx, paths[i]), .redirects_max = 3 });

        if (rc != CM_REJECT)
            fail_msg("%s: %s: %s", paths[i], cm_rc_name(rc), fx->err.msg);
    }
}

static void redirects_end_at_their_limit(void **state)
{
    struct elsewhere *fx = *state;
    struct cm_http_ask ask = { .url = url_of(fx, "/redirect/302?to=/redirect/302%3Fto=/echo"),
                               .redirects_max = 1,
                               .redirect_anywhere = true };

    assert_int_equal(fetch(fx, ask), CM_REJECT);
    ask.redirects_max = 2;
    assert_int_equal(fetch(fx, ask), CM_OK);
    assert_int_equal(fx->answer.status, 200);
}

static void a_public_request_never_reaches_a_private_address(void **state)
{
    static const char *const hosts[] = {
        "127.0.0.1", "localhost",       "0",          "127.1",
        "[::1]",     "[::ffff:7f00:1]", "2130706433", "0177.0.0.1"
    };
    struct elsewhere *fx = *state;

    /* The same host was talked to before without that restriction. */
    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/echo") }), CM_OK);
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        char url[128];

        snprintf(url, sizeof url, "http://%s:%u/echo", hosts[i], cm_http_server_port(fx->server));
        assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url, .reach = CM_REACH_PUBLIC }),
                         CM_REJECT);
    }
}

static void other_protocols_are_rejected(void **state)
{
    static const char *const urls[] = { "file:///etc/passwd",
                                        "gopher://127.0.0.1/",
                                        "dict://127.0.0.1/",
                                        "ftp://127.0.0.1/",
                                        "",
                                        "http://",
                                        "http://a b/",
                                        "smtp://127.0.0.1" };
    struct elsewhere *fx = *state;

    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        if (fetch(fx, (struct cm_http_ask){ .url = urls[i] }) != CM_REJECT)
            fail_msg("%s: %s", urls[i], fx->err.msg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_redirect_is_an_ordinary_answer_unless_asked_for),
        cmocka_unit_test(a_redirect_is_followed_without_credentials_and_headers),
        cmocka_unit_test(a_post_becomes_a_get_on_302_and_stays_one_on_307),
        cmocka_unit_test(a_redirect_leads_to_https_and_public_addresses_only),
        cmocka_unit_test(redirects_end_at_their_limit),
        cmocka_unit_test(a_public_request_never_reaches_a_private_address),
        cmocka_unit_test(other_protocols_are_rejected),
    };

    return cmocka_run_group_tests(tests, elsewhere_open, elsewhere_close);
}
