/* list.c - GET /api/calls. */
#include "ask.h"
#include "calls/filter.h"
#include "calls/find.h"
#include "calls/highlight.h"
#include "calls/json.h"
#include "calls/steps.h"
#include "endpoints.h"
#include "reply.h"

/* The row comparison is what the index call_newest answers, from the first page on. The limit is a
 * literal: with a parameter the planner would reckon with a tenth of the table and never keep a
 * plan. It is one row more than a page, so that the end of the list shows. */
#define LIST(name, more, limit)                                                                    \
    {                                                                                              \
        name, "SELECT " CALL_COLUMNS more " FROM call c LEFT JOIN contact k ON k.id = "            \
              "c.contact_id WHERE (c.created_at, c.id) < ($1, $2)"                                 \
              " ORDER BY c.created_at DESC, c.id DESC LIMIT " limit                                \
    }
#define WITH_STEPS ", " CALL_STEPS_COLUMN ", NULL::text"
static const struct list {
    int limit;
    struct cm_stmt stmt, with_steps;
} lists[] = {
    { 20, LIST("calls_list_some", "", "21"), LIST("calls_steps_some", WITH_STEPS, "21") },
    { PAGE_ROWS, LIST("calls_list_page", "", "51"), LIST("calls_steps_page", WITH_STEPS, "51") },
    { PAGE_ROWS_MAX, LIST("calls_list_most", "", "101"),
      LIST("calls_steps_most", WITH_STEPS, "101") },
};

static void put_call(struct cm_json *json, const struct cm_rows *rows, int row)
{
    cm_json_object(json, NULL);
    call_json_fields(json, rows, row);
    cm_json_end(json);
}

/* With what was asked for beside it. */
static void put_call_with(struct cm_json *json, const struct cm_rows *rows, int row)
{
    cm_json_object(json, NULL);
    call_json_fields(json, rows, row);
    if (!cm_row_is_null(rows, row, CALL_FIND_STEPS))
        call_steps_put(json, cm_row_str(rows, row, CALL_FIND_STEPS));
    if (!cm_row_is_null(rows, row, CALL_FIND_EXCERPT))
        highlight_put(json, cm_row_str(rows, row, CALL_FIND_EXCERPT));
    cm_json_end(json);
}

static void answer(struct ask *ask, struct cm_rows *rows[])
{
    const struct call_filter *filter = ask->own;

    if (filter->filtered) /* behind the step that has it planned anew */
        page_reply(ask->rq, &filter->page, rows[1], put_call_with, call_place);
    else
        page_reply(ask->rq, &filter->page, rows[0], filter->with_steps ? put_call_with : put_call,
                   call_place);
}

static struct cm_pipe_step list_all(const struct call_filter *filter, struct cm_arena *arena)
{
    struct cm_args *args = cm_args_new(arena);
    const struct list *list = lists;

    while (list->limit < filter->page.limit)
        list++;
    cm_arg_time(args, filter->page.after.at_us);
    cm_arg_uuid(args, filter->page.after.id);
    return (struct cm_pipe_step){ filter->with_steps ? &list->with_steps : &list->stmt, args };
}

void list_calls(struct cm_http_request *rq, void *ctx)
{
    struct call_filter *filter = CM_NEW(cm_http_arena(rq), struct call_filter);
    struct ask *ask = ask_new(rq, ctx, answer);
    struct cm_pipe_step step;

    if (!ask || !call_filter_read(rq, filter))
        return;

    ask->own = filter;
    if (filter->filtered)
        ask_step(ask, &call_find_anew, NULL);
    step = filter->filtered ? call_find(filter, true, cm_http_arena(rq))
                            : list_all(filter, cm_http_arena(rq));
    ask_step(ask, step.stmt, step.args);
    ask_send(ask);
}
