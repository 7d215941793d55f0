#include "base/json.h"

#include "base/clock.h"

struct cm_json cm_json(struct cm_buf *to)
{
    return (struct cm_json){ .to = to };
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* A string in quotes: runs of plain bytes are put at once. */
static void put_quoted(struct cm_buf *to, struct cm_str s)
{
    size_t plain = 0;

    cm_buf_char(to, '"');
    for (;;) {
        unsigned char c;
        size_t step;

        while (plain < s.len && is_plain((unsigned char)s.at[plain]))
            plain++;
        if (plain == s.len)
            break;
        c = (unsigned char)s.at[plain];
        step = c < 0x80 ? 0 : cm_utf8_step((struct cm_str){ s.at + plain, s.len - plain });
        if (step) {
            plain += step;
            continue;
        }
        cm_buf_put(to, s.at, plain);
        if (c == '"' || c == '\\')
            cm_buf_put(to, (char[]){ '\\', (char)c }, 2);
        else if (c == '\n')
            cm_buf_text(to, "\\n");
        else if (c < 0x20)
            cm_buf_printf(to, "\\u%04x", c);
        else
            cm_buf_text(to, "\xEF\xBF\xBD");
        s.at += plain + 1;
        s.len -= plain + 1;
        plain = 0;
    }
    cm_buf_put(to, s.at, s.len);
    cm_buf_char(to, '"');
}

/* The comma and the key that stand before a value. */
static void lead(struct cm_json *j, const char *key)
{
    uint64_t level = UINT64_C(1) << j->depth;

    if (j->started & level)
        cm_buf_char(j->to, ',');
    j->started |= level;
    if (key) {
        put_quoted(j->to, cm_str_of(key));
        cm_buf_char(j->to, ':');
    }
}

static void enter(struct cm_json *j, const char *key, bool object)
{
    uint64_t level;

    lead(j, key);
    cm_buf_char(j->to, object ? '{' : '[');
    level = UINT64_C(1) << ++j->depth;
    j->open = object ? j->open | level : j->open & ~level;
    j->started &= ~level;
}

void cm_json_object(struct cm_json *j, const char *key)
{
    enter(j, key, true);
}

void cm_json_array(struct cm_json *j, const char *key)
{
    enter(j, key, false);
}

void cm_json_end(struct cm_json *j)
{
    cm_buf_char(j->to, j->open & UINT64_C(1) << j->depth ? '}' : ']');
    j->depth--;
}

void cm_json_str(struct cm_json *j, const char *key, struct cm_str value)
{
    lead(j, key);
    put_quoted(j->to, value);
}

void cm_json_text(struct cm_json *j, const char *key, const char *value)
{
    if (value)
        cm_json_str(j, key, cm_str_of(value));
    else
        cm_json_null(j, key);
}

void cm_json_i64(struct cm_json *j, const char *key, int64_t value)
{
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    char digits[20], *at = digits + sizeof digits;

    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    lead(j, key);
    if (value < 0)
        cm_buf_char(j->to, '-');
    cm_buf_put(j->to, at, (size_t)(digits + sizeof digits - at));
}

void cm_json_bool(struct cm_json *j, const char *key, bool value)
{
    lead(j, key);
    cm_buf_text(j->to, value ? "true" : "false");
}

void cm_json_null(struct cm_json *j, const char *key)
{
    lead(j, key);
    cm_buf_text(j->to, "null");
}

void cm_json_uuid(struct cm_json *j, const char *key, struct cm_uuid value)
{
    cm_json_str(j, key, cm_str_of(cm_uuid_text(value).at));
}

void cm_json_time(struct cm_json *j, const char *key, int64_t at_us)
{
    cm_json_str(j, key, cm_str_of(cm_time_rfc3339(at_us).at));
}

void cm_json_raw(struct cm_json *j, const char *key, struct cm_str json)
{
    lead(j, key);
    cm_buf_str(j->to, json);
}
