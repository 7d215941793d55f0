#include "engine/rules/dates.h"

#include "engine/rules/digits.h"

static const char weekdays[] = "sunday|monday|tuesday|wednesday|thursday|friday|saturday";
static const char months[] = "january|february|march|april|may|june|july|august|september|october|"
                             "november|december";

/* ---- what is said ---- */

/* A place among the words, and the day of the call. */
struct saying {
    const struct word *words;
    size_t count, at;
    struct day call;
    bool led; /* by "on", "by", "before" or the like */
};

static const struct word *ahead(const struct saying *s, size_t by)
{
    static const struct word nothing = { .low = { "", 0 } };

    return s->at + by < s->count ? &s->words[s->at + by] : &nothing;
}

static bool said(const struct saying *s, size_t by, const char *choices)
{
    return word_in(ahead(s, by), choices);
}

static int index_of(const struct word *word, const char *names)
{
    struct cm_str rest = cm_str_of(names), name;

    for (int i = 0; cm_str_split(&rest, '|', &name); i++)
        if (cm_str_eq(name, word->low))
            return i;
    return -1;
}

static bool take(struct saying *s, size_t words)
{
    s->at += words;
    return true;
}

static struct day to_weekday(struct day from, int weekday, int least)
{
    int ahead_days = (weekday - day_of_week(from) + 7) % 7;

    return day_add(from, ahead_days < least ? ahead_days + 7 : ahead_days);
}

static struct day monday_of(struct day day)
{
    return day_add(day, -((day_of_week(day) + 6) % 7));
}

/* The Friday of the week that lies `weeks` ahead; of this one, when it is over, the next Friday. */
static struct day friday_of(struct day call, int weeks)
{
    struct day friday = day_add(monday_of(call), 4 + 7 * weeks);

    return weeks == 0 && day_number(friday) < day_number(call) ? day_add(friday, 7) : friday;
}

static struct day month_end(struct day call, int months_ahead)
{
    int month = call.month - 1 + months_ahead, year = call.year + month / 12;

    month = month % 12 + 1;
    return (struct day){ year, month, days_in_month(year, month) };
}

static bool near_day(struct saying *s, struct day *day)
{
    *day = s->call;
    if (said(s, 0, "today|tonight|eod|cob"))
        return take(s, 1);
    if (said(s, 0, "tomorrow")) {
        *day = day_add(s->call, 1);
        return take(s, said(s, 1, "morning|afternoon|evening|night") ? 2 : 1);
    }
    if (said(s, 0, "the") && said(s, 1, "day") && said(s, 2, "after") && said(s, 3, "tomorrow")) {
        *day = day_add(s->call, 2);
        return take(s, 4);
    }
    if (said(s, 0, "day") && said(s, 1, "after") && said(s, 2, "tomorrow")) {
        *day = day_add(s->call, 2);
        return take(s, 3);
    }
    if (said(s, 0, "this|later") && said(s, 1, "morning|afternoon|evening|today"))
        return take(s, 2);
    if (said(s, 0, "close|end") && said(s, 1, "of") && said(s, 2, "business|day|today|play"))
        return take(s, said(s, 3, "today") ? 4 : 3);
    if (said(s, 0, "the") && said(s, 1, "end|close") && said(s, 2, "of") && said(s, 3, "the") &&
        said(s, 4, "day"))
        return take(s, 5);
    if (said(s, 0, "the") && said(s, 1, "end") && said(s, 2, "of") &&
        said(s, 3, "business|day|today"))
        return take(s, 4);
    return false;
}

/* "the end of next week", "next week", "this month", "the weekend". */
static bool stretch(struct saying *s, struct day *day)
{
    size_t skip = said(s, 0, "the") ? 1 : 0;
    int weeks;

    if (said(s, skip, "end") && said(s, skip + 1, "of"))
        skip += 2;
    else if (said(s, 0, "sometime|early|late|later|earlier"))
        skip = 1;
    if (said(s, skip, "the|this|next|following")) {
        weeks = said(s, skip, "next|following");
        skip++;
    } else if (skip >= 2 || (skip == 1 && said(s, 1, "weekend"))) {
        weeks = 0;
    } else {
        return false;
    }
    if (said(s, skip, "week"))
        *day = friday_of(s->call, weeks);
    else if (said(s, skip, "weekend"))
        *day = day_add(monday_of(s->call), 6 + 7 * weeks);
    else if (said(s, skip, "month"))
        *day = month_end(s->call, weeks);
    else if (said(s, skip, "year"))
        *day = (struct day){ s->call.year + weeks, 12, 31 };
    else
        return false;
    /* "the week" alone is no day, only "the end of the week" is. */
    if (skip == 1 && said(s, 0, "the") && !said(s, 1, "weekend"))
        return false;
    return take(s, skip + 1);
}

