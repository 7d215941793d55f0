#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ctype.h>

#include "migrations.h"
#include "names.h"

static void migrations_are_numbered_from_1_without_gaps(void **state)
{
    (void)state;
    assert_true(migrations_count >= 3);
    for (size_t i = 0; i < migrations_count; i++) {
        assert_int_equal(migrations[i].version, i + 1);
        assert_int_equal(strtol(migrations[i].name, NULL, 10), i + 1);
        assert_true(migrations[i].sql_end > migrations[i].sql);
        assert_int_equal(*migrations[i].sql_end, 0);
    }
}

static void every_topic_has_the_prefix_and_a_name_of_its_own(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    const char *names[64];
    size_t events, n = topic_names(arena, "p.", names, 64, &events);

    (void)state;
    assert_true(events > 10 && n > events);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(strncmp(names[i], "p.", 2), 0);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(names[i], names[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(migrations_are_numbered_from_1_without_gaps),
        cmocka_unit_test(every_topic_has_the_prefix_and_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
