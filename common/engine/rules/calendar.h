/* calendar.h - days of the Gregorian calendar as values. */
#pragma once
#include "engine/text.h"

struct day {
    int year, month, day;
};

int64_t day_number(struct day day); /* since 1970-01-01 */
struct day day_of_number(int64_t number);
struct day day_add(struct day day, int days);
int day_of_week(struct day day); /* 0: Sunday */
int days_in_month(int year, int month);
/** On the organization's clocks. */
struct day day_of_call(const struct cm_transcript *transcript);
struct cm_str day_text(struct cm_arena *arena, struct day day); /* YYYY-MM-DD */
