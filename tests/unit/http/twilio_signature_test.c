/* twilio_signature_test.c - every vector of Twilio's own libraries, and what must not pass.
 *
 * Sources: twilio-python tests/unit/test_request_validator.py, twilio-node spec/validation.spec.js
 * and spec/unit/webhooks/webhooks.spec.js, twilio-go client/request_validator_test.go. Vectors
 * marked "own" were computed from the published algorithm.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/digest.h"
#include "http/twilio_signature.h"

#define URL    "https://mycompany.com/myapp.php?foo=1&bar=2"
#define SHA_J  "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
#define BODY_J "{\"property\": \"value\", \"boolean\": true}"
#define FIELD(n, v)                                                                                \
    {                                                                                              \
        { n, sizeof(n) - 1 },                                                                      \
        {                                                                                          \
            v, sizeof(v) - 1                                                                       \
        }                                                                                          \
    }
#define CALLER                                                                                     \
    FIELD("CallSid", "CA1234567890ABCDE"), FIELD("Caller", "+14158675309"),                        \
        FIELD("Digits", "1234"), FIELD("From", "+14158675309"), FIELD("To", "+18005551212")
#define REASON CALLER, FIELD("Reason", "Participant"), FIELD("ReasonConferenceEnded", "test")
#define A32    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B32    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C32    "cccccccccccccccccccccccccccccccc"

static const struct cm_form_field no_fields[] = { FIELD("", "") };
static const struct cm_form_field caller[] = { CALLER };
static const struct cm_form_field reason[] = { REASON };
static const struct cm_form_field property[] = { FIELD("property", "value"),
                                                 FIELD("boolean", "true") };
static const struct cm_form_field digits[] = { FIELD("Sid", "CA123"), FIELD("SidAccount", "AC123"),
                                               FIELD("Digits", "5678"), FIELD("Digits", "1234"),
                                               FIELD("Digits", "1234") };
static const struct cm_form_field bindings[] = {
    FIELD("MessagingBinding.Address", "+1325xxxxxxx"),
    FIELD("MessagingBinding.Address", "+1415xxxxxxx"),
};
static const struct cm_form_field bindings_turned[] = {
    FIELD("MessagingBinding.Address", "+1415xxxxxxx"),
    FIELD("MessagingBinding.Address", "+1325xxxxxxx"),
};
static const struct cm_form_field voice[] = {
    FIELD("AccountSid", "AC" A32),   FIELD("ApiVersion", "2010-04-01"),
    FIELD("CallSid", "CA" B32),      FIELD("CallStatus", "ringing"),
    FIELD("Called", "+18005551212"), FIELD("CalledZip", ""),
    FIELD("Caller", "+14158675309"), FIELD("CallerCity", "S\303\203O PAULO"),
    FIELD("Direction", "inbound"),   FIELD("From", "+14158675309"),
    FIELD("To", "+18005551212"),
};
static const struct cm_form_field recording[] = {
    FIELD("RecordingSource", "StartCallRecordingAPI"),
    FIELD("RecordingTrack", "both"),
    FIELD("RecordingSid", "RE" C32),
    FIELD("RecordingUrl", "https://api.twilio.com/2010-04-01/Accounts/AC" A32 "/Recordings/RE" C32),
    FIELD("RecordingStatus", "completed"),
    FIELD("RecordingChannels", "2"),
    FIELD("ErrorCode", "0"),
    FIELD("CallSid", "CA" B32),
    FIELD("RecordingStartTime", "Wed, 20 Apr 2022 23:45:25 +0000"),
    FIELD("AccountSid", "AC" A32),
    FIELD("RecordingDuration", "11"),
};

struct vector {
    const char *name, *url, *signature;
    const struct cm_form_field *fields; /* NULL: no form */
    size_t count;
    const char *body; /* where there is no form */
    enum cm_twilio_answer want;
};

#define FORM(f)    f, sizeof(f) / sizeof(f)[0], ""
#define NO_FORM    NULL, 0
#define EMPTY_FORM no_fields, 0, ""

