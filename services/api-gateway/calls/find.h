/* find.h - the statement that finds the calls of a filter.
 *
 * Without filters a page is one look at one index, by a statement whose plan is kept. With filters
 * the best way depends on their values, so such a statement is to be planned for them: what is not
 * filtered by is then gone from it ("$5 IS NULL OR ..."), and the rest finds its index. A plan
 * costs about as much as a page, a bad one a hundred times that.
 *
 * Words are looked for in two ways. Those that many calls hold are soon found by reading the newest
 * calls one by one; those that few calls hold, by the index of words. Which is which nobody knows
 * beforehand (and beneath row-level security the planner may not even look at the statistics), so
 * the newest CALL_FIND_NEAR calls are read first, and the index is asked if they do not fill the
 * page.
 */
#pragma once
#include "calls/filter.h"
#include "calls/json.h"
#include "db/pipe.h"

enum { CALL_FIND_NEAR = 500 };

enum {                                     /* behind CALL_COLUMNS */
       CALL_FIND_STEPS = CALL_COLUMNS_END, /* NULL: not asked for */
       CALL_FIND_EXCERPT,                  /* NULL: not asked for, or there is no transcription */
       CALL_FIND_FROM_NUMBER,
       CALL_FIND_TO_NUMBER,
};

/** For any filter: one row more than the page has, with these columns. To be planned for its
 * values: in a pipe, which keeps plans, `call_find_anew` is the step before it. */
struct cm_pipe_step call_find(const struct call_filter *filter, bool excerpts,
                              struct cm_arena *arena);
extern const struct cm_stmt call_find_anew;

struct cursor call_place(const struct cm_rows *rows, int row);
