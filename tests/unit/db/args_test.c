#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "db/args_wire.h"
#include "db/oid.h"
#include "db/wire.h"

struct fixture {
    struct cm_arena *arena;
    struct cm_args *args;
};

static int setup(void **state)
{
    static struct fixture fx;

    fx.arena = cm_arena_new();
    fx.args = cm_args_new(fx.arena);
    *state = &fx;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    cm_arena_free(fx->arena);
    return 0;
}

static struct cm_args_wire wire_of(const struct cm_args *args)
{
    struct cm_args_wire wire;

    assert_int_equal(cm_args_wire(args, &wire, NULL), CM_OK);
    return wire;
}

static void numbers_go_in_network_order(void **state)
{
    struct fixture *fx = *state;
    struct cm_args_wire wire;

    cm_arg_i64(fx->args, INT64_C(0x0102030405060708));
    cm_arg_i32(fx->args, -2);
    cm_arg_bool(fx->args, true);
    wire = wire_of(fx->args);

    assert_int_equal(wire.count, 3);
    assert_memory_equal(wire.values[0], "\1\2\3\4\5\6\7\10", 8);
    assert_memory_equal(wire.values[1], "\377\377\377\376", 4);
    assert_memory_equal(wire.values[2], "\1", 1);
    assert_int_equal(wire.types[0], OID_INT8);
    assert_int_equal(wire.lengths[1], 4);
}

static void times_count_from_the_year_2000(void **state)
{
    struct fixture *fx = *state;
    struct cm_args_wire wire;

    cm_arg_time(fx->args, INT64_C(946684800000001));
    wire = wire_of(fx->args);

    assert_int_equal(get_be64(wire.values[0]), 1);
}

static void what_is_absent_is_null_and_what_is_empty_is_not(void **state)
{
    struct fixture *fx = *state;
    struct cm_args_wire wire;

    cm_arg_text(fx->args, NULL);
    cm_arg_text(fx->args, "");
    cm_arg_opt_i64(fx->args, (struct cm_opt_i64){ 0 });
    cm_arg_opt_uuid(fx->args, (struct cm_opt_uuid){ 0 });
    cm_arg_date(fx->args, (struct cm_str){ 0 });
    wire = wire_of(fx->args);

    assert_null(wire.values[0]);
    assert_non_null(wire.values[1]);
    assert_int_equal(wire.lengths[1], 0);
    for (int i = 2; i < 5; i++)
        assert_null(wire.values[i]);
    assert_int_equal(wire.types[2], OID_INT8); /* typed, so that the statement stays the same one */
}

static void a_date_with_a_nul_inside_is_no_date(void **state)
{
    struct fixture *fx = *state;
    struct cm_args_wire wire;

    cm_arg_date(fx->args, CM_STR("2026-01-01\0and more"));
    wire = wire_of(fx->args);

    assert_string_equal(wire.values[0], "");
}

static void a_column_is_an_array_of_one_dimension(void **state)
{
    struct fixture *fx = *state;
    struct cm_column *column = cm_arg_column(fx->args, CM_COL_TEXT);
    struct cm_args_wire wire;

    cm_col_text(column, "ab");
    cm_col_null(column);
    cm_col_text(column, "");
    wire = wire_of(fx->args);

    assert_int_equal(wire.types[0], 1009);
    assert_int_equal(wire.lengths[0], 20 + 6 + 4 + 4);
    assert_memory_equal(wire.values[0],
                        "\0\0\0\1\0\0\0\1\0\0\0\031\0\0\0\3\0\0\0\1"
                        "\0\0\0\2ab\377\377\377\377\0\0\0\0",
                        34);
}

static void an_empty_column_has_no_dimension(void **state)
{
    struct fixture *fx = *state;
    struct cm_args_wire wire;

    cm_arg_column(fx->args, CM_COL_UUID);
    wire = wire_of(fx->args);

    assert_int_equal(wire.lengths[0], 12);
    assert_int_equal(get_be32(wire.values[0]), 0);
}

static void columns_grow_beside_each_other(void **state)
{
    struct fixture *fx = *state;
    struct cm_column *ids = cm_arg_column(fx->args, CM_COL_I64);
    struct cm_column *flags = cm_arg_column(fx->args, CM_COL_BOOL);
    struct cm_args_wire wire;

    for (int64_t i = 0; i < 3000; i++) {
        cm_col_i64(ids, i);
        cm_col_bool(flags, i % 2);
    }
    wire = wire_of(fx->args);

    assert_int_equal(wire.lengths[0], 20 + 3000 * 12);
    assert_int_equal(wire.lengths[1], 20 + 3000 * 5);
    for (int64_t i = 0; i < 3000; i++) {
        assert_int_equal(get_be64(wire.values[0] + 20 + i * 12 + 4), i);
        assert_int_equal(wire.values[1][20 + i * 5 + 4], i % 2);
    }
}

static void many_parameters_keep_their_order(void **state)
{
    struct fixture *fx = *state;
    struct cm_args_wire wire;

    for (int32_t i = 0; i < 100; i++)
        cm_arg_i32(fx->args, i);
    wire = wire_of(fx->args);

    assert_int_equal(wire.count, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(get_be32(wire.values[i]), i);
}

static void no_parameters_at_all_are_fine(void **state)
{
    (void)state;
    assert_int_equal(wire_of(NULL).count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers_go_in_network_order, setup, teardown),
        cmocka_unit_test_setup_teardown(times_count_from_the_year_2000, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_absent_is_null_and_what_is_empty_is_not, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_date_with_a_nul_inside_is_no_date, setup, teardown),
        cmocka_unit_test_setup_teardown(a_column_is_an_array_of_one_dimension, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_column_has_no_dimension, setup, teardown),
        cmocka_unit_test_setup_teardown(columns_grow_beside_each_other, setup, teardown),
        cmocka_unit_test_setup_teardown(many_parameters_keep_their_order, setup, teardown),
        cmocka_unit_test(no_parameters_at_all_are_fine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
