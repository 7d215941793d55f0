#include "base_test.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/log.h"
#include "base/str.h"

static char line[8192];

/* The line of a warning with these fields. */
#define line_of(format, ...)                                                                       \
    checked(cm_log_line(line, sizeof line, format, "T", "svc", CM_LOG_WARN, "call stored",         \
                        __VA_ARGS__))

static const char *checked(int len)
{
    assert_int_equal(len, strlen(line));
    return line;
}

static void fields_are_name_and_value(void **state)
{
    (void)state;
    assert_string_equal(line_of(CM_LOG_TEXT, NULL),
                        "time=T level=warn service=svc msg=\"call stored\"");
    assert_string_equal(line_of(CM_LOG_TEXT, "call_id=%s bytes=%zu", "c1", (size_t)7),
                        "time=T level=warn service=svc msg=\"call stored\" call_id=c1 bytes=7");
    assert_string_equal(
        line_of(CM_LOG_JSON, "call_id=%s bytes=%zu", "c1", (size_t)7),
        "{\"time\":\"T\",\"level\":\"warn\",\"service\":\"svc\",\"msg\":\"call stored\","
        "\"call_id\":\"c1\",\"bytes\":7}");
}

static const char *tail(const char *whole)
{
    return strstr(whole, "stored\"") + strlen("stored\"");
}

static void every_conversion_is_understood(void **state)
{
    (void)state;
    assert_string_equal(tail(line_of(CM_LOG_TEXT, "a=%d b=%i c=%u d=%x e=%c f=%f g=%g", -1, 2, 3u,
                                     255u, 'e', 1.5, 0.25)),
                        " a=-1 b=2 c=3 d=ff e=e f=1.500000 g=0.25");
    assert_string_equal(tail(line_of(CM_LOG_TEXT, "a=%ld b=%llu c=%zu d=%jd e=%lx", -1L, 2ULL,
                                     (size_t)3, (intmax_t)4, 255UL)),
                        " a=-1 b=2 c=3 d=4 e=ff");
    assert_string_equal(tail(line_of(CM_LOG_TEXT, "a=%.*s b=%.3s c=%.1f d=%05d e=%08llx", 2, "xyz",
                                     "abcdef", 2.55, 42, 48879ULL)),
                        " a=xy b=abc c=2.5 d=00042 e=0000beef");
    assert_string_equal(tail(line_of(CM_LOG_TEXT, "a=%d/%d b=%d%% c=v%u d=plain", 1, 2, 50, 3u)),
                        " a=1/2 b=50% c=v3 d=plain");
}

static void only_a_lone_decimal_number_is_one_in_json(void **state)
{
    (void)state;
    assert_string_equal(
        tail(
            line_of(CM_LOG_JSON, "a=%d b=%d/%d c=%x d=%s e=%.1f f=%05d", 1, 2, 3, 4u, "5", 6.0, 7)),
        ",\"a\":1,\"b\":\"2/3\",\"c\":\"4\",\"d\":\"5\",\"e\":6.0,\"f\":\"00007\"}");
    assert_string_equal(
        tail(line_of(CM_LOG_JSON, "a=%f b=%g", (double)INFINITY, -(double)INFINITY)),
        ",\"a\":\"inf\",\"b\":\"-inf\"}");
}

static void a_value_can_forge_neither_field_nor_line(void **state)
{
    const char *volatile nothing = NULL; /* the compiler would warn of a plain NULL */
    static const char evil[] = "x\nlevel=error msg=\"forged\" \x1b[31m\x7f\\ \xff caf\xc3\xa9";

    (void)state;
    assert_string_equal(
        tail(line_of(CM_LOG_TEXT, "id=%s ok=%d", evil, 1)),
        " id=\"x\\nlevel=error msg=\\\"forged\\\" \\u001b[31m\\u007f\\\\ \xEF\xBF\xBD "
        "caf\xc3\xa9\" ok=1");
    assert_null(strchr(line, '\n'));
    assert_string_equal(tail(line_of(CM_LOG_TEXT, "a=%s b=%s c=%s", "", "k=v", "two words")),
                        " a=\"\" b=\"k=v\" c=\"two words\"");
    assert_string_equal(tail(line_of(CM_LOG_TEXT, "a=%s", nothing)), " a=(null)");
}

static json_t *parsed(void)
{
    json_error_t error;
    json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, &error);

    if (!json)
        fail_msg("%s: %s", error.text, line);
    return json;
}