static struct day add_business_days(struct day day, int days)
{
    while (days > 0) {
        day = day_add(day, 1);
        if (day_of_week(day) != 0 && day_of_week(day) != 6)
            days--;
    }
    return day;
}

static bool add_units(const struct word *unit, int count, bool business, struct day *day)
{
    if (word_in(unit, "day|days"))
        *day = business ? add_business_days(*day, count) : day_add(*day, count);
    else if (word_in(unit, "week|weeks"))
        *day = day_add(*day, 7 * count);
    else if (word_in(unit, "hour|hours"))
        *day = day_add(*day, count >= 12 ? (count + 23) / 24 : 0);
    else if (word_in(unit, "minute|minutes"))
        *day = day_add(*day, 0);
    else if (word_in(unit, "month|months")) {
        struct day last = month_end(*day, count);

        *day = (struct day){ last.year, last.month, day->day < last.day ? day->day : last.day };
    } else {
        return false;
    }
    return true;
}

/* "in two weeks", "within 48 hours", "in a couple of days", "three days from now". */
static bool distance(struct saying *s, struct day *day)
{
    bool led = said(s, 0, "in|within"), business = false;
    size_t skip = led, unit;
    int count;

    if (led && said(s, skip, "the") && said(s, skip + 1, "next"))
        skip += 2;
    else if (led && said(s, skip, "about|around|approximately|another|maybe"))
        skip++;
    count = number_of(ahead(s, skip));
    if (said(s, skip, "few"))
        count = 3;
    if (said(s, skip, "a") && said(s, skip + 1, "few|couple")) {
        skip++;
        count = said(s, skip, "few") ? 3 : 2;
    }
    if (count < 0 || count > 365)
        return false;
    skip++;
    if (said(s, skip, "of"))
        skip++;
    if (said(s, skip, "to|or") && number_of(ahead(s, skip + 1)) > count) {
        count = number_of(ahead(s, skip + 1));
        skip += 2;
    }
    if (said(s, skip, "business|working|work")) {
        business = true;
        skip++;
    }
    unit = skip++;
    *day = s->call;
    if (count > 365 || !add_units(ahead(s, unit), count, business, day))
        return false;
    if (said(s, skip, "from") && said(s, skip + 1, "now|today"))
        return take(s, skip + 2);
    return led && take(s, skip);
}

static bool is_day_of(int year, int month, int day)
{
    return month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month);
}

/* "3", "3rd", "third", "twenty first". Returns how many words; 0: none. */
static size_t take_day_number(const struct saying *s, size_t at, bool ordinal_only, int *number)
{
    int value = ordinal_of(ahead(s, at)), unit;

    if (value < 0 && said(s, at, "twenty|thirty")) {
        unit = ordinal_of(ahead(s, at + 1));
        if (unit >= 1 && unit <= 9) {
            *number = (said(s, at, "twenty") ? 20 : 30) + unit;
            return 2;
        }
    }
    if (value < 0 && !ordinal_only && !said(s, at, "a|an|couple"))
        value = number_of(ahead(s, at));
    if (value < 1 || value > 31)
        return 0;
    *number = value;
    return 1;
}

static size_t year_number(const struct saying *s, size_t at)
{
    int year = ahead(s, at)->low.len == 4 ? number_of(ahead(s, at)) : -1;

    return year >= s->call.year && year <= s->call.year + 20 ? 1 : 0;
}

static bool month_day(struct saying *s, int month, int number, size_t words, struct day *day)
{
    size_t has_year = year_number(s, words);
    int first = has_year ? number_of(ahead(s, words)) : s->call.year;

    for (int year = first; year <= first + (has_year ? 0 : 1); year++) {
        struct day said_day = { year, month, number };

        if (!is_day_of(year, month, number) ||
            (!has_year && day_number(said_day) < day_number(s->call)))
            continue;
        *day = said_day;
        return take(s, words + has_year);
    }
    return false;
}

