/* An account at Twilio's REST API: whose tokens are tried, and until when. */
#include "elsewhere.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "http/twilio_rest.h"

#define ACCOUNT "AC00000000000000000000000000000001"
/* ACCOUNT:new, in base64 */
#define BY_NEW "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTpuZXc="

static atomic_int asked;

static void reply_by_token(struct cm_http_request *rq, void *ctx)
{
    struct cm_str value = { 0 };
    bool known = cm_http_header(rq, "Authorization", &value) && cm_str_is(value, BY_NEW);

    (void)ctx;
    atomic_fetch_add(&asked, 1);
    cm_http_reply(rq, known ? 404 : 401, "text/plain", cm_http_body(rq));
}

static const struct cm_http_route routes[] = {
    { "POST", "/2010-04-01/Accounts/{account}", reply_by_token, CM_HTTP_INLINE, 1000 },
    { 0 },
};

static unsigned status_with(struct elsewhere *fx, const char *tokens)
{
    struct cm_http_server *twilio = serve((struct cm_http_options){ .routes = routes });
    char url[64];
    CM_OWN(cm_twilio_rest) rest = NULL;
    struct cm_http_ask ask = { .body = CM_STR("Status=completed") };

    snprintf(url, sizeof url, "http://127.0.0.1:%u/", cm_http_server_port(twilio));
    rest = cm_twilio_rest_new(&(struct cm_twilio_rest_options){
        .client = fx->client, .api_url = url, .account_sid = ACCOUNT, .auth_tokens = tokens });
    ask.url = cm_twilio_rest_url(rest, NULL, fx->arena).at;
    atomic_store(&asked, 0);
    assert_int_equal(cm_twilio_rest_fetch(rest, &ask, fx->arena, &fx->answer, &fx->err), CM_OK);
    cm_http_server_free(twilio);
    return fx->answer.status;
}

static void tokens_are_tried_in_turn_until_one_is_known(void **state)
{
    struct elsewhere *fx = *state;

    assert_int_equal(status_with(fx, "old, ,new ,other"), 404);
    assert_int_equal(atomic_load(&asked), 2);
    assert_int_equal(status_with(fx, "new"), 404);
    assert_int_equal(atomic_load(&asked), 1);
}

static void where_none_is_known_the_last_refusal_is_the_answer(void **state)
{
    struct elsewhere *fx = *state;

    assert_int_equal(status_with(fx, "old,older"), 401);
    assert_int_equal(atomic_load(&asked), 2);
}

static void without_account_or_token_nothing_is_asked(void **state)
{
    static const struct cm_twilio_rest_options halves[] = {
        { .api_url = "http://127.0.0.1:1", .account_sid = ACCOUNT },
        { .api_url = "http://127.0.0.1:1", .account_sid = ACCOUNT, .auth_tokens = " ," },
        { .api_url = "http://127.0.0.1:1", .auth_tokens = "new" },
    };
    struct elsewhere *fx = *state;

    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        CM_OWN(cm_twilio_rest) rest = cm_twilio_rest_new(&halves[i]);
        struct cm_http_ask ask = { .url = "http://127.0.0.1:1/" };

        fx->err = (struct cm_err){ 0 };
        assert_int_equal(cm_twilio_rest_fetch(rest, &ask, fx->arena, &fx->answer, &fx->err),
                         CM_RETRY);
        assert_true(fx->err.away);
        assert_non_null(strstr(fx->err.msg, "TWILIO_AUTH_TOKEN"));
    }
}

static void another_account_has_its_own_address(void **state)
{
    struct elsewhere *fx = *state;
    CM_OWN(cm_twilio_rest)
    rest = cm_twilio_rest_new(&(struct cm_twilio_rest_options){ .api_url = "https://api.twilio.com",
                                                                .account_sid = ACCOUNT });
    struct cm_str other = CM_STR("AC2");

    assert_true(cm_str_is(cm_twilio_rest_url(rest, NULL, fx->arena),
                          "https://api.twilio.com/2010-04-01/Accounts/" ACCOUNT));
    assert_true(cm_str_is(cm_twilio_rest_url(rest, &other, fx->arena),
                          "https://api.twilio.com/2010-04-01/Accounts/AC2"));
}

int main(void)
{
#define REST_TEST(name) cmocka_unit_test_setup_teardown(name, elsewhere_open, elsewhere_close)
    const struct CMUnitTest tests[] = {
        REST_TEST(tokens_are_tried_in_turn_until_one_is_known),
        REST_TEST(where_none_is_known_the_last_refusal_is_the_answer),
        REST_TEST(without_account_or_token_nothing_is_asked),
        REST_TEST(another_account_has_its_own_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
