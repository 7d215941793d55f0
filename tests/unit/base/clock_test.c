#include "base_test.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static void times_are_written_for_both_worlds(void **state)
{
    static const struct {
        int64_t at_us;
        const char *rfc3339, *rfc5322;
    } cases[] = {
        { 0, "1970-01-01T00:00:00.000000Z", "Thu, 01 Jan 1970 00:00:00 +0000" },
        { 1795448160123456, "2026-11-23T15:36:00.123456Z", "Mon, 23 Nov 2026 15:36:00 +0000" },
        { -1, "1969-12-31T23:59:59.999999Z", "Wed, 31 Dec 1969 23:59:59 +0000" },
        { 951782400000000, "2000-02-29T00:00:00.000000Z", "Tue, 29 Feb 2000 00:00:00 +0000" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(cm_time_rfc3339(cases[i].at_us).at, cases[i].rfc3339);
        assert_string_equal(cm_time_rfc5322(cases[i].at_us).at, cases[i].rfc5322);
    }
}

static void rfc3339_is_read_with_fraction_and_offset(void **state)
{
    static const struct {
        const char *text;
        int64_t at_us;
    } cases[] = {
        { "2026-11-23T15:36:00Z", 1795448160000000 },
        { "2026-11-23t15:36:00z", 1795448160000000 },
        { "2026-11-23 15:36:00Z", 1795448160000000 },
        { "2026-11-23T15:36:00.1Z", 1795448160100000 },
        { "2026-11-23T15:36:00.123456789Z", 1795448160123456 },
        { "2026-11-23T17:06:00+01:30", 1795448160000000 },
        { "2026-11-23T10:36:00-05:00", 1795448160000000 },
        { "2000-02-29T00:00:00Z", 951782400000000 },
        { "2016-12-31T23:59:60Z", 1483228800000000 },
        { "0001-01-01T00:00:00Z", -62135596800000000 },
        { "9999-12-31T23:59:59.999999Z", 253402300799999999 },
    };
    int64_t at_us;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(cm_time_parse_rfc3339(cm_str_of(cases[i].text), &at_us));
        assert_true(at_us == cases[i].at_us);
    }
}

static void no_offset_leads_out_of_the_years_that_can_be_written(void **state)
{
    static const struct {
        const char *text, *is;
    } cases[] = {
        { "0001-01-01T00:00:00+08:00", "0001-01-01T00:00:00.000000Z" },
        { "0001-01-01T08:00:00+08:00", "0001-01-01T00:00:00.000000Z" },
        { "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59.999999Z" },
        { "9999-12-31T23:59:60Z", "9999-12-31T23:59:59.999999Z" },
        { "9999-12-31T15:59:59-08:00", "9999-12-31T23:59:59.000000Z" },
    };
    int64_t at_us;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(cm_time_parse_rfc3339(cm_str_of(cases[i].text), &at_us));
        assert_string_equal(cm_time_rfc3339(at_us).at, cases[i].is);
    }
}

static void what_is_no_time_is_not_read(void **state)
{
    static const char *const bad[] = {
        "",
        "2026-11-23",
        "2026-11-23T15:36:00",
        "2026-11-23T15:36Z",
        "2026-02-30T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-11-00T00:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T15:60:00Z",
        "2026-11-23T15:36:61Z",
        "2026-11-23T15:36:00.Z",
        "2026-11-23T15:36:00+0100",
        "2026-11-23T15:36:00+01:60",
        "2026-11-23T15:36:00Zx",
        " 2026-11-23T15:36:00Z",
        "2026-11-23T15:36:00ZZ",
        "-026-11-23T15:36:00Z",
        "0000-11-23T15:36:00Z",
        "2026-1a-23T15:36:00Z",
    };
    int64_t at_us = 7;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (cm_time_parse_rfc3339(cm_str_of(bad[i]), &at_us))
            fail_msg("%s", bad[i]);
    assert_int_equal(at_us, 7);
}

static void twilios_times_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t at_us;
    } cases[] = {
        { "Mon, 23 Nov 2026 15:36:00 +0000", 1795448160000000 },
        { "23 Nov 2026 15:36:00 +0000", 1795448160000000 },
        { "Mon, 23 Nov 2026 10:36:00 -0500", 1795448160000000 },
        { "Thu, 1 Jan 1970 00:00:00 +0000", 0 },
        { "Thu, 01 Jan 1970 00:00:00 +0000", 0 },
    };
    static const char *const bad[] = { "",
                                       "Mon, 23 Nov 2026 15:36:00",
                                       "Mon, 23 Foo 2026 15:36:00 +0000",
                                       "Mon, 31 Feb 2026 15:36:00 +0000",
                                       "Mon, 23 Nov 26 15:36:00 +0000",
                                       "Mon, 23 Nov 2026 15:36:00 +00:00",
                                       "Mon, 23 Nov 2026 15:36:00 +0000 x" };
    int64_t at_us;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(cm_time_parse_rfc2822(cm_str_of(cases[i].text), &at_us));
        assert_true(at_us == cases[i].at_us);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (cm_time_parse_rfc2822(cm_str_of(bad[i]), &at_us))
            fail_msg("%s", bad[i]);
}

static void what_was_written_is_read_back(void **state)
{
    int64_t at_us, back_us;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        at_us = (int64_t)i * 31556952123457 / 10;
        assert_true(cm_time_parse_rfc3339(cm_str_of(cm_time_rfc3339(at_us).at), &back_us));
        assert_true(back_us == at_us);
        assert_true(cm_time_parse_rfc2822(cm_str_of(cm_time_rfc5322(at_us).at), &back_us));
        assert_true(back_us == at_us - at_us % CM_US_PER_SEC);
    }
}

static void a_time_cut_at_any_byte_is_no_time(void **state)
{
    static const char rfc3339[] = "2026-11-23T15:36:00.123456+00:00";
    static const char rfc2822[] = "Mon, 23 Nov 2026 15:36:00 +0000";
    int64_t at_us;

    (void)state;
    for (size_t len = 0; len < sizeof rfc3339 - 1; len++) {
        char *exact = malloc(len + !len);

        memcpy(exact, rfc3339, len);
        assert_false(cm_time_parse_rfc3339((struct cm_str){ exact, len }, &at_us));
        free(exact);
    }
    for (size_t len = 0; len < sizeof rfc2822 - 1; len++) {
        char *exact = malloc(len + !len);

        memcpy(exact, rfc2822, len);
        assert_false(cm_time_parse_rfc2822((struct cm_str){ exact, len }, &at_us));
        free(exact);
    }
}

static void the_monotonic_clock_does_not_go_back(void **state)
{
    int64_t last_ms = cm_mono_ms();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t now_ms = cm_mono_ms();

        assert_true(now_ms >= last_ms);
        last_ms = now_ms;
    }
    assert_true(cm_now_us() > 1700000000 * CM_US_PER_SEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_for_both_worlds),
        cmocka_unit_test(rfc3339_is_read_with_fraction_and_offset),
        cmocka_unit_test(no_offset_leads_out_of_the_years_that_can_be_written),
        cmocka_unit_test(what_is_no_time_is_not_read),
        cmocka_unit_test(twilios_times_are_read),
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(a_time_cut_at_any_byte_is_no_time),
        cmocka_unit_test(the_monotonic_clock_does_not_go_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
