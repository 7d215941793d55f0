/* export.c - GET /api/calls/export: the list as a table for a spreadsheet.
 *
 * A page of it is two hundred of the list's pages. In an event loop everybody else there would wait
 * for it, so a worker makes it, which also bounds how many of them are in memory at a time.
 */
#include <stdio.h>

#include "base/clock.h"
#include "calls/csv.h"
#include "calls/find.h"
#include "change.h"
#include "endpoints.h"
#include "reply.h"

enum column_type { TEXT, TIME, SECONDS, FLAG, ID };
static const struct column {
    const char *name;
    int at; /* in the statement */
    enum column_type type;
} columns[] = {
    { "id", CALL_COLUMN_ID, ID },
    { "call_sid", CALL_COLUMN_CALL_SID, TEXT },
    { "direction", CALL_COLUMN_DIRECTION, TEXT },
    { "from", CALL_FIND_FROM_NUMBER, TEXT },
    { "to", CALL_FIND_TO_NUMBER, TEXT },
    { "contact", CALL_COLUMN_CONTACT_NAME, TEXT },
    { "status", CALL_COLUMN_STATUS, TEXT },
    { "started_at", CALL_COLUMN_STARTED_AT, TIME },
    { "ended_at", CALL_COLUMN_ENDED_AT, TIME },
    { "duration_s", CALL_COLUMN_DURATION, SECONDS },
    { "has_recording", CALL_COLUMN_HAS_RECORDING, FLAG },
    { "sentiment", CALL_COLUMN_SENTIMENT, TEXT },
    { "summary", CALL_COLUMN_SUMMARY, TEXT },
};
enum { COLUMNS = sizeof columns / sizeof *columns };

/* 72, or 72.5 */
static void put_seconds(struct csv *csv, int64_t ms)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%lld.%03d", (long long)(ms / 1000), (int)(ms % 1000));

    while (text[len - 1] == '0')
        len--;
    if (text[len - 1] == '.')
        len--;
    csv_field(csv, (struct cm_str){ text, (size_t)len });
}

static void put_field(struct csv *csv, const struct column *column, const struct cm_rows *rows,
                      int row)
{
    if (cm_row_is_null(rows, row, column->at)) {
        csv_field(csv, (struct cm_str){ 0 });
        return;
    }
    switch (column->type) {
    case TEXT:
        csv_field(csv, cm_row_str(rows, row, column->at));
        break;
    case TIME:
        csv_field(csv, cm_str_of(cm_time_rfc3339(cm_row_time(rows, row, column->at)).at));
        break;
    case SECONDS:
        put_seconds(csv, cm_row_i64(rows, row, column->at));
        break;
    case FLAG:
        csv_field(csv, cm_str_of(cm_row_bool(rows, row, column->at) ? "true" : "false"));
        break;
    case ID:
        csv_field(csv, cm_str_of(cm_uuid_text(cm_row_uuid(rows, row, column->at)).at));
        break;
    }
}

static void put_table(struct cm_buf *to, const struct cm_rows *rows, int shown)
{
    struct csv csv = { .to = to };

    for (size_t i = 0; i < COLUMNS; i++)
        csv_field(&csv, cm_str_of(columns[i].name));
    csv_end_line(&csv);
    for (int row = 0; row < shown; row++) {
        for (size_t i = 0; i < COLUMNS; i++)
            put_field(&csv, &columns[i], rows, row);
        csv_end_line(&csv);
    }
}

static void reply_table(struct change *change, const struct page *page, const struct cm_rows *rows)
{
    int shown = page_link(change->rq, page, rows, call_place);
    struct cm_buf body = { 0 };

    cm_http_set(change->rq, "Content-Disposition",
                cm_arena_printf(change->arena, "attachment; filename=\"calls-%.10s.csv\"",
                                cm_time_rfc3339(change->now_us).at)
                    .at);
    put_table(&body, rows, shown);
    cm_http_reply_buf(change->rq, 200, "text/csv; charset=utf-8", &body);
}

void export_calls(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 }; /* that changes nothing */
    struct call_filter filter;
    CM_OWN(cm_rows) rows = NULL;
    struct cm_pipe_step find;

    if (!change_begin(&change, rq, ctx, CHANGE_BY_MEMBER) || !call_filter_read_table(rq, &filter))
        return;
    find = call_find(&filter, false, change.arena);
    if (change_query(&change, find.stmt, find.args, &rows))
        reply_table(&change, &filter.page, rows);
}
