#include "base/setting.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* NAME=value: want ...; a secret's value stays out, a long one is cut. */
static cm_rc refuse(const struct cm_value *v, struct cm_err *err, const char *want)
{
    return cm_fail(err, CM_FATAL, "%s=%.60s: want %s", v->setting->name,
                   v->setting->secret ? "(hidden)" : v->text, want);
}

static cm_rc check_text(struct cm_value *v, struct cm_err *err)
{
    const struct cm_setting *s = v->setting;
    int64_t len = (int64_t)strlen(v->text);
    char want[80];

    if (s->max == 0 || (len >= s->min && len <= s->max))
        return CM_OK;

    snprintf(want, sizeof want, "a text of %lld to %lld bytes", (long long)s->min,
             (long long)s->max);
    return refuse(v, err, want);
}

static cm_rc check_int(struct cm_value *v, struct cm_err *err)
{
    const struct cm_setting *s = v->setting;
    char want[80];

    if (cm_str_i64(cm_str_of(v->text), s->min, s->max, &v->number))
        return CM_OK;

    snprintf(want, sizeof want, "an integer from %lld to %lld", (long long)s->min,
             (long long)s->max);
    return refuse(v, err, want);
}

static cm_rc check_bool(struct cm_value *v, struct cm_err *err)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = { { "true", true },   { "1", true },  { "yes", true }, { "on", true },
                  { "false", false }, { "0", false }, { "no", false }, { "off", false } };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (cm_str_ieq(cm_str_of(v->text), words[i].word)) {
            v->number = words[i].value;
            return CM_OK;
        }
    return refuse(v, err, "true or false (or 1, 0, yes, no, on, off)");
}

static bool is_choice(const char *choices, struct cm_str text)
{
    struct cm_str rest = cm_str_of(choices), choice;

    while (cm_str_split(&rest, '|', &choice))
        if (cm_str_eq(choice, text))
            return true;
    return false;
}

/* "a|b|c" as "a, b or c", each with `suffix`. */
static void say_choices(const char *choices, const char *suffix, char *out, size_t size)
{
    struct cm_str rest = cm_str_of(choices), choice;
    size_t used = 0;

    out[0] = '\0';
    while (used < size && cm_str_split(&rest, '|', &choice)) {
        const char *glue = used == 0 ? ""
                           : memchr(rest.at ? rest.at : "", '|', rest.len) || rest.at ? ", "
                                                                                      : " or ";
        int n = snprintf(out + used, size - used, "%s%.*s%s", glue, CM_STR_FMT(choice), suffix);

        used += n > 0 ? (size_t)n : 0;
    }
}

static cm_rc check_choice(struct cm_value *v, struct cm_err *err)
{
    char want[160];

    if (is_choice(v->setting->choices, cm_str_of(v->text)))
        return CM_OK;

    say_choices(v->setting->choices, "", want, sizeof want);
    return refuse(v, err, want);
}

static bool is_graphic(struct cm_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] <= ' ' || text.at[i] == 0x7F)
            return false;
    return true;
}

static cm_rc check_url(struct cm_value *v, struct cm_err *err)
{
    const char *choices = v->setting->choices;
    struct cm_str url = cm_str_of(v->text);
    char schemes[100], want[160];
    size_t at;

    if (is_graphic(url) && cm_str_find(url, "://", &at) && at > 0 && url.len > at + 3 &&
        (!choices || is_choice(choices, (struct cm_str){ url.at, at })))
        return CM_OK;

    say_choices(choices ? choices : "scheme", "://", schemes, sizeof schemes);
    snprintf(want, sizeof want, "a URL that begins with %s", schemes);
    return refuse(v, err, want);
}

/* host:port or [v6]:port; the port may be 0, which lets the system choose. */
static bool is_addr(struct cm_str addr)
{
    const char *colon = addr.len ? memrchr(addr.at, ':', addr.len) : NULL;
    struct cm_str host, port;
    int64_t number;

    if (!colon)
        return false;
    host = (struct cm_str){ addr.at, (size_t)(colon - addr.at) };
    port = (struct cm_str){ colon + 1, addr.len - host.len - 1 };
    if (!host.len || !is_graphic(host) || !cm_str_i64(port, 0, 65535, &number))
        return false;
    if (host.at[0] == '[')
        return host.len > 2 && host.at[host.len - 1] == ']';
    return !memchr(host.at, ':', host.len);
}

static cm_rc check_addr(struct cm_value *v, struct cm_err *err)
{
    if (is_addr(cm_str_of(v->text)))
        return CM_OK;
    return refuse(v, err, "host:port, such as 127.0.0.1:8080 or [::1]:8080");
}

cm_rc cm_value_check(struct cm_value *v, struct cm_err *err)
{
    if (!v->text)
        return CM_OK;

    switch (v->setting->type) {
    case CM_SET_INT:
        return check_int(v, err);
    case CM_SET_BOOL:
        return check_bool(v, err);
    case CM_SET_CHOICE:
        return check_choice(v, err);
    case CM_SET_URL:
        return check_url(v, err);
    case CM_SET_ADDR:
        return check_addr(v, err);
    case CM_SET_TEXT:
    case CM_SET_FILE:
    case CM_SET_DIR:
        return check_text(v, err);
    }
    return CM_OK;
}

void cm_setting_say(const struct cm_setting *s, char *out, size_t size)
{
    switch (s->type) {
    case CM_SET_INT:
        snprintf(out, size, "%lld to %lld", (long long)s->min, (long long)s->max);
        return;
    case CM_SET_BOOL:
        snprintf(out, size, "true or false");
        return;
    case CM_SET_CHOICE:
        say_choices(s->choices, "", out, size);
        return;
    case CM_SET_URL:
        say_choices(s->choices ? s->choices : "scheme", "://...", out, size);
        return;
    case CM_SET_ADDR:
        snprintf(out, size, "host:port");
        return;
    case CM_SET_FILE:
        snprintf(out, size, "file");
        return;
    case CM_SET_DIR:
        snprintf(out, size, "folder");
        return;
    case CM_SET_TEXT:
        if (s->max)
            snprintf(out, size, "text, %lld to %lld bytes", (long long)s->min, (long long)s->max);
        else
            snprintf(out, size, "text");
        return;
    }
}
