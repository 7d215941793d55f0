/* percent.h - percent-encoded text (RFC 3986, 2.1), and lists of it as OpenTelemetry's settings
 * are: "name=value,name=value". Thread: any.
 */
#pragma once
#include "base/arena.h"

struct cm_pair {
    struct cm_str name, value;
};

/** What the text stands for, in `arena`, NUL-terminated; a broken escape stays as it is. */
struct cm_str cm_percent_decode(struct cm_arena *arena, struct cm_str text);

/** Splits the list into `arena`, values decoded, white space around names and values dropped.
 * False: a part has no name or no "=". Names are lent by `list`. */
bool cm_percent_pairs(struct cm_arena *arena, struct cm_str list, struct cm_pair **out,
                      size_t *count);
