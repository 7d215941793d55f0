#include "base/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/setting.h"
#include "base/str.h"

enum { SECRET_FILE_MAX = 64 * 1024 };

struct cm_config {
    struct cm_value *values;
    size_t count;
};

static void wipe(char *text)
{
    if (!text)
        return;

    explicit_bzero(text, strlen(text));
    free(text);
}

void cm_config_free(struct cm_config *config)
{
    if (!config)
        return;

    for (size_t i = 0; i < config->count; i++)
        wipe(config->values[i].text);
    free(config->values);
    free(config);
}

static const struct cm_value *find(const struct cm_config *config, const char *name)
{
    for (size_t i = 0; i < config->count; i++)
        if (strcmp(config->values[i].setting->name, name) == 0)
            return &config->values[i];
    return NULL;
}

static char *copy(const char *text)
{
    char *twin = cm_must(strdup(text));

    return twin;
}

/* The whole file, without one trailing newline. */
static cm_rc read_secret(const char *name, const char *path, char **out, struct cm_err *err)
{
    CM_OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text;
    size_t used = 0;
    ssize_t got = 0;

    if (fd < 0)
        return cm_fail(err, CM_FATAL, "%s_FILE=%.100s: %s", name, path, strerror(errno));

    text = cm_must(calloc(1, SECRET_FILE_MAX + 2));
    while (used <= SECRET_FILE_MAX) {
        got = read(fd, text + used, SECRET_FILE_MAX + 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        used += (size_t)got;
    }

    if (got < 0)
        cm_fail(err, CM_FATAL, "%s_FILE=%.100s: %s", name, path, strerror(errno));
    else if (used > SECRET_FILE_MAX)
        cm_fail(err, CM_FATAL, "%s_FILE=%.100s: want at most %d bytes", name, path,
                SECRET_FILE_MAX);
    else if (memchr(text, '\0', used))
        cm_fail(err, CM_FATAL, "%s_FILE=%.100s: want text without NUL bytes", name, path);
    else {
        if (used && text[used - 1] == '\n')
            text[--used] = '\0';
        *out = text;
        return CM_OK;
    }

    explicit_bzero(text, used);
    free(text);
    return CM_FATAL;
}

/* The value's text from NAME, NAME_FILE or the default; an empty variable counts as unset. */
static cm_rc fetch(struct cm_value *v, char *(*lookup)(const char *name), struct cm_err *err)
{
    const struct cm_setting *s = v->setting;
    const char *text = lookup(s->name);

    if (text && !*text)
        text = NULL;
    if (s->secret) {
        char file_name[128];
        const char *path;

        snprintf(file_name, sizeof file_name, "%s_FILE", s->name);
        path = lookup(file_name);
        if (path && *path && text)
            return cm_fail(err, CM_FATAL, "%s and %s are both set: want one of them", s->name,
                           file_name);
        if (path && *path)
            return read_secret(s->name, path, &v->text, err);
    }
    if (!text)
        text = s->fallback;
    if (text)
        v->text = copy(text);
    else if (s->required)
        return cm_fail(err, CM_FATAL, "%s is not set: %s", s->name, s->help);
    return CM_OK;
}

cm_rc cm_config_load(const struct cm_setting *const tables[], char *(*lookup)(const char *name),
                     struct cm_config **out, struct cm_err *err)
{
    CM_OWN(cm_config) config = cm_must(calloc(1, sizeof *config));
    size_t rows = 0;

    for (size_t t = 0; tables[t]; t++)
        for (const struct cm_setting *s = tables[t]; s->name; s++)
            rows++;
    config->values = cm_must(calloc(rows + 1, sizeof *config->values));

    for (size_t t = 0; tables[t]; t++)
        for (const struct cm_setting *s = tables[t]; s->name; s++) {
            struct cm_value *v;
            cm_rc rc;

            if (find(config, s->name))
                continue;
            v = &config->values[config->count++];
            v->setting = s;
            rc = fetch(v, lookup, err);
            if (!rc)
                rc = cm_value_check(v, err);
            if (rc)
                return rc;
        }

    *out = CM_STEAL(config);
    return CM_OK;
}

static const struct cm_value *must_find(const struct cm_config *config, const char *name)
{
    const struct cm_value *v = find(config, name);

    if (!v) {
        fprintf(stderr, "callmill: setting %s is in none of the loaded tables\n", name);
        abort();
    }
    return v;
}

const char *cm_config_text(const struct cm_config *config, const char *name)
{
    return must_find(config, name)->text;
}

int64_t cm_config_int(const struct cm_config *config, const char *name)
{
    return must_find(config, name)->number;
}

bool cm_config_bool(const struct cm_config *config, const char *name)
{
    return must_find(config, name)->number != 0;
}

bool cm_config_is_set(const struct cm_config *config, const char *name)
{
    return must_find(config, name)->text != NULL;
}

static cm_rc look(const struct cm_value *v, bool dir, struct cm_err *err)
{
    const char *what = dir ? "a writable folder" : "a readable file";
    struct stat st;

    if (stat(v->text, &st) != 0 || access(v->text, dir ? W_OK | X_OK : R_OK) != 0)
        return cm_fail(err, CM_FATAL, "%s=%.100s: want %s: %s", v->setting->name, v->text, what,
                       strerror(errno));
    if (dir ? !S_ISDIR(st.st_mode) : S_ISDIR(st.st_mode))
        return cm_fail(err, CM_FATAL, "%s=%.100s: want %s", v->setting->name, v->text, what);
    return CM_OK;
}

cm_rc cm_config_check(const struct cm_config *config, struct cm_err *err)
{
    for (size_t i = 0; i < config->count; i++) {
        const struct cm_value *v = &config->values[i];
        enum cm_setting_type type = v->setting->type;
        cm_rc rc = CM_OK;

        if (v->text && (type == CM_SET_FILE || type == CM_SET_DIR))
            rc = look(v, type == CM_SET_DIR, err);
        if (rc)
            return rc;
    }
    return CM_OK;
}

static const char *say_default(const struct cm_setting *s)
{
    if (s->required)
        return "required";
    if (!s->fallback)
        return "unset";
    return s->secret ? "(hidden)" : *s->fallback ? s->fallback : "empty";
}

static void print_row(const struct cm_setting *s, bool markdown, FILE *to)
{
    const char *secret = s->secret ? "; a secret, may come from the file named by " : "";
    char kind[200];
    const char *quote = s->required || !s->fallback || s->secret || !*s->fallback ? "" : "`";

    cm_setting_say(s, kind, sizeof kind);
    if (markdown)
        fprintf(to, "| `%s` | %s%s%s | %s | %s%s%s%s |\n", s->name, quote, say_default(s), quote,
                kind, s->help, s->secret ? " Secret: may come from the file named by `" : "",
                s->secret ? s->name : "", s->secret ? "_FILE`." : "");
    else
        fprintf(to, "  %-30s %s  [%s%s%s%s]\n  %-30s %s\n", s->name, say_default(s), kind, secret,
                s->secret ? s->name : "", s->secret ? "_FILE" : "", "", s->help);
}

static bool seen_before(const struct cm_setting *const tables[], const struct cm_setting *row)
{
    for (size_t t = 0; tables[t]; t++)
        for (const struct cm_setting *s = tables[t]; s->name; s++) {
            if (s == row)
                return false;
            if (strcmp(s->name, row->name) == 0)
                return true;
        }
    return false;
}

void cm_config_print(const struct cm_setting *const tables[], bool markdown, FILE *to)
{
    if (markdown)
        fputs("| Variable | Default | Values | Meaning |\n| --- | --- | --- | --- |\n", to);
    for (size_t t = 0; tables[t]; t++)
        for (const struct cm_setting *s = tables[t]; s->name; s++)
            if (!seen_before(tables, s))
                print_row(s, markdown, to);
}
