/* phone_test.c - who may become a contact. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/phone.h"

struct sample {
    const char *raw;
    enum cm_phone_kind kind;
    const char *text; /* NULL: as it came */
};

static void check(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct cm_phone number = cm_phone_read(cm_str_of(samples[i].raw));
        const char *want = samples[i].text ? samples[i].text : samples[i].raw;

        if (number.kind != samples[i].kind || !cm_str_is(number.text, want))
            fail_msg("'%s' is kind %d, '%.*s'", samples[i].raw, (int)number.kind,
                     CM_STR_FMT(number.text));
        assert_int_equal(cm_phone_is_somebody(number), samples[i].kind != PHONE_WITHHELD);
    }
}

#define CHECK(samples) check(samples, sizeof(samples) / sizeof(samples)[0])

static void numbers_and_addresses_are_somebody(void **state)
{
    static const struct sample samples[] = {
        { "+15551234567", PHONE_E164, NULL },
        { "  +4670111 ", PHONE_E164, "+4670111" },
        { "+442079460000", PHONE_E164, NULL },
        { "72525", PHONE_SHORT, NULL },
        { "5551234567", PHONE_SHORT, NULL },
        { "client:alice", PHONE_CLIENT, NULL },
        { "sip:alice@example.com", PHONE_SIP, NULL },
        { "sips:+15551234567@example.com;transport=tls", PHONE_SIP, NULL },
    };

    (void)state;
    CHECK(samples);
}

/* ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE as Twilio shows them. */
static void withheld_callers_are_nobody_in_words_and_in_digits(void **state)
{
    static const struct sample samples[] = {
        { "", PHONE_WITHHELD, "anonymous" },
        { "anonymous", PHONE_WITHHELD, NULL },
        { "Anonymous", PHONE_WITHHELD, "anonymous" },
        { "RESTRICTED", PHONE_WITHHELD, "anonymous" },
        { "unknown", PHONE_WITHHELD, "anonymous" },
        { "+266696687", PHONE_WITHHELD, "anonymous" },
        { "266696687", PHONE_WITHHELD, "anonymous" },
        { "+7378742833", PHONE_WITHHELD, "anonymous" },
        { "+2562533", PHONE_WITHHELD, "anonymous" },
        { "+8656696", PHONE_WITHHELD, "anonymous" },
        { "+86282452253", PHONE_WITHHELD, "anonymous" },
        { "sip:anonymous@anonymous.invalid", PHONE_WITHHELD, "anonymous" },
        { "sip:Anonymous@10.1.2.3", PHONE_WITHHELD, "anonymous" },
        { "sip:@example.com", PHONE_WITHHELD, "anonymous" },
    };

    (void)state;
    CHECK(samples);
}

static void what_is_no_number_at_all_is_nobody(void **state)
{
    static const struct sample samples[] = {
        { "+", PHONE_WITHHELD, "anonymous" },
        { "+0155512345", PHONE_WITHHELD, "anonymous" },
        { "+1234567890123456", PHONE_WITHHELD, "anonymous" }, /* 16 digits */
        { "+1555 123", PHONE_WITHHELD, "anonymous" },
        { "client:", PHONE_WITHHELD, "anonymous" },
        { "sip:", PHONE_WITHHELD, "anonymous" },
        { "<script>", PHONE_WITHHELD, "anonymous" },
    };

    (void)state;
    CHECK(samples);
}

/* The digits of a withheld word with one more or one less are a number like any other. */
static void a_number_near_a_withheld_one_is_somebody(void **state)
{
    static const struct sample samples[] = {
        { "+2666966870", PHONE_E164, NULL },
        { "+26669668", PHONE_E164, NULL },
        { "+266696688", PHONE_E164, NULL },
    };

    (void)state;
    CHECK(samples);
}

static void a_number_in_e164_is_a_plus_and_digits(void **state)
{
    (void)state;
    assert_true(cm_is_e164(CM_STR("+15551234567")));
    assert_true(cm_is_e164(CM_STR("+46")));
    assert_true(cm_is_e164(CM_STR("+123456789012345")));
    assert_false(cm_is_e164(CM_STR("+1234567890123456")));
    assert_false(cm_is_e164(CM_STR("15551234567")));
    assert_false(cm_is_e164(CM_STR("+05551234567")));
    assert_false(cm_is_e164(CM_STR("+1")));
    assert_false(cm_is_e164(CM_STR("+1555 123")));
    assert_false(cm_is_e164(CM_STR("+1555\n")));
    assert_false(cm_is_e164(CM_STR("+")));
    assert_false(cm_is_e164(CM_STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_addresses_are_somebody),
        cmocka_unit_test(withheld_callers_are_nobody_in_words_and_in_digits),
        cmocka_unit_test(what_is_no_number_at_all_is_nobody),
        cmocka_unit_test(a_number_near_a_withheld_one_is_somebody),
        cmocka_unit_test(a_number_in_e164_is_a_plus_and_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
