/* query.h - the fields of a request's query, read by a table as a body's are (body.h).
 *
 * Only what the table names is looked at: a page's limit and cursor stand in the query too
 * (page.h). A flag is "true" or "false"; there are no lists and no null.
 */
#pragma once
#include "body.h"

/** false: a field is not as its row says, and that was answered with 400. */
bool query_read(struct cm_http_request *rq, const struct body_field fields[], size_t count,
                struct body_value values[]);
