/* json_walk.h - reads a JSON text key by key where it stands: no tree, no allocation, no copy.
 *
 *     struct json_walk walk = json_walk(text);
 *     if (json_enter(&walk))
 *         while (json_key(&walk, &key))
 *             if (JSON_KEY_IS(key, "media") && json_enter(&walk))   an object in it: the same again
 *                 while (json_key(&walk, &key)) ...
 *             else
 *                 json_value(&walk, &value);                      or one value, whatever it is
 *     if (!json_done(&walk)) the text was no JSON object
 *
 * Every key must be followed by json_enter (if that is true, up to its end) or json_value. Keys are
 * compared as they are written: none of the protocols here needs an escape in one. Nesting goes to
 * JSON_DEPTH_MAX. Views are lent by the text. Source: RFC 8259. Thread: any.
 */
#pragma once
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

enum { JSON_DEPTH_MAX = 32 };

enum json_kind {
    JSON_NONE, /* there is no such value */
    JSON_STRING,
    JSON_NUMBER,
    JSON_OBJECT,
    JSON_ARRAY,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
};

struct json_value {
    enum json_kind kind;
    struct cm_str raw; /* as written; of a string: what stands between its quotes */
};

struct json_walk {
    const char *at, *end;
    bool bad, fresh;
};

struct json_walk json_walk(struct cm_str text);
/** Goes into the object that comes next; false, and nothing is taken, when it is none. */
bool json_enter(struct json_walk *walk);
/** Takes the next key of the object; false: it is over, or the text is no JSON. */
bool json_key(struct json_walk *walk, struct cm_str *key);
/** Takes the value that comes next, whole. false: the text is no JSON. */
bool json_value(struct json_walk *walk, struct json_value *value);
/** Was all of the text one object? */
bool json_done(struct json_walk *walk);

/** Is a key this literal? It is asked for every key of every message. */
#define JSON_KEY_IS(key, literal)                                                                  \
    ((key).len == sizeof(literal) - 1 && memcmp((key).at, literal, sizeof(literal) - 1) == 0)

/** The value at "a.b.c" in an object; JSON_NONE: there is none, or the text is no JSON. */
struct json_value json_find(struct cm_str object, const char *path);
/** Raw content of the string at `path`; empty when it is none. */
struct cm_str json_find_str(struct cm_str object, const char *path);

/** A whole number within [min, max], written as a number or as a string. */
bool json_i64(struct json_value value, int64_t min, int64_t max, int64_t *out);
/** Appends what a string's raw content means, up to `most` bytes, cut at a character's boundary.
 *  What means no character (half of a pair, NUL) becomes U+FFFD. */
void json_unescape(struct cm_str raw, size_t most, struct cm_buf *out);
