/* route.h - finds the route of a request: by segments of the raw path, the first row that matches.
 *
 * Thread: any; nothing is kept.
 */
#pragma once
#include "http/server.h"

enum { HTTP_SEGMENTS_MAX = 8 };

struct http_match {
    const struct cm_http_route *route; /* NULL: none */
    size_t index;                      /* of the route; without one, the number of routes */
    bool path_known;                   /* a route has the path, but not the method */
    size_t segment_count;
    struct {
        struct cm_str name, value; /* lent by the route and by the request's target */
    } segments[HTTP_SEGMENTS_MAX];
};

/** A HEAD request finds the route of GET. */
void http_route_find(const struct cm_http_route *routes, const char *method, struct cm_str path,
                     struct http_match *out);

/** The methods that `path` has, for the header Allow: "GET, HEAD, POST". */
struct cm_str http_route_allow(const struct cm_http_route *routes, struct cm_str path,
                               struct cm_arena *arena);
