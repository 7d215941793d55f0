#include "base_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"

static const struct cm_setting table[] = {
    { .name = "HANDLERS",
      .type = CM_SET_INT,
      .fallback = "8",
      .min = 1,
      .max = 256,
      .help = "Events handled at a time." },
    { .name = "BROKERS",
      .type = CM_SET_TEXT,
      .required = true,
      .help = "host:port, comma separated." },
    { .name = "PREFIX",
      .type = CM_SET_TEXT,
      .fallback = "a.",
      .min = 1,
      .max = 4,
      .help = "Of topics." },
    { .name = "VERBOSE", .type = CM_SET_BOOL, .fallback = "no", .help = "Says more." },
    { .name = "ENGINE",
      .type = CM_SET_CHOICE,
      .fallback = "rules",
      .choices = "rules|openai|none",
      .help = "Who thinks." },
    { .name = "URL", .type = CM_SET_URL, .choices = "http|https", .help = "Where to." },
    { .name = "ANY_URL", .type = CM_SET_URL, .help = "Where to." },
    { .name = "ADDR", .type = CM_SET_ADDR, .fallback = "127.0.0.1:8080", .help = "Listens there." },
    { .name = "TOKEN",
      .type = CM_SET_TEXT,
      .secret = true,
      .min = 2,
      .max = 100,
      .help = "Secret." },
    { .name = "MODEL", .type = CM_SET_FILE, .help = "A file." },
    { .name = "FOLDER", .type = CM_SET_DIR, .help = "A folder." },
    { 0 },
};
static const struct cm_setting second[] = {
    { .name = "HANDLERS", .type = CM_SET_INT, .fallback = "99", .max = 99, .help = "Another." },
    { 0 },
};
static const struct cm_setting *const tables[] = { table, second, NULL };

/* The environment of a test: NAME=value, ended by NULL. */
static const char *const *environment;

static char *lookup(const char *name)
{
    size_t len = strlen(name);

    for (const char *const *e = environment; *e; e++)
        if (strncmp(*e, name, len) == 0 && (*e)[len] == '=') {
            static char values[8][512];
            static unsigned next;
            char *value = values[next++ % 8];

            snprintf(value, sizeof values[0], "%s", *e + len + 1);
            return value;
        }
    return NULL;
}

static struct cm_err err;

static struct cm_config *load(const char *const *env, cm_rc want)
{
    struct cm_config *config = NULL;
    cm_rc rc;

    environment = env;
    err = (struct cm_err){ 0 };
    rc = cm_config_load(tables, lookup, &config, &err);
    if (rc != want)
        fail_msg("%s: %s", cm_rc_name(rc), err.msg);
    return config;
}

#define ENV(...)                                                                                   \
    (const char *const[])                                                                          \
    {                                                                                              \
        "BROKERS=k:9092", __VA_ARGS__, NULL                                                        \
    }

static void assert_refused(const char *const *env, const char *message)
{
    assert_null(load(env, CM_FATAL));
    assert_string_equal(err.msg, message);
}

static void defaults_hold_where_nothing_is_set(void **state)
{
    CM_OWN(cm_config) config = load(ENV("HANDLERS="), CM_OK); /* empty counts as unset */

    (void)state;
    assert_int_equal(cm_config_int(config, "HANDLERS"), 8);
    assert_string_equal(cm_config_text(config, "BROKERS"), "k:9092");
    assert_false(cm_config_bool(config, "VERBOSE"));
    assert_string_equal(cm_config_text(config, "ENGINE"), "rules");
    assert_null(cm_config_text(config, "URL"));
    assert_false(cm_config_is_set(config, "URL"));
    assert_true(cm_config_is_set(config, "ADDR"));
}

