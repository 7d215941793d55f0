#include "calls/filter.h"

#include <stdio.h>

#include "base/clock.h"
#include "query.h"

enum { TIME_MAX = 64, WORDS_MAX = 200 };

static bool is_time(struct cm_str text)
{
    int64_t at_us;

    return call_filter_time(text, false, &at_us);
}

#define TIME_FIELD(name)                                                                           \
    {                                                                                              \
        name, BODY_TEXT, .max = TIME_MAX, .fits = is_time,                                         \
                         .form = "a date (2026-11-23) or a time (2026-11-23T15:36:00Z)"            \
    }
static const struct body_field fields[CALL_FILTER_FIELDS] = {
    [CALL_FILTER_NUMBER] = { "number", BODY_TEXT, .min = 2, .max = 16,
                             .fits = call_filter_is_number,
                             .form =
                                 "2 to 15 digits of a phone number, with or without a leading +" },
    [CALL_FILTER_CONTACT] = { .name = "contact", .type = BODY_ID },
    [CALL_FILTER_FROM] = TIME_FIELD("from"),
    [CALL_FILTER_STATUS] = { "status", BODY_CHOICE,
                             .choices = "queued|initiated|ringing|in-progress|completed|busy|failed"
                                        "|no-answer|canceled" },
    [CALL_FILTER_HAS_RECORDING] = { .name = "has_recording", .type = BODY_FLAG },
    [CALL_FILTER_SENTIMENT] = { "sentiment", BODY_CHOICE,
                                .choices = "positive|neutral|mixed|negative" },
    [CALL_FILTER_WORDS] = { "q", BODY_TEXT, .min = 1, .max = WORDS_MAX },
    [CALL_FILTER_ANALYSIS] = { "analysis", BODY_TEXT, .min = 1, .max = WORDS_MAX },
    [CALL_FILTER_FAILED] = { .name = "failed", .type = BODY_FLAG },
    [CALL_FILTER_TO] = TIME_FIELD("to"),
    [CALL_FILTER_INCLUDE] = { "include", BODY_CHOICE, .choices = "steps" },
};

bool call_filter_time(struct cm_str text, bool end_of_day, int64_t *out_us)
{
    char midnight[24];

    if (text.len != 10)
        return cm_time_parse_rfc3339(text, out_us);

    snprintf(midnight, sizeof midnight, "%.*sT00:00:00Z", CM_STR_FMT(text));
    if (!cm_time_parse_rfc3339(cm_str_of(midnight), out_us))
        return false;
    if (end_of_day)
        *out_us += INT64_C(86400) * CM_US_PER_SEC;
    return true;
}

bool call_filter_is_number(struct cm_str text)
{
    if (text.len < 2 || text.len > 16)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if ((text.at[i] < '0' || text.at[i] > '9') && (text.at[i] != '+' || i > 0))
            return false;
    return true;
}

/* Newest first, so what was created before some time is what comes behind it in the list. */
static void begin_before(struct page *page, struct cm_str time)
{
    struct cursor before = { .list = CURSOR_CALLS };

    if (call_filter_time(time, true, &before.at_us) && before.at_us <= page->after.at_us)
        page->after = before;
}

static bool read_page(struct cm_http_request *rq, int rows, int rows_max, struct page *page)
{
    struct cm_err err;

    if (page_take(rq, CURSOR_CALLS, rows, rows_max, page, &err) == CM_OK)
        return true;

    reply_bad_request(rq, err.msg);
    return false;
}

static bool read_values(struct cm_http_request *rq, size_t count, struct call_filter *filter)
{
    struct body_value *values = filter->values;

    if (!query_read(rq, fields, count, values))
        return false;

    if (values[CALL_FILTER_TO].given)
        begin_before(&filter->page, values[CALL_FILTER_TO].text);
    filter->with_steps = values[CALL_FILTER_INCLUDE].given;
    filter->by_words = values[CALL_FILTER_WORDS].given || values[CALL_FILTER_ANALYSIS].given;
    for (size_t i = 0; i < CALL_FILTER_TO; i++)
        filter->filtered |= values[i].given;
    return true;
}

bool call_filter_read(struct cm_http_request *rq, struct call_filter *out)
{
    *out = (struct call_filter){ 0 };
    return read_page(rq, PAGE_ROWS, PAGE_ROWS_MAX, &out->page) &&
           read_values(rq, CALL_FILTER_FIELDS, out);
}

bool call_filter_read_table(struct cm_http_request *rq, struct call_filter *out)
{
    *out = (struct call_filter){ 0 };
    return read_page(rq, CALL_TABLE_ROWS, CALL_TABLE_ROWS, &out->page) &&
           read_values(rq, CALL_FILTER_INCLUDE, out);
}

static void add_from(struct cm_args *args, const struct body_value *value)
{
    struct cm_opt_i64 from_us = { .set = value->given };

    if (value->given)
        call_filter_time(value->text, false, &from_us.value);
    cm_arg_opt_time(args, from_us);
}

void call_filter_args(const struct call_filter *filter, enum call_filter_field end,
                      struct cm_args *args)
{
    for (size_t i = 0; i < end; i++)
        if (i == CALL_FILTER_FROM)
            add_from(args, &filter->values[i]);
        else
            body_arg(args, &fields[i], &filter->values[i]);
}
