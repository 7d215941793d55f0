/* str.h - a borrowed view of bytes. The comment where one is handed out names the lender. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct cm_str {
    const char *at; /* not NUL-terminated; NULL only when len is 0 */
    size_t len;     /* bytes */
};

#define CM_STR(literal) ((struct cm_str){ (literal), sizeof(literal) - 1 })
#define CM_STR_FMT(s)   (int)(s).len, (s).at /* for "%.*s" */

struct cm_str cm_str_of(const char *text); /* NULL gives the empty view */
bool cm_str_eq(struct cm_str a, struct cm_str b);
bool cm_str_is(struct cm_str a, const char *text);
bool cm_str_ieq(struct cm_str a, const char *text); /* ASCII, any case */
bool cm_str_starts(struct cm_str a, const char *prefix);
bool cm_str_find(struct cm_str hay, const char *needle, size_t *at);
struct cm_str cm_str_trim(struct cm_str a);             /* ASCII white space at both ends */
struct cm_str cm_str_trim_end(struct cm_str a, char c); /* every `c` at the end */

/** Takes everything up to `separator` off the front of `*rest`; false when `*rest` is used up. */
bool cm_str_split(struct cm_str *rest, char separator, struct cm_str *part);

/** Reads a whole decimal number within [min, max]; anything else is false, `*out` untouched. */
bool cm_str_i64(struct cm_str a, int64_t min, int64_t max, int64_t *out);

/** What a hexadecimal digit is worth, in either case; -1: it is none. */
int cm_hex_digit(char c);

/** Is it well-formed UTF-8 without NUL? */
bool cm_str_utf8(struct cm_str a);

/** Bytes of the well-formed UTF-8 character that `a` begins with; 0: none, or NUL. */
size_t cm_utf8_step(struct cm_str a);