static const struct vector vectors[] = {
    { "1", URL, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", FORM(caller), SIGNATURE_GOOD },
    { "2: the port is stripped", "https://mycompany.com:1234/myapp.php?foo=1&bar=2",
      "RSOYDt4T1cUTdK1PDd93/VVr8B8=", FORM(caller), SIGNATURE_GOOD },
    { "3: 443 is added", URL, "kvajT1Ptam85bY51eRf/AJRuM3w=", FORM(caller), SIGNATURE_GOOD },
    { "4: 80 is added", "http://mycompany.com/myapp.php?foo=1&bar=2",
      "0ZXoZLH/DfblKGATFgpif+LLRf4=", FORM(caller), SIGNATURE_GOOD },
    { "4b: http without port", "http://mycompany.com/myapp.php?foo=1&bar=2",
      "OyGYPqTF6ztdbRNCvuQO/oPvqQ4=", FORM(caller), SIGNATURE_GOOD },
    { "5: the port as it is", "http://mycompany.com:1234/myapp.php?foo=1&bar=2",
      "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=", FORM(caller), SIGNATURE_GOOD },
    { "6: JSON behind a query", URL "&bodySHA256=" SHA_J, "a9nBmqA0ju/hNViExpshrM61xv4=", NO_FORM,
      BODY_J, SIGNATURE_GOOD },
    { "7: JSON alone in the query", "https://mycompany.com/myapp.php?bodySHA256=" SHA_J,
      "y77kIzt2vzLz71DgmJGsen2scGs=", NO_FORM, BODY_J, SIGNATURE_GOOD },
    { "8: an empty JSON body, with 443",
      URL "&bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
      "Ldidvp12m26NI7eqEvxnEpkd9Hc=", NO_FORM, "{}", SIGNATURE_GOOD },
    { "8b: the same without port",
      URL "&bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
      "rw/jVviOgicj2+kHZULvebnA4ag=", NO_FORM, "{}", SIGNATURE_GOOD },
    { "8c: no body at all is signed as {}",
      URL "&bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
      "Ldidvp12m26NI7eqEvxnEpkd9Hc=", NO_FORM, "", SIGNATURE_GOOD },
    { "9: repeated values once", URL, "IK+Dwps556ElfBT0I3Rgjkr1wJU=", FORM(digits),
      SIGNATURE_GOOD },
    { "10: values in any order", URL, "83O6e2vORAoJHUNzJjDWN1jz+BA=", FORM(bindings),
      SIGNATURE_GOOD },
    { "10b: the other order", URL, "83O6e2vORAoJHUNzJjDWN1jz+BA=", FORM(bindings_turned),
      SIGNATURE_GOOD },
    { "11: sorted by name", URL, "vOEb5UThFn24KEfnOFLQY2AE5FY=", FORM(reason), SIGNATURE_GOOD },
    { "12: sorted by joined text", URL, "95+Bu0JVPi0r/SsESZCVf0dWAjw=", FORM(reason),
      SIGNATURE_WRONG },
    { "13", "http://mycompany.com/myapp.php?foo=1&bar=2",
      "n2xBNyzSW7rfYStDtOFiFMv7qNo=", FORM(reason), SIGNATURE_GOOD },
    { "13b: another port", "http://mycompany.com:1234/myapp.php?foo=1&bar=2",
      "n2xBNyzSW7rfYStDtOFiFMv7qNo=", FORM(reason), SIGNATURE_GOOD },
    { "14: a plain form", URL, "NBdBDr/T/lgjI+tlgpXjKZQZs/k=", FORM(property), SIGNATURE_GOOD },
    { "15: user and password stay", "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2",
      "CukzLTc1tT5dXEDIHm/tKBanW10=", FORM(caller), SIGNATURE_GOOD },
    { "15b: with 443", "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2",
      "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI=", FORM(caller), SIGNATURE_GOOD },
    { "16: a user alone", "https://user@mycompany.com/myapp.php?foo=1&bar=2",
      "2YRLlVAflCqxaNicjMpJcSTgzSs=", FORM(caller), SIGNATURE_GOOD },
    { "17: an apostrophe escaped", URL "&Body=It's+amazing",
      "TfZzewPq8wqrGlMfyAud8+/IvJ0=", FORM(caller), SIGNATURE_GOOD },
    { "17b: an apostrophe as it is", URL "&Body=It's+amazing",
      "dsq4Ehbj6cs+KdTkpF5sSSplOWw=", FORM(caller), SIGNATURE_GOOD },
    { "17c: escaped on its way to us", URL "&Body=It%27s+amazing",
      "dsq4Ehbj6cs+KdTkpF5sSSplOWw=", FORM(caller), SIGNATURE_GOOD },
    { "own: a WebSocket upgrade", "wss://mycompany.com/media-stream",
      "N2Y//FHA042H22oVtTOPT1X3yoU=", EMPTY_FORM, SIGNATURE_GOOD },
    { "own: a WebSocket upgrade with 443", "wss://mycompany.com/media-stream",
      "hHE+nLvjnuaIlXBedOuYUYFUlZA=", EMPTY_FORM, SIGNATURE_GOOD },
    { "own: a WebSocket upgrade with a slash", "wss://mycompany.com/media-stream/",
      "B+WT+LSnUu+RWlK9v/62zQuXpec=", EMPTY_FORM, SIGNATURE_GOOD },
    { "own: a voice webhook with an empty value and UTF-8", "https://mycompany.com/voice",
      "0XD1pDCIazKMPrxdwtnLhhZhjxw=", FORM(voice), SIGNATURE_GOOD },
    { "own: the empty value left out", "https://mycompany.com/voice",
      "znDsgk0A9Smp8KfC15vZwGM19vE=", FORM(voice), SIGNATURE_WRONG },
    { "own: a recording webhook", "https://mycompany.com/recording",
      "aX90YI9WpKooTqi5mwbxUCowRgQ=", FORM(recording), SIGNATURE_GOOD },
    { "negative: another signature", URL, "WRONG SIGNATURE", FORM(caller), SIGNATURE_WRONG },
    { "negative: none", URL, "", FORM(caller), SIGNATURE_MISSING },
    { "negative: a form's signature on JSON", URL, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", NO_FORM, BODY_J,
      SIGNATURE_WRONG },
    { "negative: another body", URL "&bodySHA256=" SHA_J, "a9nBmqA0ju/hNViExpshrM61xv4=", NO_FORM,
      "{\"property\": \"other\"}", SIGNATURE_WRONG },
};

struct fixture {
    struct cm_arena *arena;
    struct cm_twilio_keys *keys;
};

static struct cm_twilio_keys *keys_of(const char *tokens, const char *shared, const char *fragment)
{
    struct cm_twilio_keys *keys = NULL;
    struct cm_err err = { 0 };

    assert_int_equal(cm_twilio_keys_new(tokens, shared, fragment, &keys, &err), CM_OK);
    return keys;
}

static int open_fixture(void **state)
{
    static struct fixture fx;

    fx = (struct fixture){ cm_arena_new(), keys_of("12345", NULL, NULL) };
    *state = &fx;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *fx = *state;

    cm_twilio_keys_free(fx->keys);
    cm_arena_free(fx->arena);
    return 0;
}

static struct cm_twilio_request request_of(const struct vector *v)
{
    return (struct cm_twilio_request){ .url = cm_str_of(v->url),
                                       .signature = cm_str_of(v->signature),
                                       .is_form = v->fields != NULL,
                                       .fields = v->fields,
                                       .field_count = v->count,
                                       .body = cm_str_of(v->body) };
}

static void every_published_vector_is_judged_as_published(void **state)
{
    struct fixture *fx = *state;

    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct cm_twilio_request rq = request_of(&vectors[i]);
        enum cm_twilio_answer got = cm_twilio_check(fx->keys, &rq, fx->arena);

        if (got != vectors[i].want)
            fail_msg("vector %s: %s", vectors[i].name, cm_twilio_answer_text(got));
    }
}

