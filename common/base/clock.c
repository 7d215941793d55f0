#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const day_names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const month_names[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

int64_t cm_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * CM_US_PER_SEC + now.tv_nsec / 1000;
}

int64_t cm_mono_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void cm_pause_ms(int ms)
{
    const struct timespec pause = { ms / 1000, ms % 1000 * 1000000L };

    nanosleep(&pause, NULL);
}

/* Days since 1970 to a date of the proleptic Gregorian calendar; gmtime_r takes a lock and asks
 * about time zones. Source: Howard Hinnant, chrono-Compatible Low-Level Date Algorithms,
 * civil_from_days. */
static void take_date(struct tm *tm, int64_t days)
{
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t of_era = z - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153; /* from March */

    tm->tm_mday = (int)(of_year - (153 * month + 2) / 5 + 1);
    tm->tm_mon = (int)(month < 10 ? month + 2 : month - 10);
    tm->tm_year = (int)(year + era * 400 + (tm->tm_mon < 2 ? 1 : 0) - 1900);
    tm->tm_wday = (int)((days % 7 + 11) % 7);
}

static struct tm broken_down(int64_t at_us, int *micros)
{
    const int64_t day_us = INT64_C(86400) * CM_US_PER_SEC;
    int64_t days = (at_us >= 0 ? at_us : at_us - day_us + 1) / day_us, rest = at_us - days * day_us;
    struct tm tm = { 0 };

    take_date(&tm, days);
    *micros = (int)(rest % CM_US_PER_SEC);
    rest /= CM_US_PER_SEC;
    tm.tm_hour = (int)(rest / 3600);
    tm.tm_min = (int)(rest / 60 % 60);
    tm.tm_sec = (int)(rest % 60);
    return tm;
}

static void put_digits(char *at, int count, int value)
{
    for (; count > 0; value /= 10)
        at[--count] = (char)('0' + value % 10);
}

/* A list of calls holds hundreds of these, so they are put digit by digit and not by printf. */
struct cm_time_text cm_time_rfc3339(int64_t at_us)
{
    struct cm_time_text text = { "0000-00-00T00:00:00.000000Z" };
    int micros;
    struct tm tm = broken_down(at_us, &micros);

    put_digits(text.at, 4, tm.tm_year + 1900);
    put_digits(text.at + 5, 2, tm.tm_mon + 1);
    put_digits(text.at + 8, 2, tm.tm_mday);
    put_digits(text.at + 11, 2, tm.tm_hour);
    put_digits(text.at + 14, 2, tm.tm_min);
    put_digits(text.at + 17, 2, tm.tm_sec);
    put_digits(text.at + 20, 6, micros);
    return text;
}

struct cm_time_text cm_time_rfc5322(int64_t at_us)
{
    struct cm_time_text text;
    int micros;
    struct tm tm = broken_down(at_us, &micros);

