#include "http/route.h"

#include <string.h>

static bool is_parameter(struct cm_str pattern)
{
    return pattern.len > 2 && pattern.at[0] == '{' && pattern.at[pattern.len - 1] == '}';
}

/* Does `path` have the form of `pattern`? What {name} stands for goes to `out`. */
static bool path_matches(const char *pattern, struct cm_str path, struct http_match *out)
{
    struct cm_str patterns = cm_str_of(pattern), want, have;

    out->segment_count = 0;
    while (cm_str_split(&patterns, '/', &want)) {
        if (!cm_str_split(&path, '/', &have))
            return false;
        if (!is_parameter(want)) {
            if (!cm_str_eq(want, have))
                return false;
            continue;
        }
        if (!have.len || out->segment_count == HTTP_SEGMENTS_MAX)
            return false;
        out->segments[out->segment_count].name = (struct cm_str){ want.at + 1, want.len - 2 };
        out->segments[out->segment_count++].value = have;
    }
    return path.at == NULL;
}

/* A path that some row writes out is nobody's {name}: /calls/export is no call's, whatever the
 * method. */
static bool is_written_out(const struct cm_http_route *routes, struct cm_str path)
{
    for (const struct cm_http_route *r = routes; r->method; r++)
        if (cm_str_is(path, r->path))
            return true;
    return false;
}

static bool row_matches(const struct cm_http_route *row, struct cm_str path, bool written_out,
                        struct http_match *out)
{
    return written_out ? cm_str_is(path, row->path) : path_matches(row->path, path, out);
}

static bool method_matches(const char *route, const char *method)
{
    return strcmp(route, method) == 0 || (strcmp(route, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

void http_route_find(const struct cm_http_route *routes, const char *method, struct cm_str path,
                     struct http_match *out)
{
    bool written_out = is_written_out(routes, path);
    size_t i = 0;

    *out = (struct http_match){ 0 };
    for (; routes[i].method; i++) {
        if (!row_matches(&routes[i], path, written_out, out))
            continue;
        out->path_known = true;
        if (method_matches(routes[i].method, method)) {
            out->route = &routes[i];
            break;
        }
    }
    out->index = i;
}

struct cm_str http_route_allow(const struct cm_http_route *routes, struct cm_str path,
                               struct cm_arena *arena)
{
    bool written_out = is_written_out(routes, path);
    struct cm_str allow = { "", 0 };
    struct http_match ignored;

    for (const struct cm_http_route *r = routes; r->method; r++)
        if (row_matches(r, path, written_out, &ignored))
            allow = cm_arena_printf(arena, "%.*s%s%s%s", CM_STR_FMT(allow), allow.len ? ", " : "",
                                    r->method, strcmp(r->method, "GET") == 0 ? ", HEAD" : "");
    return allow;
}