static void any_of_several_tokens_may_have_signed(void **state)
{
    struct fixture *fx = *state;
    CM_OWN(cm_twilio_keys) rotating = keys_of("new-token, 12345", NULL, NULL);
    CM_OWN(cm_twilio_keys) rotated = keys_of("new-token", NULL, NULL);
    struct cm_twilio_request rq = request_of(&vectors[0]);

    assert_int_equal(cm_twilio_check(rotating, &rq, fx->arena), SIGNATURE_GOOD);
    assert_int_equal(cm_twilio_check(rotated, &rq, fx->arena), SIGNATURE_WRONG);
}

static void without_a_token_nothing_is_right(void **state)
{
    struct fixture *fx = *state;
    CM_OWN(cm_twilio_keys) none = keys_of(NULL, NULL, NULL);
    CM_OWN(cm_twilio_keys) blank = keys_of(" , ", "", NULL);
    struct cm_twilio_request rq = request_of(&vectors[0]);

    assert_int_equal(cm_twilio_check(none, &rq, fx->arena), SIGNATURE_NO_KEY);
    assert_int_equal(cm_twilio_check(blank, &rq, fx->arena), SIGNATURE_NO_KEY);
}

/* The signed string of vector 1 under a shared key. */
static struct cm_base64_32 shared_signature(const char *secret)
{
    struct cm_sha256 mac = cm_hmac_sha256(
        cm_str_of(secret), CM_STR(URL "CallSidCA1234567890ABCDECaller+14158675309Digits1234From"
                                      "+14158675309To+18005551212"));

