#include "base_test.h"

#include "base/percent.h"

static void what_is_escaped_is_read_and_what_is_broken_stays(void **state)
{
    static const struct {
        const char *text, *decoded;
    } cases[] = { { "", "" },
                  { "plain+text", "plain+text" },
                  { "a%20b%2Cc%2c", "a b,c," },
                  { "%C3%A9", "\xC3\xA9" },
                  { "100%", "100%" },
                  { "%2", "%2" },
                  { "%zz%41", "%zzA" } };
    CM_OWN(cm_arena) arena = cm_arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cm_str decoded = cm_percent_decode(arena, cm_str_of(cases[i].text));

        assert_true(cm_str_is(decoded, cases[i].decoded));
        assert_string_equal(decoded.at, cases[i].decoded);
    }
}

static void a_list_is_names_and_values(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_pair *pairs;
    size_t count;

    (void)state;
    assert_true(cm_percent_pairs(arena, CM_STR(" a = 1%3D2 ,b=x=y,, c= ,"), &pairs, &count));
    assert_int_equal(count, 3);
    assert_true(cm_str_is(pairs[0].name, "a"));
    assert_true(cm_str_is(pairs[0].value, "1=2"));
    assert_true(cm_str_is(pairs[1].name, "b"));
    assert_true(cm_str_is(pairs[1].value, "x=y"));
    assert_true(cm_str_is(pairs[2].name, "c"));
    assert_true(cm_str_is(pairs[2].value, ""));
}

static void no_list_has_no_pairs(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_pair *pairs;
    size_t count = 1;

    (void)state;
    assert_true(cm_percent_pairs(arena, cm_str_of(NULL), &pairs, &count));
    assert_int_equal(count, 0);
    assert_true(cm_percent_pairs(arena, CM_STR(""), &pairs, &count));
    assert_int_equal(count, 0);
}

static void a_part_without_a_name_or_a_value_is_no_list(void **state)
{
    static const char *const lists[] = { "a", "a=1,b", "=1", "a=1, =2" };
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_pair *pairs;
    size_t count;

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        assert_false(cm_percent_pairs(arena, cm_str_of(lists[i]), &pairs, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_escaped_is_read_and_what_is_broken_stays),
        cmocka_unit_test(a_list_is_names_and_values),
        cmocka_unit_test(no_list_has_no_pairs),
        cmocka_unit_test(a_part_without_a_name_or_a_value_is_no_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
