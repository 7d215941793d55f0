/* dates.h - days that are said ("by Friday", "in two weeks", "the 3rd") as dates.
 *
 * What lies in the past of the call is taken as the next such day after it. "before Friday" is due
 * on Friday, "this week" on its Friday, "this month" on its last day.
 */
#pragma once
#include "engine/rules/calendar.h"
#include "engine/rules/reading.h"

/** Is a day said at word `at`? `*end` is behind its last word, a leading "by" or "on" included. */
bool day_said(const struct sentence *sentence, size_t at, struct day call, struct day *day,
              size_t *end);
