#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "db/prepared.h"

static const struct cm_stmt call_find = { "call_find", "SELECT 1" };
static const struct cm_stmt call_add = { "call_add", "SELECT 2" };

static uint64_t key_with_types(const struct cm_stmt *stmt, int count, const uint32_t *types)
{
    struct cm_args_wire wire = { .count = count, .types = types };

    return cm_prepared_key(stmt, &wire);
}

static void other_types_make_another_statement(void **state)
{
    const uint32_t bigint[] = { 20 }, text[] = { 25 };

    (void)state;
    assert_true(key_with_types(&call_find, 1, bigint) != key_with_types(&call_find, 1, text));
    assert_true(key_with_types(&call_find, 0, NULL) != key_with_types(&call_add, 0, NULL));
    assert_true(key_with_types(&call_find, 1, text) == key_with_types(&call_find, 1, text));
}

static void what_was_added_is_found_until_it_is_removed(void **state)
{
    struct cm_prepared set = { 0 };
    uint64_t key = key_with_types(&call_find, 0, NULL);

    (void)state;
    assert_null(cm_prepared_find(&set, key));
    cm_prepared_add(&set, key, "call_find");
    assert_non_null(cm_prepared_find(&set, key));
    assert_int_equal(strncmp(cm_prepared_find(&set, key), "call_find_", 10), 0);
    cm_prepared_remove(&set, key);
    assert_null(cm_prepared_find(&set, key));
    assert_non_null(cm_prepared_name(&set, key));
    cm_prepared_finish(&set);
}

static void many_statements_keep_their_names(void **state)
{
    struct cm_prepared set = { 0 };
    char name[32];

    (void)state;
    for (uint64_t i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "s%u", (unsigned)i);
        cm_prepared_add(&set, i * UINT64_C(0x9e3779b97f4a7c15), name);
    }
    for (uint64_t i = 0; i < 500; i++) {
        const char *found = cm_prepared_find(&set, i * UINT64_C(0x9e3779b97f4a7c15));

        snprintf(name, sizeof name, "s%u_", (unsigned)i);
        assert_non_null(found);
        assert_int_equal(strncmp(found, name, strlen(name)), 0);
    }
    cm_prepared_finish(&set);
}

static void a_long_name_stays_below_the_servers_limit(void **state)
{
    struct cm_prepared set = { 0 };
    const char *name = cm_prepared_add(
        &set, UINT64_MAX, "a_statement_whose_name_is_much_longer_than_what_postgresql_keeps_of_it");

    (void)state;
    assert_true(strlen(name) < 64);
    cm_prepared_finish(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_types_make_another_statement),
        cmocka_unit_test(what_was_added_is_found_until_it_is_removed),
        cmocka_unit_test(many_statements_keep_their_names),
        cmocka_unit_test(a_long_name_stays_below_the_servers_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
