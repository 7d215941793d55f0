#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "arena_fixture.h"
#include "engine/rules/dates.h"

/* The first day in `text` for a call on `call`; "" when there is none. */
static const char *day_in(const char *text, struct day call)
{
    struct cm_segment segment = { .role = CM_STR("caller"), .text = cm_str_of(text) };
    struct cm_transcript transcript = { .segments = &segment, .segment_count = 1 };
    const struct reading *reading = reading_new(&transcript, arena);
    struct day day;
    size_t end;

    for (size_t i = 0; reading->count && i < reading->sentences[0].count; i++)
        if (day_said(&reading->sentences[0], i, call, &day, &end)) {
            assert_true(end > i && end <= reading->sentences[0].count);
            return day_text(arena, day).at;
        }
    return "";
}

struct said_day {
    const char *text, *day;
};

static void assert_days(const struct said_day *days, size_t count, struct day call)
{
    for (size_t i = 0; i < count; i++) {
        const char *day = day_in(days[i].text, call);

        if (cm_str_is(cm_str_of(day), days[i].day))
            continue;
        fail_msg("\"%s\" is %s, not %s", days[i].text, days[i].day, day);
    }
}

static void days_are_reckoned_from_the_call(void **state)
{
    static const struct said_day monday[] = {
        { "today", "2026-11-23" },
        { "tonight at eight", "2026-11-23" },
        { "by the end of the day", "2026-11-23" },
        { "this afternoon", "2026-11-23" },
        { "tomorrow morning", "2026-11-24" },
        { "the day after tomorrow", "2026-11-25" },
        { "by Friday", "2026-11-27" },
        { "on Monday", "2026-11-30" },
        { "this Monday", "2026-11-23" },
        { "before Wednesday", "2026-11-25" },
        { "next Friday", "2026-12-04" },
        { "Friday next week", "2026-12-04" },
        { "on Friday of next week", "2026-12-04" },
        { "Tuesday the 1st", "2026-12-01" },
        { "in two days", "2026-11-25" },
        { "in a week", "2026-11-30" },
        { "in about three weeks", "2026-12-14" },
        { "within 48 hours", "2026-11-25" },
        { "in an hour", "2026-11-23" },
        { "in a couple of days", "2026-11-25" },
        { "in a few days", "2026-11-26" },
        { "in five to seven business days", "2026-12-02" },
        { "in two months", "2027-01-23" },
        { "three days from now", "2026-11-26" },
        { "a week from today", "2026-11-30" },
        { "this week", "2026-11-27" },
        { "by the end of the week", "2026-11-27" },
        { "next week", "2026-12-04" },
        { "by the end of next week", "2026-12-04" },
        { "over the weekend", "2026-11-29" },
        { "end of the month", "2026-11-30" },
        { "next month", "2026-12-31" },
        { "by the end of the year", "2026-12-31" },
        { "March 3rd", "2027-03-03" },
        { "on March third", "2027-03-03" },
        { "the 3rd of March", "2027-03-03" },
        { "December 1", "2026-12-01" },
        { "November 30th, 2026", "2026-11-30" },
        { "on the 30th", "2026-11-30" },
        { "by the twenty fifth", "2026-11-25" },
        { "by the 3rd", "2026-12-03" },
        { "on 2026-12-24", "2026-12-24" },
    };

    (void)state;
    assert_days(monday, sizeof monday / sizeof *monday, (struct day){ 2026, 11, 23 });
}

static void a_weekday_on_that_weekday_is_the_next_one(void **state)
{
    static const struct said_day friday[] = {
        { "by Friday", "2026-12-04" },
        { "this Friday", "2026-11-27" },
        { "next Friday", "2026-12-04" },
        { "this week", "2026-11-27" },
    };
    static const struct said_day saturday[] = {
        { "this week", "2026-12-04" },
        { "next Friday", "2026-12-04" },
        { "on Monday", "2026-11-30" },
    };

    (void)state;
    assert_days(friday, sizeof friday / sizeof *friday, (struct day){ 2026, 11, 27 });
    assert_days(saturday, sizeof saturday / sizeof *saturday, (struct day){ 2026, 11, 28 });
}

static void months_and_years_turn(void **state)
{
    static const struct said_day new_years_eve[] = {
        { "tomorrow", "2028-01-01" },      { "in two months", "2028-02-29" },
        { "February 29th", "2028-02-29" }, { "on the 3rd", "2028-01-03" },
        { "next month", "2028-01-31" },
    };

    (void)state;
    assert_days(new_years_eve, sizeof new_years_eve / sizeof *new_years_eve,
                (struct day){ 2027, 12, 31 });
}

static void what_is_no_day_gives_none(void **state)
{
    static const struct said_day none[] = {
        { "the second floor", "" },
        { "on the second floor", "" },
        { "for the third time", "" },
        { "I may call you", "" },
        { "we march on", "" },
        { "two of the windows", "" },
        { "in the house", "" },
        { "at five", "" },
        { "the week", "" },
        { "February 30th", "" },
        { "in five hundred days", "" },
        { "a day", "" },
        { "on the 32nd", "" },
        { "by", "" },
        { "next", "" },
    };

    (void)state;
    assert_days(none, sizeof none / sizeof *none, (struct day){ 2026, 11, 23 });
}

static void the_day_of_the_call_is_the_organizations(void **state)
{
    struct cm_transcript late = { .started_at_us =
                                      INT64_C(1795492800) * 1000000 - 1 }; /* 2026-11-24T04:00Z */

    (void)state;
    assert_true(cm_str_is(day_text(arena, day_of_call(&late)), "2026-11-24"));
    late.utc_offset_s = INT64_C(-5) * 3600;
    assert_true(cm_str_is(day_text(arena, day_of_call(&late)), "2026-11-23"));
}

static void the_calendar_goes_there_and_back(void **state)
{
    (void)state;
    for (int64_t number = -200000; number < 200000; number += 97)
        assert_int_equal(day_number(day_of_number(number)), number);
    assert_int_equal(day_of_week((struct day){ 1970, 1, 1 }), 4);
    assert_int_equal(day_of_week((struct day){ 2026, 11, 23 }), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_reckoned_from_the_call),
        cmocka_unit_test(a_weekday_on_that_weekday_is_the_next_one),
        cmocka_unit_test(months_and_years_turn),
        cmocka_unit_test(what_is_no_day_gives_none),
        cmocka_unit_test(the_day_of_the_call_is_the_organizations),
        cmocka_unit_test(the_calendar_goes_there_and_back),
    };

    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