/* "March 3rd", "March the third", "the 3rd of March", "3 March". */
static bool named_month(struct saying *s, struct day *day)
{
    size_t the, words;
    int month = index_of(ahead(s, 0), months), number = 0;

    if (month >= 0) {
        the = said(s, 1, "the");
        words = take_day_number(s, 1 + the, false, &number);
        return words && month_day(s, month + 1, number, 1 + the + words, day);
    }
    the = said(s, 0, "the");
    words = take_day_number(s, the, false, &number);
    if (!words)
        return false;
    words += the;
    words += said(s, words, "of");
    month = index_of(ahead(s, words), months);
    return month >= 0 && month_day(s, month + 1, number, words + 1, day);
}

/* "on the 3rd": of this month, or of the next when it has passed. Only where a preposition leads.
 */
static bool bare_ordinal(struct saying *s, struct day *day)
{
    int number = 0, month = s->call.month, year = s->call.year;
    size_t words = s->led && said(s, 0, "the") ? take_day_number(s, 1, true, &number) : 0;
    const struct word *last = ahead(s, words);

    if (!words)
        return false;
    if (!last->mark && s->at + words + 1 < s->count &&
        !said(s, words + 1, "at|and|in|to|so|for|of|if|okay|then|with|or|around|by|before|morning"))
        return false; /* "on the second floor" */
    if (number < s->call.day && ++month > 12) {
        month = 1;
        year++;
    }
    if (!is_day_of(year, month, number))
        return false;

    *day = (struct day){ year, month, number };
    return take(s, words + 1);
}

/* "Friday", "this Friday", "next Friday", "Friday next week", "Friday morning". */
static bool weekday(struct saying *s, struct day *day)
{
    size_t skip = said(s, 0, "this|next|coming|following")       ? 1
                  : said(s, 0, "the") && said(s, 1, "following") ? 2
                                                                 : 0;
    int number = index_of(ahead(s, skip), weekdays);

    if (number < 0)
        return false;
    if (said(s, skip + 1, "the") && ordinal_of(ahead(s, skip + 2)) > 0) {
        s->led = take(s, skip + 1); /* "Tuesday the 1st": the number is what counts */
        return bare_ordinal(s, day);
    }

    *day = to_weekday(s->call, number, skip && said(s, 0, "this") ? 0 : 1);
    if (skip && said(s, 0, "next"))
        *day = day_add(monday_of(s->call), 7 + (number + 6) % 7);
    take(s, skip + 1);
    if (said(s, 0, "next") && said(s, 1, "week")) {
        *day = day_add(monday_of(s->call), 7 + (number + 6) % 7);
        take(s, 2);
    } else if (said(s, 0, "of") && said(s, 1, "next") && said(s, 2, "week")) {
        *day = day_add(monday_of(s->call), 7 + (number + 6) % 7);
        take(s, 3);
    }
    if (said(s, 0, "morning|afternoon|evening|night"))
        take(s, 1);
    return true;
}

/* "2027-03-14" */
static bool iso_date(struct saying *s, struct day *day)
{
    int year = ahead(s, 0)->low.len == 4 ? number_of(ahead(s, 0)) : -1;
    int month = number_of(ahead(s, 1)), number = number_of(ahead(s, 2));

    if (year < s->call.year || ahead(s, 0)->mark != '-' || ahead(s, 1)->mark != '-' ||
        !is_day_of(year, month, number))
        return false;

    *day = (struct day){ year, month, number };
    return take(s, 3);
}

/* "by", "on", "no later than": what leads to a day. */
static void take_lead(struct saying *s)
{
    if (said(s, 0, "no") && said(s, 1, "later") && said(s, 2, "than")) {
        s->led = take(s, 3);
        return;
    }
    for (int i = 0; i < 2; i++)
        if (said(s, 0, "by|on|before|until|till|at|around|for") ||
            (said(s, 0, "over|during") && said(s, 1, "the|this|next")))
            s->led = take(s, 1);
}

bool day_said(const struct sentence *sentence, size_t at, struct day call, struct day *day,
              size_t *end)
{
    static bool (*const forms[])(struct saying *,
                                 struct day *) = { near_day,     weekday,  distance, named_month,
                                                   bare_ordinal, iso_date, stretch };
    struct saying s = {
        .words = sentence->words, .count = sentence->count, .at = at, .call = call
    };
    size_t from;

    take_lead(&s);
    from = s.at;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        s.at = from;
        if (forms[i](&s, day)) {
            *end = s.at;
            return true;
        }
    }
    return false;
}
