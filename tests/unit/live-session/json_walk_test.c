/* json_walk_test.c - JSON read where it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_walk.h"

static bool is_object(struct cm_str text)
{
    struct json_walk walk = json_walk(text);
    struct json_value value;

    return json_value(&walk, &value) && json_done(&walk) && value.kind == JSON_OBJECT;
}

static void keys_come_one_by_one_whatever_stands_between(void **state)
{
    struct cm_str text =
        CM_STR(" { \"a\" : 1 ,\r\n\t\"b\":{},\"c\":{\"d\":\"x\\\"}\"} , \"e\":[] } ");
    struct json_walk walk = json_walk(text);
    struct json_value value;
    struct cm_str key;

    (void)state;
    assert_true(json_enter(&walk));
    assert_true(json_key(&walk, &key) && cm_str_is(key, "a"));
    assert_true(json_value(&walk, &value));
    assert_int_equal(value.kind, JSON_NUMBER);
    assert_true(json_key(&walk, &key) && cm_str_is(key, "b"));
    assert_true(json_enter(&walk));
    assert_false(json_key(&walk, &key));
    assert_true(json_key(&walk, &key) && cm_str_is(key, "c"));
    assert_true(json_enter(&walk));
    assert_true(json_key(&walk, &key) && cm_str_is(key, "d"));
    assert_true(json_value(&walk, &value));
    assert_true(cm_str_is(value.raw, "x\\\"}"));
    assert_false(json_key(&walk, &key));
    assert_true(json_key(&walk, &key) && cm_str_is(key, "e"));
    assert_true(json_value(&walk, &value));
    assert_int_equal(value.kind, JSON_ARRAY);
    assert_false(json_key(&walk, &key));
    assert_true(json_done(&walk));
}

static void a_value_is_found_by_its_path(void **state)
{
    struct cm_str text = CM_STR("{\"a\":{\"b\":{\"c\":\"x\",\"n\":\"42\"}},\"b\":7,\"s\":\"t\"}");
    int64_t number = 0;

    (void)state;
    assert_true(cm_str_is(json_find_str(text, "a.b.c"), "x"));
    assert_int_equal(json_find(text, "a.b").kind, JSON_OBJECT);
    assert_int_equal(json_find(text, "a.c").kind, JSON_NONE);
    assert_int_equal(json_find(text, "s.t").kind, JSON_NONE);
    assert_int_equal(json_find_str(text, "b").len, 0);
    assert_true(json_i64(json_find(text, "b"), 0, 10, &number) && number == 7);
    assert_true(json_i64(json_find(text, "a.b.n"), 0, 100, &number) && number == 42);
    assert_false(json_i64(json_find(text, "a.b.n"), 0, 41, &number));
    assert_false(json_i64(json_find(text, "a.b.c"), 0, 41, &number));
    assert_int_equal(json_find(CM_STR("{\"a\":1,}"), "a").kind, JSON_NONE);
}

static void what_is_no_json_is_seen(void **state)
{
    static const char *const bad[] = {
        "",           " ",           "{",           "}",         "{\"a\"}",      "{\"a\":}",
        "{\"a\":1,}", "{,\"a\":1}",  "{\"a\":1}}",  "{\"a\":1]", "{\"a\":[1,]}", "{\"a\":[1 2]}",
        "{a:1}",      "{\"a\":tru}", "{\"a\":01x}", "{\"a\":-}", "{\"a\":1.}",   "{\"a\":1e}",
        "{\"a\":\"}", "{\"a\" 1}",   "{\"a\":[}]}", "{\"a\":{]", "[1]",          "\"x\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(is_object(cm_str_of(bad[i])));
    assert_true(is_object(CM_STR("{}")));
    assert_true(is_object(CM_STR("{\"a\":[1.5e+3,-2,true,false,null,[[]],{\"b\":\"\\\\\"}]}")));
}

static void every_cut_is_seen(void **state)
{
    struct cm_str text = CM_STR("{\"a\":[1,{\"b\":\"\\\"x\"},true],\"c\":{\"d\":[null,\"e\"]}}");

    (void)state;
    assert_true(is_object(text));
    for (size_t len = 0; len < text.len; len++) {
        char *cut = malloc(len + 1); /* so that reading beyond it is seen */
        struct json_walk walk;
        struct json_value value;
        struct cm_str key;

        assert_non_null(cut);
        memcpy(cut, text.at, len);
        assert_false(is_object((struct cm_str){ cut, len }));
        walk = json_walk((struct cm_str){ cut, len });
        if (json_enter(&walk))
            while (json_key(&walk, &key) && json_value(&walk, &value))
                ;
        assert_false(json_done(&walk) && len > 0);
        free(cut);
    }
}

static void nesting_has_an_end(void **state)
{
    char text[200];

    (void)state;
    for (int depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX; depth++) {
        size_t len = 0;

        len += (size_t)sprintf(text, "{\"a\":");
        for (int i = 0; i < depth; i++)
            text[len++] = '[';
        for (int i = 0; i < depth; i++)
            text[len++] = ']';
        text[len++] = '}';
        assert_int_equal(is_object((struct cm_str){ text, len }), depth < JSON_DEPTH_MAX);
    }
}

static void assert_means(const char *raw, size_t most, const char *meaning)
{
    CM_OWN_BUF struct cm_buf out = { 0 };

    cm_buf_text(&out, "");
    json_unescape(cm_str_of(raw), most, &out);
    assert_string_equal(out.at, meaning);
}

static void escapes_mean_characters(void **state)
{
    (void)state;
    assert_means("a\\\"b\\\\c\\/d\\n\\t\\u0041", 99, "a\"b\\c/d\n\tA");
    assert_means("\\u00e9\\u20AC\\ud83d\\ude00", 99, "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    assert_means("\\ud83d!\\ude00\\u0000\\u12", 99,
                 "\xEF\xBF\xBD!\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
                 "12");
    assert_means("\\x", 99, "\xEF\xBF\xBD");
}

static void a_text_is_cut_between_characters(void **state)
{
    (void)state;
    assert_means("ab\xC3\xA9", 3, "ab");
    assert_means("ab\xC3\xA9", 4, "ab\xC3\xA9");
    assert_means("ab\\u00e9x", 3, "ab");
    assert_means("abc", 0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_come_one_by_one_whatever_stands_between),
        cmocka_unit_test(a_value_is_found_by_its_path),
        cmocka_unit_test(what_is_no_json_is_seen),
        cmocka_unit_test(every_cut_is_seen),
        cmocka_unit_test(nesting_has_an_end),
        cmocka_unit_test(escapes_mean_characters),
        cmocka_unit_test(a_text_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
