#include "page.h"

cm_rc page_take(struct cm_http_request *rq, enum cursor_list list, int rows, int rows_max,
                struct page *out, struct cm_err *err)
{
    struct page page = { .limit = rows, .after = cursor_start(list) };
    struct cm_str value;
    int64_t limit = rows;

    if (cm_http_query(rq, "limit", &value) && !cm_str_i64(value, 1, rows_max, &limit))
        return cm_fail(err, CM_REJECT, "limit has to be a whole number from 1 to %d", rows_max);
    if (cm_http_query(rq, "cursor", &value) && !cursor_parse(value, list, &page.after))
        return cm_fail(err, CM_REJECT, "cursor has to be one that a Link header of this list gave");

    page.limit = (int)limit;
    *out = page;
    return CM_OK;
}

bool page_read(struct cm_http_request *rq, enum cursor_list list, struct page *out)
{
    struct cm_err err;

    if (page_take(rq, list, PAGE_ROWS, PAGE_ROWS_MAX, out, &err) == CM_OK)
        return true;

    reply_bad_request(rq, err.msg);
    return false;
}

int page_link(struct cm_http_request *rq, const struct page *page, const struct cm_rows *rows,
              page_place *place)
{
    int found = cm_rows_count(rows), shown = found > page->limit ? page->limit : found;

    if (found > shown) {
        CM_OWN_BUF struct cm_buf link = { 0 };

        cursor_put_link(&link, cm_http_path(rq), cm_http_query_raw(rq), place(rows, shown - 1));
        cm_http_set(rq, "Link", link.at);
    }
    return shown;
}

void page_reply(struct cm_http_request *rq, const struct page *page, const struct cm_rows *rows,
                reply_put *put, page_place *place)
{
    reply_rows(rq, rows, page_link(rq, page, rows, place), put);
}
