/* report.c - GET /api/calls/{id}/report: the mail as it was sent, to be shown in a frame.
 *
 * Its link to the call is left out of sight: whoever reads it here is there already, and no page of
 * ours lets itself be shown within the frame, which has no right to open it anywhere else.
 *
 * What callers said stands in it, escaped by who rendered it. It is kept from harm once more by its
 * policy: no script, nothing fetched, an origin of its own, framed by pages of ours only.
 */
#include "ask.h"
#include "endpoints.h"
#include "reply.h"

static const struct cm_stmt sql_report = {
    "call_report",
    "SELECT replace(body_html, '</head>', '<style>a{display:none!important}</style></head>')"
    " FROM report WHERE call_id = $1 AND state = 'sent' AND body_html IS NOT NULL"
};

static void answer(struct ask *ask, struct cm_rows *rows[])
{
    if (cm_rows_count(rows[0]) == 0) {
        reply_not_found(ask->rq);
        return;
    }
    cm_http_set(ask->rq, "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'");
    cm_http_reply(ask->rq, 200, "text/html; charset=utf-8", cm_row_str(rows[0], 0, 0));
}

void show_report(struct cm_http_request *rq, void *ctx)
{
    ask_by_id(rq, ctx, &sql_report, answer, NULL);
}
