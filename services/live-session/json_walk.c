#include "json_walk.h"

#include <string.h>

static bool fail(struct json_walk *walk)
{
    walk->bad = true;
    return false;
}

/* Servers seldom write any: one comparison tells. */
static inline bool is_blank(char c)
{
    return c <= ' ' && (c == ' ' || c == '\t' || c == '\n' || c == '\r');
}

/* The next character that means something; '\0' at the end, and for a NUL, which means nothing. */
static inline char peek(struct json_walk *walk)
{
    while (walk->at < walk->end && is_blank(*walk->at))
        walk->at++;
    if (walk->at == walk->end)
        return '\0';
    return *walk->at;
}

struct json_walk json_walk(struct cm_str text)
{
    return (struct json_walk){ .at = text.at, .end = text.at ? text.at + text.len : NULL };
}

/* Is this quote part of the content that begins at `from`? Backslashes before it may be so too. */
static bool is_escaped(const char *from, const char *quote)
{
    const char *back = quote;

    while (back > from && back[-1] == '\\')
        back--;
    return (quote - back) & 1;
}

/* What stands between the quotes, of which the first one comes next. */
static bool take_string(struct json_walk *walk, struct cm_str *out)
{
    const char *from = walk->at + 1, *quote = memchr(from, '"', (size_t)(walk->end - from));

    while (quote && quote[-1] == '\\' && is_escaped(from, quote))
        quote = memchr(quote + 1, '"', (size_t)(walk->end - quote - 1));
    if (!quote)
        return fail(walk);

    *out = (struct cm_str){ from, (size_t)(quote - from) };
    walk->at = quote + 1;
    return true;
}

bool json_enter(struct json_walk *walk)
{
    if (walk->bad || peek(walk) != '{')
        return false;

    walk->at++;
    walk->fresh = true;
    return true;
}

bool json_key(struct json_walk *walk, struct cm_str *key)
{
    char c = peek(walk);
    bool fresh = walk->fresh;

    walk->fresh = false;
    if (walk->bad)
        return false;
    if (c == '}') {
        walk->at++;
        return false;
    }
    if (!fresh) {
        if (c != ',')
            return fail(walk);
        walk->at++;
        c = peek(walk);
    }
    if (c != '"' || !take_string(walk, key) || peek(walk) != ':')
        return fail(walk);

    walk->at++;
    return true;
}

static bool take_word(struct json_walk *walk, const char *word, size_t len)
{
    if ((size_t)(walk->end - walk->at) < len || memcmp(walk->at, word, len) != 0)
        return fail(walk);

    walk->at += len;
    return true;
}

static bool take_digits(struct json_walk *walk)
{
    const char *from = walk->at;

    while (walk->at < walk->end && *walk->at >= '0' && *walk->at <= '9')
        walk->at++;
    return walk->at > from || fail(walk);
}

static bool next_is(struct json_walk *walk, const char *one_of)
{
    return walk->at < walk->end && *walk->at && strchr(one_of, *walk->at);
}

static bool take_number(struct json_walk *walk)
{
    if (next_is(walk, "-"))
        walk->at++;
    if (!take_digits(walk))
        return false;
    if (next_is(walk, ".")) {
        walk->at++;
        if (!take_digits(walk))
            return false;
    }
    if (next_is(walk, "eE")) {
        walk->at++;
        if (next_is(walk, "+-"))
            walk->at++;
        return take_digits(walk);
    }
    return true;
}

static bool take_plain(struct json_walk *walk, struct json_value *value)
{
    const char *from;

    switch (peek(walk)) {
    case '"':
        value->kind = JSON_STRING;
        return take_string(walk, &value->raw);
    case 't':
        value->kind = JSON_TRUE;
        from = walk->at;
        if (!take_word(walk, "true", 4))
            return false;
        break;
    case 'f':
        value->kind = JSON_FALSE;
        from = walk->at;
        if (!take_word(walk, "false", 5))
            return false;
        break;
    case 'n':
        value->kind = JSON_NULL;
        from = walk->at;
        if (!take_word(walk, "null", 4))
            return false;
        break;
    default:
        value->kind = JSON_NUMBER;
        from = walk->at;
        if (!take_number(walk))
            return false;
    }
    value->raw = (struct cm_str){ from, (size_t)(walk->at - from) };
    return true;
}

/* The comma and the key that stand before the next value of an object or an array. */
static bool take_lead(struct json_walk *walk, bool object, bool first)
{
    struct cm_str key;

    if (!first) {
        if (peek(walk) != ',')
            return fail(walk);
        walk->at++;
    }
    if (object) {
        if (peek(walk) != '"' || !take_string(walk, &key) || peek(walk) != ':')
            return fail(walk);
        walk->at++;
    }
    return true;
}

/* An object or an array, without recursion: `nest` holds a bit a level, 1 for an object. */
static bool take_nested(struct json_walk *walk)
{
    uint64_t nest = 0;
    unsigned depth = 0;
    bool fresh = true;

    do {
        char c = peek(walk);
        struct json_value inner;

        if (depth && c == (nest & 1 ? '}' : ']')) {
            walk->at++;
            nest >>= 1;
            depth--;
            fresh = false;
            continue;
        }
        if (depth && !take_lead(walk, nest & 1, fresh))
            return false;
        c = peek(walk);
        fresh = c == '{' || c == '[';
        if (fresh && ++depth > JSON_DEPTH_MAX)
            return fail(walk);
        if (fresh) {
            nest = nest << 1 | (c == '{');
            walk->at++;
        } else if (!take_plain(walk, &inner)) {
            return false;
        }
    } while (depth);
    return true;
}

bool json_value(struct json_walk *walk, struct json_value *value)
{
    char c = peek(walk);
    const char *from = walk->at;

    *value = (struct json_value){ 0 };
    if (walk->bad)
        return false;
    if (c != '{' && c != '[')
        return take_plain(walk, value);
    if (!take_nested(walk))
        return false;

    value->kind = c == '{' ? JSON_OBJECT : JSON_ARRAY;
    value->raw = (struct cm_str){ from, (size_t)(walk->at - from) };
    return true;
}

bool json_done(struct json_walk *walk)
{
    return !walk->bad && peek(walk) == '\0' && walk->at == walk->end;
}

static struct json_value find_key(struct cm_str object, struct cm_str wanted)
{
    struct json_walk walk = json_walk(object);
    struct json_value found = { 0 }, value;
    struct cm_str key;

    if (!json_enter(&walk))
        return found;
    while (json_key(&walk, &key)) {
        if (!json_value(&walk, &value))
            break;
        if (cm_str_eq(key, wanted))
            found = value;
    }
    return json_done(&walk) ? found : (struct json_value){ 0 };
}

struct json_value json_find(struct cm_str object, const char *path)
{
    struct json_value value = { JSON_OBJECT, object };
    struct cm_str rest = cm_str_of(path), part;

    while (cm_str_split(&rest, '.', &part)) {
        if (value.kind != JSON_OBJECT)
            return (struct json_value){ 0 };
        value = find_key(value.raw, part);
    }
    return value;
}

struct cm_str json_find_str(struct cm_str object, const char *path)
{
    struct json_value value = json_find(object, path);

    return value.kind == JSON_STRING ? value.raw : (struct cm_str){ 0 };
}

bool json_i64(struct json_value value, int64_t min, int64_t max, int64_t *out)
{
    return (value.kind == JSON_NUMBER || value.kind == JSON_STRING) &&
           cm_str_i64(value.raw, min, max, out);
}