    /* Not strftime's %a and %b: those follow the locale. */
    snprintf(text.at, sizeof text.at, "%s, %02d %s %d %02d:%02d:%02d +0000", day_names[tm.tm_wday],
             tm.tm_mday, month_names[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
             tm.tm_sec);
    return text;
}

struct reader {
    struct cm_str rest;
    bool ok;
};

static int number(struct reader *in, size_t digits, int min, int max)
{
    int64_t value = 0;

    if (!in->ok || in->rest.len < digits ||
        !cm_str_i64((struct cm_str){ in->rest.at, digits }, min, max, &value)) {
        in->ok = false;
        return min;
    }
    in->rest.at += digits;
    in->rest.len -= digits;
    return (int)value;
}

static bool accept(struct reader *in, const char *any)
{
    if (!in->rest.len || !strchr(any, in->rest.at[0]))
        return false;

    in->rest.at++;
    in->rest.len--;
    return true;
}

static void expect(struct reader *in, const char *any)
{
    if (!accept(in, any))
        in->ok = false;
}

static int offset_seconds(struct reader *in, bool colon)
{
    int sign, hours, minutes;

    if (colon && accept(in, "Zz"))
        return 0;
    sign = in->rest.len && in->rest.at[0] == '-' ? -1 : 1;
    expect(in, "+-");
    hours = number(in, 2, 0, 23);
    if (colon)
        expect(in, ":");
    minutes = number(in, 2, 0, 59);
    return sign * (hours * 3600 + minutes * 60);
}

static int fraction_us(struct reader *in)
{
    int micros = 0, weight = 100000;

    if (!accept(in, "."))
        return 0;
    if (!in->rest.len || in->rest.at[0] < '0' || in->rest.at[0] > '9')
        in->ok = false;
    while (in->rest.len && in->rest.at[0] >= '0' && in->rest.at[0] <= '9') {
        micros += (in->rest.at[0] - '0') * weight;
        weight /= 10;
        in->rest.at++;
        in->rest.len--;
    }
    return micros;
}

/* Of the years 1 to 9999: all that can be written with four digits, and that PostgreSQL calls by
 * the same name. An offset may lead out of them; then the nearest is meant. */
static int64_t within_four_digits(int64_t at_us)
{
    const int64_t first_us = INT64_C(-62135596800000000), last_us = INT64_C(253402300799999999);

    return at_us < first_us ? first_us : at_us > last_us ? last_us : at_us;
}

static bool finish(const struct reader *in, struct tm *tm, int micros, int offset, int64_t *at_us)
{
    int day = tm->tm_mday, leap = tm->tm_sec == 60;
    time_t seconds;

    if (!in->ok || in->rest.len)
        return false;
    tm->tm_sec -= leap; /* a leap second at midnight is no other day yet */
    seconds = timegm(tm) + leap;
    if (tm->tm_mday != day) /* 30 February */
        return false;

    *at_us = within_four_digits(((int64_t)seconds - offset) * CM_US_PER_SEC + micros);
    return true;
}

bool cm_time_parse_rfc3339(struct cm_str text, int64_t *at_us)
{
    struct reader in = { text, true };
    struct tm tm = { 0 };
    int micros, offset;

    tm.tm_year = number(&in, 4, 1, 9999) - 1900;
    expect(&in, "-");
    tm.tm_mon = number(&in, 2, 1, 12) - 1;
    expect(&in, "-");
    tm.tm_mday = number(&in, 2, 1, 31);
    expect(&in, "Tt ");
    tm.tm_hour = number(&in, 2, 0, 23);
    expect(&in, ":");
    tm.tm_min = number(&in, 2, 0, 59);
    expect(&in, ":");
    tm.tm_sec = number(&in, 2, 0, 60);
    micros = fraction_us(&in);
    offset = offset_seconds(&in, true);
    return finish(&in, &tm, micros, offset, at_us);
}

bool cm_time_parse_rfc2822(struct cm_str text, int64_t *at_us)
{
    struct reader in = { text, true };
    struct tm tm = { 0 };
    int month = 0, offset;

    if (in.rest.len > 5 && in.rest.at[3] == ',') {
        in.rest.at += 4;
        in.rest.len -= 4;
    }
    while (accept(&in, " "))
        ;
    tm.tm_mday = number(&in, in.rest.len > 1 && in.rest.at[1] == ' ' ? 1 : 2, 1, 31);
    expect(&in, " ");
    while (month < 12 && !cm_str_starts(in.rest, month_names[month]))
        month++;
    if (month == 12)
        return false;
    tm.tm_mon = month;
    in.rest.at += 3;
    in.rest.len -= 3;
    expect(&in, " ");
    tm.tm_year = number(&in, 4, 1900, 9999) - 1900;
    expect(&in, " ");
    tm.tm_hour = number(&in, 2, 0, 23);
    expect(&in, ":");
    tm.tm_min = number(&in, 2, 0, 59);
    expect(&in, ":");
    tm.tm_sec = number(&in, 2, 0, 60);
    expect(&in, " ");
    offset = offset_seconds(&in, false);
    return finish(&in, &tm, 0, offset, at_us);
}
