/* page.h - a page of a list: how many rows and behind which one, from the request's query; and the
 * answer with the link to the next page.
 *
 *     if (!page_read(rq, CURSOR_CONTACTS, &page))
 *         return;                                     answered already: 400
 *     ... a statement that gives one row more than page.limit, so that the end of the list shows
 *     page_reply(rq, &page, rows, put_contact, place_of_contact);
 */
#pragma once
#include "cursor.h"
#include "reply.h"

enum { PAGE_ROWS = 50, PAGE_ROWS_MAX = 100 };

struct page {
    int limit;           /* rows that are shown at most */
    struct cursor after; /* they begin behind this one */
};

/** `limit` and `cursor` of the query; `rows` where there is no limit. CM_REJECT: one of them is
 * none; the message is for the client. */
cm_rc page_take(struct cm_http_request *rq, enum cursor_list list, int rows, int rows_max,
                struct page *out, struct cm_err *err) CM_MUSTCHECK;
/** The same of PAGE_ROWS. false: it was answered with 400. */
bool page_read(struct cm_http_request *rq, enum cursor_list list, struct page *out);

/** A row's place in its list. */
typedef struct cursor page_place(const struct cm_rows *rows, int row);
/** Sets `Link` where there are more rows than the page's, and tells how many are the page's. */
int page_link(struct cm_http_request *rq, const struct page *page, const struct cm_rows *rows,
              page_place *place);
/** 200 with the page's rows, and the link. */
void page_reply(struct cm_http_request *rq, const struct page *page, const struct cm_rows *rows,
                reply_put *put, page_place *place);
