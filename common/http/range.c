#include "http/range.h"

#include <string.h>

static enum http_range_answer suffix(uint64_t last, uint64_t size, struct http_range *out)
{
    if (last == 0 || size == 0)
        return HTTP_RANGE_UNSATISFIABLE;

    out->len = last < size ? last : size;
    out->from = size - out->len;
    return HTTP_RANGE_PART;
}

enum http_range_answer http_range_parse(struct cm_str header, uint64_t size, struct http_range *out)
{
    struct cm_str rest = cm_str_trim(header), unit, first;
    int64_t from, to = INT64_MAX;

    if (!cm_str_split(&rest, '=', &unit) || !cm_str_ieq(unit, "bytes") || !rest.at ||
        memchr(rest.at, ',', rest.len))
        return HTTP_RANGE_WHOLE;
    rest = cm_str_trim(rest);
    if (!cm_str_split(&rest, '-', &first) || !rest.at)
        return HTTP_RANGE_WHOLE;
    if (rest.len && !cm_str_i64(rest, 0, INT64_MAX, &to))
        return HTTP_RANGE_WHOLE;
    if (!first.len)
        return rest.len ? suffix((uint64_t)to, size, out) : HTTP_RANGE_WHOLE;
    if (!cm_str_i64(first, 0, INT64_MAX, &from) || to < from)
        return HTTP_RANGE_WHOLE;
    if ((uint64_t)from >= size)
        return HTTP_RANGE_UNSATISFIABLE;

    out->from = (uint64_t)from;
    out->len = ((uint64_t)to >= size ? size - 1 : (uint64_t)to) - out->from + 1;
    return HTTP_RANGE_PART;
}

static struct cm_str without_weakness(struct cm_str etag)
{
    if (cm_str_starts(etag, "W/")) {
        etag.at += 2;
        etag.len -= 2;
    }
    return etag;
}

bool http_etag_listed(struct cm_str list, const char *etag)
{
    struct cm_str rest = list, one, want = without_weakness(cm_str_of(etag));

    /* A comma inside the quotes is possible; our own tags have none, and such parts match nothing.
     */
    while (cm_str_split(&rest, ',', &one)) {
        one = cm_str_trim(one);
        if (cm_str_is(one, "*") || cm_str_eq(without_weakness(one), want))
            return true;
    }
    return false;
}
