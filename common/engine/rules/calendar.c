#include "engine/rules/calendar.h"

#include "base/clock.h"

/* Both ways after Howard Hinnant's days_from_civil and civil_from_days. */
int64_t day_number(struct day day)
{
    int64_t y = day.year - (day.month <= 2), era = (y >= 0 ? y : y - 399) / 400,
            yoe = y - era * 400;
    int64_t doy = (153 * (day.month + (day.month > 2 ? -3 : 9)) + 2) / 5 + day.day - 1;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

struct day day_of_number(int64_t number)
{
    int64_t z = number + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int month = (int)(mp < 10 ? mp + 3 : mp - 9);

    return (struct day){ (int)(yoe + era * 400 + (month <= 2)), month,
                         (int)(doy - (153 * mp + 2) / 5 + 1) };
}

int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

struct day day_of_call(const struct cm_transcript *transcript)
{
    int64_t seconds = transcript->started_at_us / CM_US_PER_SEC + transcript->utc_offset_s;

    return day_of_number((seconds - (seconds < 0 ? 86399 : 0)) / 86400);
}

struct day day_add(struct day day, int days)
{
    return day_of_number(day_number(day) + days);
}

int day_of_week(struct day day)
{
    return (int)(((day_number(day) + 4) % 7 + 7) % 7);
}

struct cm_str day_text(struct cm_arena *arena, struct day day)
{
    return cm_arena_printf(arena, "%04d-%02d-%02d", day.year, day.month, day.day);
}
