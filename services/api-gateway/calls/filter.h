/* filter.h - which calls a request wants: a page of them, and the filters of its query. */
#pragma once
#include "body.h"
#include "page.h"

enum { CALL_TABLE_ROWS = 10 * 1000 };

enum call_filter_field {
    CALL_FILTER_NUMBER, /* part of either number */
    CALL_FILTER_CONTACT,
    CALL_FILTER_FROM, /* created at or after */
    CALL_FILTER_STATUS,
    CALL_FILTER_HAS_RECORDING,
    CALL_FILTER_SENTIMENT,
    CALL_FILTER_WORDS,    /* said in the call */
    CALL_FILTER_ANALYSIS, /* words of one of its analyses */
    CALL_FILTER_FAILED,
    CALL_FILTER_TO, /* created before: taken into where the page begins */
    CALL_FILTER_INCLUDE,
    CALL_FILTER_FIELDS
};

struct call_filter {
    struct page page;
    bool filtered; /* not all calls are wanted */
    bool by_words; /* those that hold words */
    bool with_steps;
    struct body_value values[CALL_FILTER_FIELDS];
};

/** Of the list: at most PAGE_ROWS_MAX calls, PAGE_ROWS where there is no limit. false: a value is
 * out of its bounds, and that was answered with 400. Views live as long as the request. */
bool call_filter_read(struct cm_http_request *rq, struct call_filter *out);
/** The same of the table, which has longer pages and nothing that would be included. */
bool call_filter_read_table(struct cm_http_request *rq, struct call_filter *out);

/** Adds the values from CALL_FILTER_NUMBER up to, but not, `end`; NULL for what is not filtered by.
 */
void call_filter_args(const struct call_filter *filter, enum call_filter_field end,
                      struct cm_args *args);

/** "2026-11-23T15:36:00Z", or "2026-11-23" for its beginning; with `end_of_day` that day's end
 * instead. */
bool call_filter_time(struct cm_str text, bool end_of_day, int64_t *out_us);
/** Digits, with or without a leading '+': from 2 to 16 of them. */
bool call_filter_is_number(struct cm_str text);
