#include "base_test.h"

#include <string.h>

#include <jansson.h>

#include "base/json.h"

static void commas_and_brackets_come_by_themselves(void **state)
{
    CM_OWN_BUF struct cm_buf out = { 0 };
    struct cm_json j = cm_json(&out);

    (void)state;
    cm_json_object(&j, NULL);
    cm_json_text(&j, "a", "x");
    cm_json_text(&j, "b", NULL);
    cm_json_array(&j, "c");
    cm_json_i64(&j, NULL, 1);
    cm_json_object(&j, NULL);
    cm_json_end(&j);
    cm_json_array(&j, NULL);
    cm_json_end(&j);
    cm_json_bool(&j, NULL, true);
    cm_json_end(&j);
    cm_json_i64(&j, "d", INT64_MIN);
    cm_json_bool(&j, "e", false);
    cm_json_null(&j, "f");
    cm_json_raw(&j, "g", CM_STR("[1,2]"));
    cm_json_time(&j, "h", 0);
    cm_json_uuid(&j, "i", (struct cm_uuid){ { 1 } });
    cm_json_end(&j);
    assert_string_equal(out.at,
                        "{\"a\":\"x\",\"b\":null,\"c\":[1,{},[],true],\"d\":-9223372036854775808,"
                        "\"e\":false,\"f\":null,\"g\":[1,2],\"h\":\"1970-01-01T00:00:00.000000Z\","
                        "\"i\":\"01000000-0000-0000-0000-000000000000\"}");
}

static void a_document_may_be_one_value(void **state)
{
    CM_OWN_BUF struct cm_buf out = { 0 };
    struct cm_json j = cm_json(&out);

    (void)state;
    cm_json_text(&j, NULL, "x");
    assert_string_equal(out.at, "\"x\"");
}

static void strings_are_escaped(void **state)
{
    CM_OWN_BUF struct cm_buf out = { 0 };
    struct cm_json j = cm_json(&out);

    (void)state;
    cm_json_object(&j, NULL);
    cm_json_str(&j, "k\"", CM_STR("\"\\/\n\t\x01\x1f\x7f"));
    cm_json_str(&j, "n", (struct cm_str){ "a\0b", 3 });
    cm_json_str(&j, "u", CM_STR("\xC3\xA9\xFF\xE2\x82\xF0\x9F\x98\x80"));
    cm_json_str(&j, "e", (struct cm_str){ 0 });
    cm_json_end(&j);
    assert_string_equal(out.at,
                        "{\"k\\\"\":\"\\\"\\\\/\\n\\u0009\\u0001\\u001f\x7f\",\"n\":\"a\\u0000b\","
                        "\"u\":\"\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xF0\x9F\x98\x80\","
                        "\"e\":\"\"}");
}

static void every_pair_of_bytes_is_read_by_others(void **state)
{
    CM_OWN_BUF struct cm_buf out = { 0 };

    (void)state;
    for (int a = 0; a < 256; a++)
        for (int b = 0; b < 256; b++) {
            struct cm_json j = cm_json(&out);
            json_error_t error;
            json_t *read;

            cm_buf_clear(&out);
            cm_json_array(&j, NULL);
            cm_json_str(&j, NULL, (struct cm_str){ (const char[]){ (char)a, (char)b }, 2 });
            cm_json_end(&j);
            read = json_loadb(out.at, out.len, JSON_ALLOW_NUL, &error);
            if (!read)
                fail_msg("%02x %02x: %s: %s", a, b, error.text, out.at);
            json_decref(read);
        }
}

static void sixty_levels_are_not_confused(void **state)
{
    CM_OWN_BUF struct cm_buf out = { 0 };
    struct cm_json j = cm_json(&out);
    json_t *read;

    (void)state;
    for (int i = 0; i < 30; i++) {
        cm_json_array(&j, NULL);
        cm_json_i64(&j, NULL, i);
        cm_json_object(&j, NULL);
        cm_json_i64(&j, "n", i);
        cm_json_array(&j, "a");
        cm_json_end(&j);
        cm_json_end(&j);
    }
    for (int i = 0; i < 30; i++)
        cm_json_end(&j);
    read = json_loadb(out.at, out.len, 0, NULL);
    assert_non_null(read);
    json_decref(read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_and_brackets_come_by_themselves),
        cmocka_unit_test(a_document_may_be_one_value),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(every_pair_of_bytes_is_read_by_others),
        cmocka_unit_test(sixty_levels_are_not_confused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