static void every_byte_makes_a_line_of_json(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        char text[4] = { 'a', (char)c, 'b', 0 };
        json_t *json;

        line_of(CM_LOG_JSON, "id=%s", text);
        json = parsed();
        if (c < 0x80)
            assert_string_equal(json_string_value(json_object_get(json, "id")), text);
        json_decref(json);
        assert_null(strchr(line, '\n'));
    }
}

static void a_long_line_is_cut_where_it_stays_well_formed(void **state)
{
    static char huge[20000];

    (void)state;
    for (size_t i = 0; i < sizeof huge - 1; i++)
        huge[i] = "\"\xC3\xA9\n"[i % 4];
    for (int size = 256; size < 600; size++) {
        json_t *json;
        int len = cm_log_line(line, size, CM_LOG_JSON, "T", "svc", CM_LOG_INFO, "m", "a=%s b=%d",
                              huge, 1);

        assert_in_range(len, 1, size - 1);
        json = parsed();
        assert_true(json_is_true(json_object_get(json, "cut")));
        assert_null(json_object_get(json, "b"));
        json_decref(json);
        len = cm_log_line(line, size, CM_LOG_TEXT, "T", "svc", CM_LOG_INFO, "m", "a=%s b=%d", huge,
                          1);
        assert_in_range(len, 1, size - 1);
        assert_string_equal(line + len - 10, "\" cut=true");
    }
}

static void fields_that_do_not_fit_are_left_out_whole(void **state)
{
    (void)state;
    for (int fill = 100; fill < 256; fill++) {
        json_t *json;

        cm_log_line(
            line, 256, CM_LOG_JSON, "T", "svc", CM_LOG_INFO, "m", "a=%.*s b=%d c=%s", fill,
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            123456, "tail");
        json = parsed();
        if (json_object_get(json, "b"))
            assert_int_equal(json_integer_value(json_object_get(json, "b")), 123456);
        json_decref(json);
    }
}

/* What cm_log writes goes to a file in place of stderr. */
struct captured {
    int kept, fd;
    char path[32];
};

static struct captured capture(void)
{
    struct captured c = { .path = "/tmp/log_test.XXXXXX" };

    c.fd = mkstemp(c.path);
    c.kept = dup(STDERR_FILENO);
    dup2(c.fd, STDERR_FILENO);
    return c;
}

static char *release(struct captured *c)
{
    off_t len = lseek(c->fd, 0, SEEK_END);
    char *text = calloc(1, (size_t)len + 1);

    dup2(c->kept, STDERR_FILENO);
    close(c->kept);
    assert_int_equal(pread(c->fd, text, (size_t)len, 0), len);
    close(c->fd);
    unlink(c->path);
    return text;
}

static void lines_below_the_level_are_not_written(void **state)
{
    struct captured c = capture();
    CM_OWN_MEM char *text = NULL;

    (void)state;
    cm_log_setup("svc", CM_LOG_WARN, CM_LOG_TEXT);
    cm_log(CM_LOG_INFO, "quiet", NULL);
    cm_log(CM_LOG_WARN, "loud", "n=%d", 1);
    text = release(&c);
    assert_null(strstr(text, "quiet"));
    assert_non_null(strstr(text, "level=warn service=svc msg=loud n=1\n"));
}

static void *log_many(void *ctx)
{
    for (int i = 0; i < 500; i++)
        cm_log(CM_LOG_ERROR, "many", "who=%s i=%d text=%s", (const char *)ctx, i,
               "a text that is long enough for two lines to mix if they could at all");
    return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
    static char names[4][8] = { "one", "two", "three", "four" };
    struct captured c = capture();
    CM_OWN_MEM char *text = NULL;
    pthread_t threads[4];
    struct cm_str rest, one;
    int lines = 0;

    (void)state;
    cm_log_setup("svc", CM_LOG_INFO, CM_LOG_JSON);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, log_many, names[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    text = release(&c);
    rest = cm_str_of(text);
    while (cm_str_split(&rest, '\n', &one) && one.len) {
        snprintf(line, sizeof line, "%.*s", CM_STR_FMT(one));
        json_decref(parsed());
        lines++;
    }
    assert_int_equal(lines, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_name_and_value),
        cmocka_unit_test(every_conversion_is_understood),
        cmocka_unit_test(only_a_lone_decimal_number_is_one_in_json),
        cmocka_unit_test(a_value_can_forge_neither_field_nor_line),
        cmocka_unit_test(every_byte_makes_a_line_of_json),
        cmocka_unit_test(a_long_line_is_cut_where_it_stays_well_formed),
        cmocka_unit_test(fields_that_do_not_fit_are_left_out_whole),
        cmocka_unit_test(lines_below_the_level_are_not_written),
        cmocka_unit_test(lines_of_several_threads_do_not_mix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
