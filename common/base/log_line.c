#include "base/log_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/str.h"
#include "base/trace.h"

enum { LINE_MIN_BYTES = 256 };

/* A line in the making. What does not fit in `room` is left out as a whole character, and `cut`
 * set; behind `room` there is always space for what ends a line. */
struct line {
    char *out;
    size_t len, room;
    bool json, cut;
};

static const char text_tail[] = "\" cut=true", json_tail[] = "\",\"cut\":true}";

static bool put(struct line *line, const char *bytes, size_t len)
{
    if (line->cut || line->len + len > line->room) {
        line->cut = true;
        return false;
    }
    memcpy(line->out + line->len, bytes, len);
    line->len += len;
    return true;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

/* Whole or not at all; both formats escape as JSON does. */
static void put_escaped(struct line *line, struct cm_str s)
{
    while (s.len && !line->cut) {
        unsigned char c = (unsigned char)s.at[0];
        size_t step = cm_utf8_step(s);
        char escape[8];

        if (c == '"' || c == '\\')
            put(line, (char[]){ '\\', (char)c }, 2);
        else if (c == '\n')
            put(line, "\\n", 2);
        else if (c < 0x20 || c == 0x7F)
            put(line, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", c));
        else if (step)
            put(line, s.at, step);
        else
            put(line, "\xEF\xBF\xBD", 3);
        s.at += step ? step : 1;
        s.len -= step ? step : 1;
    }
}

static bool is_bare(struct cm_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];

        if (c <= ' ' || c >= 0x7F || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return s.len > 0;
}

static bool fits(const struct line *line, size_t len)
{
    return !line->cut && line->len + len <= line->room;
}

/* One name and its value. A text that is too long is cut, anything else left out. */
static void put_field(struct line *line, struct cm_str name, struct cm_str value, bool number)
{
    bool bare = line->json ? number : is_bare(value);

    if (!fits(line, name.len + 8 + (bare ? value.len : 0))) {
        line->cut = true;
        return;
    }
    if (line->json)
        put_text(line, line->len > 1 ? ",\"" : "\"");
    else if (line->len)
        put_text(line, " ");
    put(line, name.at, name.len);
    put_text(line, line->json ? "\":" : "=");
    if (bare) {
        put(line, value.at, value.len);
        return;
    }
    put_text(line, "\"");
    put_escaped(line, value);
    if (line->cut || !put(line, "\"", 1))
        line->room = 0; /* the tail closes it */
}

/* NOLINTBEGIN(clang-analyzer-valist.Uninitialized): it does not follow a va_list through a pointer.
 */

/* A conversion of the field list, such as %08llx or %.*s. */
struct spec {
    bool zero;
    int width, precision; /* precision -1: none */
    unsigned longs;       /* 0: int, 1: long, 2: long long and wider ones of the same size */
    char conversion;
};

static int spec_number(const char **at, va_list *args)
{
    int n = 0;

    if (**at == '*') {
        (*at)++;
        return va_arg(*args, int);
    }
    for (; **at >= '0' && **at <= '9' && n < 10000; (*at)++)
        n = n * 10 + (**at - '0');
    return n;
}

static struct spec read_spec(const char **at, va_list *args)
{
    struct spec spec = { .precision = -1 };

    for (; **at && strchr("-+ #0", **at); (*at)++)
        spec.zero |= **at == '0';
    spec.width = spec_number(at, args);
    if (**at == '.') {
        (*at)++;
        spec.precision = spec_number(at, args);
    }
    for (; **at && strchr("hlzjt", **at); (*at)++)
        spec.longs += **at == 'h' ? 0 : **at == 'l' ? 1 : 2;
    spec.conversion = **at;
    if (**at)
        (*at)++;
    return spec;
}

static intmax_t take_signed(const struct spec *spec, va_list *args)
{
    return spec->longs == 0   ? va_arg(*args, int)
           : spec->longs == 1 ? va_arg(*args, long)
                              : va_arg(*args, long long);
}

static uintmax_t take_unsigned(const struct spec *spec, va_list *args)
{
    return spec->longs == 0   ? va_arg(*args, unsigned)
           : spec->longs == 1 ? va_arg(*args, unsigned long)
                              : va_arg(*args, unsigned long long);
}

static int print_number(const struct spec *spec, va_list *args, char *out, size_t size)
{
    int width = spec->zero && spec->width < 32 ? spec->width : 0;
    int digits = spec->precision < 0 ? 6 : spec->precision > 17 ? 17 : spec->precision;

    switch (spec->conversion) {
    case 'd':
    case 'i':
        return snprintf(out, size, "%0*jd", width, take_signed(spec, args));
    case 'u':
        return snprintf(out, size, "%0*ju", width, take_unsigned(spec, args));
    case 'x':
        return snprintf(out, size, "%0*jx", width, take_unsigned(spec, args));
    case 'f':
        return snprintf(out, size, "%.*f", digits, va_arg(*args, double));
    case 'g':
        return snprintf(out, size, "%.*g", digits, va_arg(*args, double));
    default: /* what it takes is unknown, and so is all that follows */
        return -1;
    }
}

/* A field's value is put together here; longer than a line it need not be. */
struct value {
    char at[LOG_LINE_MAX_BYTES];
    size_t len;
    bool number; /* nothing but one decimal number */
    bool broken; /* an unknown conversion: the arguments can no longer be read */
};

static void value_put(struct value *value, const char *bytes, size_t len)
{
    size_t left = sizeof value->at - value->len;

    if (len > left)
        len = left;
    memcpy(value->at + value->len, bytes, len);
    value->len += len;
}

static void value_convert(struct value *value, const char **at, va_list *args)
{
    struct spec spec = read_spec(at, args);
    char text[400]; /* %f of DBL_MAX has 309 digits before its point */
    int len;

    if (spec.conversion == 's') {
        const char *s = va_arg(*args, const char *);

        if (!s)
            s = "(null)";
        value_put(value, s,
                  strnlen(s, spec.precision < 0 ? sizeof value->at : (size_t)spec.precision));
    } else if (spec.conversion == 'c') {
        char c = (char)va_arg(*args, int);

        value_put(value, &c, 1);
    } else if (spec.conversion == '%') {
        value_put(value, "%", 1);
    } else {
        len = print_number(&spec, args, text, sizeof text);
        value->broken = len < 0;
        value->number = value->len == 0 && spec.conversion != 'x' && !spec.zero && len > 0 &&
                        (text[len - 1] >= '0' && text[len - 1] <= '9');
        value_put(value, text, len < 0 ? 0 : (size_t)len);
        return;
    }
    value->number = false;
}

/* NOLINTEND(clang-analyzer-valist.Uninitialized) */

/* "name=format" up to the next blank. */
static void put_next_field(struct line *line, const char **at, va_list *args, struct value *value)
{
    const char *name = *at;
    struct cm_str name_str;

    value->len = 0;
    value->number = value->broken = false;
    while (**at && **at != '=' && **at != ' ')
        (*at)++;
    name_str = (struct cm_str){ name, (size_t)(*at - name) };
    if (**at == '=')
        (*at)++;
    while (**at && **at != ' ' && !value->broken) {
        if (**at == '%') {
            (*at)++;
            value_convert(value, at, args);
            continue;
        }
        value->number = false;
        value_put(value, (*at)++, 1);
    }
    put_field(line, name_str, (struct cm_str){ value->at, value->len }, value->number);
}

static void put_fields(struct line *line, const char *fields, va_list *args)
{
    struct value value;

    value.broken = false;
    while (fields && *fields && !line->cut && !value.broken) {
        if (*fields == ' ')
            fields++;
        else
            put_next_field(line, &fields, args, &value);
    }
}

/* Ends the line; one that was cut inside a text has its quote closed first. */
static int finish(struct line *line)
{
    const char *tail = line->json ? "}" : "";

    if (line->cut) {
        tail = line->json ? json_tail : text_tail;
        tail += line->room != 0; /* no open quote */
    }
    memcpy(line->out + line->len, tail, strlen(tail) + 1);
    return (int)(line->len + strlen(tail));
}

static void put_trace(struct line *line, const struct cm_trace *trace)
{
    if (!cm_trace_is_some(trace))
        return;
    put_field(line, CM_STR("trace_id"),
              cm_str_of(cm_hex(trace->trace_id, sizeof trace->trace_id).at), false);
    put_field(line, CM_STR("span_id"), cm_str_of(cm_hex(trace->span_id, sizeof trace->span_id).at),
              false);
}

int log_line_compose(char *out, size_t size, const struct log_head *head, const char *fields,
                     va_list *args)
{
    struct line line = { .out = out,
                         .room = size - sizeof json_tail,
                         .json = head->format == CM_LOG_JSON };

    if (size < LINE_MIN_BYTES)
        return 0;
    if (line.json)
        put_text(&line, "{");
    put_field(&line, CM_STR("time"), cm_str_of(head->time_text), false);
    put_field(&line, CM_STR("level"), cm_str_of(head->level), false);
    put_field(&line, CM_STR("service"), cm_str_of(head->service), false);
    put_field(&line, CM_STR("msg"), cm_str_of(head->message), false);
    put_trace(&line, cm_trace_current()); /* before what may be too long */
    put_fields(&line, fields, args);
    return finish(&line);
}