    return cm_base64(mac.at, sizeof mac.at);
}

static void a_shared_key_signs_with_sha256_and_is_chosen_by_its_id(void **state)
{
    struct fixture *fx = *state;
    CM_OWN(cm_twilio_keys) keys = keys_of("12345", "SK1:first,SK2:second", NULL);
    struct cm_base64_32 second = shared_signature("second"), token = shared_signature("12345");
    struct cm_twilio_request rq = request_of(&vectors[0]);

    rq.signature = cm_str_of(second.at);
    rq.settings = CM_STR("key=SK2,algorithm=HMAC_SHA256");
    assert_int_equal(cm_twilio_check(keys, &rq, fx->arena), SIGNATURE_GOOD);
    rq.settings = CM_STR("key=SK1,algorithm=HMAC_SHA256");
    assert_int_equal(cm_twilio_check(keys, &rq, fx->arena), SIGNATURE_WRONG);
    rq.settings = CM_STR("key=SK3,algorithm=HMAC_SHA256");
    assert_int_equal(cm_twilio_check(keys, &rq, fx->arena), SIGNATURE_NO_KEY);

    /* An unknown key never falls back to the auth token, under either algorithm. */
    rq.signature = cm_str_of(token.at);
    assert_int_equal(cm_twilio_check(keys, &rq, fx->arena), SIGNATURE_NO_KEY);
    rq.signature = cm_str_of(vectors[0].signature);
    assert_int_equal(cm_twilio_check(keys, &rq, fx->arena), SIGNATURE_NO_KEY);
}

static void without_an_algorithm_the_auth_token_signs_and_an_unknown_one_fails(void **state)
{
    struct fixture *fx = *state;
    CM_OWN(cm_twilio_keys) keys = keys_of("12345", "SK1:first", NULL);
    struct cm_twilio_request rq = request_of(&vectors[0]);

    rq.settings = CM_STR("key=SK1");
    assert_int_equal(cm_twilio_check(keys, &rq, fx->arena), SIGNATURE_GOOD);
    rq.settings = CM_STR("key=SK1,algorithm=HMAC_MD5");
    assert_int_equal(cm_twilio_check(keys, &rq, fx->arena), SIGNATURE_NO_KEY);
}

static void a_shared_key_without_secret_stops_the_start(void **state)
{
    static const char *const broken[] = { "SK1", "SK1:", ":hunter2", "SK1:hunter2,SK2" };
    struct cm_twilio_keys *keys = NULL;
    struct cm_err err = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        assert_int_equal(cm_twilio_keys_new("t", broken[i], NULL, &keys, &err), CM_FATAL);
        assert_non_null(strstr(err.msg, "TWILIO_SHARED_KEYS"));
        assert_null(strstr(err.msg, "hunter2"));
        assert_null(keys);
    }
}

static void the_fragment_of_our_callback_urls_may_be_signed_or_not(void **state)
{
    struct fixture *fx = *state;
    CM_OWN(cm_twilio_keys) keys = keys_of("12345", NULL, "rc=3&rp=all");
    struct cm_sha1 mac = cm_hmac_sha1(CM_STR("12345"), CM_STR(URL "#rc=3&rp=all"));
    struct cm_base64_32 text = cm_base64(mac.at, sizeof mac.at);
    struct cm_twilio_request rq = { .url = CM_STR(URL),
                                    .signature = cm_str_of(text.at),
                                    .is_form = true };
    struct cm_twilio_request plain = request_of(&vectors[0]);

    assert_int_equal(cm_twilio_check(keys, &rq, fx->arena), SIGNATURE_GOOD);
    assert_int_equal(cm_twilio_check(fx->keys, &rq, fx->arena), SIGNATURE_WRONG);
    assert_int_equal(cm_twilio_check(keys, &plain, fx->arena), SIGNATURE_GOOD);
}

