/* range.h - the conditions of a request for a file (RFC 9110 §13 and §14). Thread: any. */
#pragma once
#include <stdint.h>

#include "base/str.h"

struct http_range {
    uint64_t from, len;
};

enum http_range_answer {
    HTTP_RANGE_WHOLE,         /* none, none that is understood, or several: the whole file */
    HTTP_RANGE_PART,          /* `*out` is it */
    HTTP_RANGE_UNSATISFIABLE, /* begins behind the end */
};

/** `header` is Range's value; `*out` is set for HTTP_RANGE_PART only. */
enum http_range_answer http_range_parse(struct cm_str header, uint64_t size,
                                        struct http_range *out);

/** Is `etag` (with its quotes) in the list of If-None-Match? Compares weakly; "*" lists all. */
bool http_etag_listed(struct cm_str list, const char *etag);