static void what_is_set_is_read(void **state)
{
    CM_OWN(cm_config)
    config = load(ENV("HANDLERS=256", "VERBOSE=Yes", "ENGINE=openai", "URL=https://u:p@h/x?y",
                      "ANY_URL=postgresql:///db", "ADDR=[::1]:0", "TOKEN=abc", "PREFIX=a.b."),
                  CM_OK);

    (void)state;
    assert_int_equal(cm_config_int(config, "HANDLERS"), 256);
    assert_true(cm_config_bool(config, "VERBOSE"));
    assert_string_equal(cm_config_text(config, "ENGINE"), "openai");
    assert_string_equal(cm_config_text(config, "URL"), "https://u:p@h/x?y");
    assert_string_equal(cm_config_text(config, "ADDR"), "[::1]:0");
    assert_string_equal(cm_config_text(config, "TOKEN"), "abc");
}

static void a_bad_value_is_named_with_its_bound(void **state)
{
    (void)state;
    assert_refused(ENV("HANDLERS=0"), "HANDLERS=0: want an integer from 1 to 256");
    assert_refused(ENV("HANDLERS=257"), "HANDLERS=257: want an integer from 1 to 256");
    assert_refused(ENV("HANDLERS=8 "), "HANDLERS=8 : want an integer from 1 to 256");
    assert_refused(ENV("HANDLERS=1e2"), "HANDLERS=1e2: want an integer from 1 to 256");
    assert_refused(ENV("VERBOSE=maybe"),
                   "VERBOSE=maybe: want true or false (or 1, 0, yes, no, on, off)");
    assert_refused(ENV("ENGINE=magic"), "ENGINE=magic: want rules, openai or none");
    assert_refused(ENV("ENGINE=rules|openai"), "ENGINE=rules|openai: want rules, openai or none");
    assert_refused(ENV("URL=ftp://h"),
                   "URL=ftp://h: want a URL that begins with http:// or https://");
    assert_refused(ENV("URL=h:80"), "URL=h:80: want a URL that begins with http:// or https://");
    assert_refused(ENV("URL=http://"),
                   "URL=http://: want a URL that begins with http:// or https://");
    assert_refused(ENV("URL=http://a b"),
                   "URL=http://a b: want a URL that begins with http:// or https://");
    assert_refused(ENV("PREFIX=abcde"), "PREFIX=abcde: want a text of 1 to 4 bytes");
    assert_refused(ENV("TOKEN=x"), "TOKEN=(hidden): want a text of 2 to 100 bytes");
}

static void an_address_needs_host_and_port(void **state)
{
    static const char *const bad[] = { "ADDR=localhost", "ADDR=:80",    "ADDR=h:",   "ADDR=h:65536",
                                       "ADDR=h:x",       "ADDR=::1:80", "ADDR=[]:1", "ADDR=[::1]",
                                       "ADDR=a b:1",     "ADDR=[::1:80" };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_null(load(ENV(bad[i]), CM_FATAL));
        assert_non_null(strstr(err.msg, "want host:port"));
    }
}

static void a_missing_required_setting_is_named_with_its_help(void **state)
{
    (void)state;
    assert_refused((const char *const[]){ "BROKERS=", NULL },
                   "BROKERS is not set: host:port, comma separated.");
}

static void the_first_of_two_rows_of_a_name_counts(void **state)
{
    (void)state;
    assert_refused(ENV("HANDLERS=300"), "HANDLERS=300: want an integer from 1 to 256");
}