/* 10,000 changes of a bit, in the URL, a name, a value or the signature: none passes. */
static void no_changed_bit_passes(void **state)
{
    struct fixture *fx = *state;
    uint64_t rng = 1;

    for (int round = 0; round < 10000; round++) {
        struct vector v = vectors[0];
        char url[] = URL, signature[32], name[16], value[32];
        struct cm_form_field fields[5];
        char *target[] = { url, signature, name, value };
        size_t which, len, at;

        rng = rng * 6364136223846793005u + 1442695040888963407u;
        memcpy(fields, caller, sizeof fields);
        memcpy(signature, v.signature, strlen(v.signature) + 1);
        at = (rng >> 20) % 5;
        fields[at].name.at = memcpy(name, fields[at].name.at, fields[at].name.len);
        fields[at].value.at = memcpy(value, fields[at].value.at, fields[at].value.len);
        which = (rng >> 33) % 4;
        len = which == 0   ? strlen(url)
              : which == 1 ? strlen(signature)
              : which == 2 ? fields[at].name.len
                           : fields[at].value.len;
        target[which][(rng >> 40) % len] =
            (char)(target[which][(rng >> 40) % len] ^ (1 << ((rng >> 60) % 7)));
        v.fields = fields;

        struct cm_twilio_request rq = request_of(&v);
        rq.url = (struct cm_str){ url, sizeof url - 1 };
        rq.signature = (struct cm_str){ signature, strlen(v.signature) };
        if (cm_twilio_check(fx->keys, &rq, fx->arena) == SIGNATURE_GOOD)
            fail_msg("round %d: a changed bit in part %zu passed", round, which);
        cm_arena_reset(fx->arena);
    }
}

static void left_out_doubled_and_renamed_fields_are_told_apart(void **state)
{
    struct fixture *fx = *state;
    struct cm_twilio_request rq = request_of(&vectors[0]);
    struct cm_form_field fields[6];

    memcpy(fields, caller, sizeof caller);
    rq.fields = fields;
    for (size_t n = 0; n < 5; n++) {
        rq.field_count = n;
        assert_int_equal(cm_twilio_check(fx->keys, &rq, fx->arena), SIGNATURE_WRONG);
    }
    fields[5] = (struct cm_form_field)FIELD("Digits", "9");
    rq.field_count = 6;
    assert_int_equal(cm_twilio_check(fx->keys, &rq, fx->arena), SIGNATURE_WRONG);
    fields[5] = fields[2]; /* the same pair once more counts once */
    assert_int_equal(cm_twilio_check(fx->keys, &rq, fx->arena), SIGNATURE_GOOD);
}

static void an_address_in_brackets_keeps_its_colons(void **state)
{
    struct fixture *fx = *state;
    struct cm_sha1 mac = cm_hmac_sha1(CM_STR("12345"), CM_STR("https://[2001:db8::1]/voice"));
    struct cm_base64_32 text = cm_base64(mac.at, sizeof mac.at);
    struct cm_twilio_request rq = { .url = CM_STR("https://[2001:db8::1]:8443/voice"),
                                    .signature = cm_str_of(text.at),
                                    .is_form = true };

    assert_int_equal(cm_twilio_check(fx->keys, &rq, fx->arena), SIGNATURE_GOOD);
}

static void a_url_cut_at_any_byte_is_judged_without_harm(void **state)
{
    struct fixture *fx = *state;
    const char url[] = "https://u:p@mycompany.com:443/a?b='%27&bodySHA256=00";

    for (size_t len = 0; len < sizeof url; len++) {
        CM_OWN_MEM char *cut = strndup(url, len); /* its own block, so that a step beyond is seen */
        struct cm_twilio_request rq = { .url = { cut, len }, .signature = CM_STR("x") };

        assert_int_equal(cm_twilio_check(fx->keys, &rq, fx->arena), SIGNATURE_WRONG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_published_vector_is_judged_as_published),
        cmocka_unit_test(any_of_several_tokens_may_have_signed),
        cmocka_unit_test(without_a_token_nothing_is_right),
        cmocka_unit_test(a_shared_key_signs_with_sha256_and_is_chosen_by_its_id),
        cmocka_unit_test(without_an_algorithm_the_auth_token_signs_and_an_unknown_one_fails),
        cmocka_unit_test(a_shared_key_without_secret_stops_the_start),
        cmocka_unit_test(the_fragment_of_our_callback_urls_may_be_signed_or_not),
        cmocka_unit_test(no_changed_bit_passes),
        cmocka_unit_test(left_out_doubled_and_renamed_fields_are_told_apart),
        cmocka_unit_test(an_address_in_brackets_keeps_its_colons),
        cmocka_unit_test(a_url_cut_at_any_byte_is_judged_without_harm),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
