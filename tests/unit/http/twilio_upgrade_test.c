/* twilio_upgrade_test.c - the signature of a media stream's opening. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "http/twilio_signature.h"

static struct cm_twilio_keys *keys_of(const char *tokens, const char *shared)
{
    struct cm_twilio_keys *keys = NULL;
    struct cm_err err = { 0 };

    assert_int_equal(cm_twilio_keys_new(tokens, shared, NULL, &keys, &err), CM_OK);
    return keys;
}

/* Computed with Python's hmac. */
static void an_upgrade_is_signed_by_the_streams_url(void **state)
{
    static const struct {
        const char *told, *signature;
        enum cm_twilio_answer want;
    } upgrades[] = {
        { "wss://mycompany.com/media-stream", "N2Y//FHA042H22oVtTOPT1X3yoU=", SIGNATURE_GOOD },
        /* with 443, with a slash, as https, with all of it */
        { "wss://mycompany.com/media-stream", "hHE+nLvjnuaIlXBedOuYUYFUlZA=", SIGNATURE_GOOD },
        { "wss://mycompany.com/media-stream", "B+WT+LSnUu+RWlK9v/62zQuXpec=", SIGNATURE_GOOD },
        { "wss://mycompany.com/media-stream", "Mq5qllSf+ykIJXjR6CcZ2h2USZ0=", SIGNATURE_GOOD },
        { "wss://mycompany.com/media-stream", "vH8EnLGFz96K0R1H4TCPqKzduxo=", SIGNATURE_GOOD },
        /* told with a slash or a port, signed without */
        { "wss://mycompany.com/media-stream/", "N2Y//FHA042H22oVtTOPT1X3yoU=", SIGNATURE_GOOD },
        { "wss://mycompany.com:8443/media-stream", "N2Y//FHA042H22oVtTOPT1X3yoU=", SIGNATURE_GOOD },
        { "wss://mycompany.com:8443/media-stream", "08rptcureUhLYcPyJZwhDeeQFTA=", SIGNATURE_GOOD },
        { "wss://mycompany.com", "mYiF8d/XAbCcA+tc7fet8c0hJG8=", SIGNATURE_GOOD },
        /* a test's own, without TLS */
        { "ws://127.0.0.1:8082/twilio/stream", "UvhidLzSXTtCjkjFSxLIs3qAPhk=", SIGNATURE_GOOD },
        { "ws://127.0.0.1:8082/twilio/stream", "f8UoXN9HVtw363TFKlS81iMrQ2A=", SIGNATURE_GOOD },
        { "ws://127.0.0.1:8082/twilio/stream", "q+kXS9posXTnOjUkiAh8Od4ZQnk=", SIGNATURE_GOOD },
        { "http://127.0.0.1:8082/twilio/stream", "UvhidLzSXTtCjkjFSxLIs3qAPhk=", SIGNATURE_GOOD },
        /* without TLS where TLS is, another port, a query, two slashes, another path, none */
        { "wss://mycompany.com/media-stream", "ZLWxoy0rscUQNmoTamG/m43Sffc=", SIGNATURE_WRONG },
        { "wss://mycompany.com/media-stream", "08rptcureUhLYcPyJZwhDeeQFTA=", SIGNATURE_WRONG },
        { "wss://mycompany.com/media-stream", "8DGSa3cSp4EAk70Hg6tDydhOHY4=", SIGNATURE_WRONG },
        { "wss://mycompany.com/media-stream", "j+qwgfB96c6uxvWBPnZLOEUhopg=", SIGNATURE_WRONG },
        { "wss://mycompany.com/media-stream", "mYiF8d/XAbCcA+tc7fet8c0hJG8=", SIGNATURE_WRONG },
        { "wss://mycompany.com/media-stream", "", SIGNATURE_MISSING },
        { "", "N2Y//FHA042H22oVtTOPT1X3yoU=", SIGNATURE_WRONG },
    };
    CM_OWN(cm_twilio_keys) keys = keys_of("12345", NULL);
    CM_OWN(cm_arena) arena = cm_arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof upgrades / sizeof *upgrades; i++) {
        enum cm_twilio_answer got =
            cm_twilio_check_upgrade(keys, cm_str_of(upgrades[i].told),
                                    cm_str_of(upgrades[i].signature), (struct cm_str){ 0 }, arena);

        if (got != upgrades[i].want)
            fail_msg("upgrade %zu, %s: %s", i, upgrades[i].told, cm_twilio_answer_text(got));
    }
}

static void an_upgrade_may_be_signed_with_a_shared_key(void **state)
{
    CM_OWN(cm_twilio_keys) keys = keys_of("12345", "SK1:hush");
    CM_OWN(cm_twilio_keys) none = keys_of(NULL, NULL);
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_str url = CM_STR("wss://mycompany.com/media-stream"),
                  by_key = CM_STR("RrOzd2xPIe/OyxEMtjv3/1YXa5SJ6D9K5QRuQO35RJg="),
                  settings = CM_STR("key=SK1,algorithm=HMAC_SHA256");

    (void)state;
    assert_int_equal(cm_twilio_check_upgrade(keys, url, by_key, settings, arena), SIGNATURE_GOOD);
    assert_int_equal(cm_twilio_check_upgrade(keys, url, by_key, (struct cm_str){ 0 }, arena),
                     SIGNATURE_WRONG);
    assert_int_equal(cm_twilio_check_upgrade(none, url, by_key, settings, arena), SIGNATURE_NO_KEY);
}

static void a_url_cut_at_any_byte_is_judged_without_harm(void **state)
{
    CM_OWN(cm_twilio_keys) keys = keys_of("12345", NULL);
    CM_OWN(cm_arena) arena = cm_arena_new();
    const char url[] = "wss://u:p@mycompany.com:443/a/?b='%27";

    (void)state;
    for (size_t len = 0; len < sizeof url; len++) {
        CM_OWN_MEM char *cut = strndup(url, len); /* its own block, so that a step beyond is seen */

        assert_int_equal(cm_twilio_check_upgrade(keys, (struct cm_str){ cut, len }, CM_STR("x"),
                                                 (struct cm_str){ 0 }, arena),
                         SIGNATURE_WRONG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upgrade_is_signed_by_the_streams_url),
        cmocka_unit_test(an_upgrade_may_be_signed_with_a_shared_key),
        cmocka_unit_test(a_url_cut_at_any_byte_is_judged_without_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