static void write_file(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

static void a_secret_may_come_from_a_file_without_its_newline(void **state)
{
    char path[] = "/tmp/config_test.XXXXXX", env[64];
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    snprintf(env, sizeof env, "TOKEN_FILE=%s", path);
    write_file(path, "s3cret\n\n", 8);
    {
        CM_OWN(cm_config) config = load(ENV(env), CM_OK);

        assert_string_equal(cm_config_text(config, "TOKEN"), "s3cret\n");
    }
    assert_null(load(ENV(env, "TOKEN=too"), CM_FATAL));
    assert_string_equal(err.msg, "TOKEN and TOKEN_FILE are both set: want one of them");
    write_file(path, "a\0b", 3);
    assert_null(load(ENV(env), CM_FATAL));
    assert_non_null(strstr(err.msg, "NUL"));
    write_file(path, "x", 1);
    assert_null(load(ENV(env), CM_FATAL));
    assert_string_equal(err.msg, "TOKEN=(hidden): want a text of 2 to 100 bytes");
    unlink(path);
    assert_null(load(ENV(env), CM_FATAL));
    assert_non_null(strstr(err.msg, "No such file"));
    /* Only secrets are read from files. */
    cm_config_free(load(ENV("PREFIX_FILE=/no/such/file"), CM_OK));
}

static void a_secret_file_has_a_largest_size(void **state)
{
    char path[] = "/tmp/config_test.XXXXXX", env[64];
    char *large = calloc(1, 65537);
    int fd = mkstemp(path);

    (void)state;
    close(fd);
    memset(large, 'x', 65537);
    write_file(path, large, 65537);
    snprintf(env, sizeof env, "TOKEN_FILE=%s", path);
    assert_null(load(ENV(env), CM_FATAL));
    assert_non_null(strstr(err.msg, "at most 65536 bytes"));
    unlink(path);
    free(large);
}

static void the_check_looks_at_files_and_folders(void **state)
{
    static const struct {
        const char *env, *complaint;
    } cases[] = {
        { "MODEL=/etc/hostname", NULL },
        { "FOLDER=/tmp", NULL },
        { "MODEL=/no/such", "MODEL=/no/such: want a readable file: No such file or directory" },
        { "MODEL=/tmp", "MODEL=/tmp: want a readable file" },
        { "FOLDER=/etc/hostname", "FOLDER=/etc/hostname: want a writable folder" },
        { "FOLDER=/no/such", "FOLDER=/no/such: want a writable folder: No such file or directory" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CM_OWN(cm_config) config = load(ENV(cases[i].env), CM_OK);

        assert_int_equal(cm_config_check(config, &err), cases[i].complaint ? CM_FATAL : CM_OK);
        if (cases[i].complaint)
            assert_memory_equal(err.msg, cases[i].complaint, strlen(cases[i].complaint));
    }
}

static char *print(bool markdown)
{
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);

    cm_config_print(tables, markdown, to);
    fclose(to);
    return text;
}

static void the_table_is_printed_for_people_and_for_the_docs(void **state)
{
    CM_OWN_MEM char *help = print(false);
    CM_OWN_MEM char *docs = print(true);

    (void)state;
    assert_non_null(strstr(help, "HANDLERS"));
    assert_non_null(strstr(help, "1 to 256"));
    assert_null(strstr(help, "99")); /* the second row of the name */
    assert_non_null(strstr(help, "TOKEN_FILE"));
    assert_non_null(strstr(docs, "| `HANDLERS` | `8` | 1 to 256 | Events handled at a time. |\n"));
    assert_non_null(strstr(docs, "| `ENGINE` | `rules` | rules, openai or none | Who thinks. |\n"));
    assert_non_null(
        strstr(docs, "| `BROKERS` | required | text | host:port, comma separated. |\n"));
    assert_non_null(strstr(docs,
                           "| `TOKEN` | unset | text, 2 to 100 bytes | Secret. Secret: may come "
                           "from the file named by `TOKEN_FILE`. |\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold_where_nothing_is_set),
        cmocka_unit_test(what_is_set_is_read),
        cmocka_unit_test(a_bad_value_is_named_with_its_bound),
        cmocka_unit_test(an_address_needs_host_and_port),
        cmocka_unit_test(a_missing_required_setting_is_named_with_its_help),
        cmocka_unit_test(the_first_of_two_rows_of_a_name_counts),
        cmocka_unit_test(a_secret_may_come_from_a_file_without_its_newline),
        cmocka_unit_test(a_secret_file_has_a_largest_size),
        cmocka_unit_test(the_check_looks_at_files_and_folders),
        cmocka_unit_test(the_table_is_printed_for_people_and_for_the_docs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
