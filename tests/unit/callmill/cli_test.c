#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli.h"

static cm_rc run_nothing(struct cli *cli, struct cm_err *err)
{
    (void)cli;
    (void)err;
    return CM_OK;
}

static const struct cli_option options[] = {
    { "--name", "NAME", "a name", true },
    { "--id", "ID", "an id", false },
    { "--count", "N", "a number", false },
    { "--flag", NULL, "a flag", false },
    { 0 },
};
static const struct cli_command thing_add = {
    .noun = "thing", .verb = "add", .summary = "s", .options = options, .run = run_nothing
};
static const struct cli_command alone = { .noun = "alone", .summary = "s", .run = run_nothing };
static const struct cli_command *const commands[] = { &thing_add, &alone, NULL };

struct fixture {
    struct cli cli;
    struct cm_err err;
    struct cm_arena *words;
};

static int setup(void **state)
{
    static struct fixture fx;

    fx = (struct fixture){ .words = cm_arena_new() };
    *state = &fx;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    cm_arena_free(fx->words);
    return 0;
}

#define PARSE(fx, ...) parse((fx), (const char *[]){ "callmill", __VA_ARGS__, NULL })

static enum cli_answer parse(struct fixture *fx, const char *const *words)
{
    char *argv[16];
    int argc = 0;

    for (; words[argc]; argc++)
        argv[argc] = cm_arena_text(fx->words, cm_str_of(words[argc]));
    argv[argc] = NULL;
    return cli_parse(commands, argc, argv, &fx->cli, &fx->err);
}

static void options_come_with_a_space_or_an_equals_sign(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(PARSE(fx, "thing", "add", "--name", "a b", "--count=7", "--flag", "--json"),
                     CLI_RUN);
    assert_string_equal(cli_value(&fx->cli, "--name"), "a b");
    assert_string_equal(cli_value(&fx->cli, "--count"), "7");
    assert_true(cli_has(&fx->cli, "--flag"));
    assert_false(cli_has(&fx->cli, "--id"));
    assert_true(fx->cli.json);
}

static void a_noun_may_stand_alone(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(PARSE(fx, "alone"), CLI_RUN);
    assert_ptr_equal(fx->cli.command, &alone);
    assert_false(fx->cli.json);
}

static void what_is_wrong_is_named(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(PARSE(fx, "thing", "add"), CLI_USAGE);
    assert_non_null(strstr(fx->err.msg, "--name NAME is missing"));
    assert_int_equal(PARSE(fx, "thing", "add", "--name"), CLI_USAGE);
    assert_non_null(strstr(fx->err.msg, "--name wants a value"));
    assert_int_equal(PARSE(fx, "thing", "add", "--name", "a", "--name", "b"), CLI_USAGE);
    assert_non_null(strstr(fx->err.msg, "twice"));
    assert_int_equal(PARSE(fx, "thing", "add", "--name", "a", "--flag=yes"), CLI_USAGE);
    assert_non_null(strstr(fx->err.msg, "takes no value"));
    assert_int_equal(PARSE(fx, "thing", "add", "--nam", "a"), CLI_USAGE);
    assert_non_null(strstr(fx->err.msg, "'--nam'"));
    assert_int_equal(PARSE(fx, "thing", "sub"), CLI_USAGE);
    assert_non_null(strstr(fx->err.msg, "no 'sub'"));
    assert_int_equal(PARSE(fx, "nothing"), CLI_USAGE);
    assert_non_null(strstr(fx->err.msg, "'nothing'"));
}

static void a_value_may_look_like_an_option(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(PARSE(fx, "thing", "add", "--name", "--flag"), CLI_RUN);
    assert_string_equal(cli_value(&fx->cli, "--name"), "--flag");
    assert_false(cli_has(&fx->cli, "--flag"));
}

static void numbers_have_bounds(void **state)
{
    struct fixture *fx = *state;
    int64_t value = 0;

    assert_int_equal(PARSE(fx, "thing", "add", "--name", "a", "--count", "7"), CLI_RUN);
    assert_int_equal(cli_int(&fx->cli, "--count", 0, 10, 3, &value, &fx->err), CM_OK);
    assert_int_equal(value, 7);
    assert_int_equal(cli_int(&fx->cli, "--count", 0, 6, 3, &value, &fx->err), CM_REJECT);
    assert_non_null(strstr(fx->err.msg, "from 0 to 6"));
    assert_int_equal(PARSE(fx, "thing", "add", "--name", "a"), CLI_RUN);
    assert_int_equal(cli_int(&fx->cli, "--count", 0, 6, 3, &value, &fx->err), CM_OK);
    assert_int_equal(value, 3);
}

static void ids_are_checked(void **state)
{
    struct fixture *fx = *state;
    struct cm_uuid id;

    assert_int_equal(
        PARSE(fx, "thing", "add", "--name", "a", "--id", "01a20930-24ee-7aed-ae0d-92fceaae6277"),
        CLI_RUN);
    assert_int_equal(cli_uuid(&fx->cli, "--id", &id, &fx->err), CM_OK);
    assert_int_equal(id.at[0], 1);
    assert_int_equal(PARSE(fx, "thing", "add", "--name", "a", "--id", "7"), CLI_RUN);
    assert_int_equal(cli_uuid(&fx->cli, "--id", &id, &fx->err), CM_REJECT);
    assert_int_equal(PARSE(fx, "thing", "add", "--name", "a"), CLI_RUN);
    assert_int_equal(cli_uuid(&fx->cli, "--id", &id, &fx->err), CM_OK);
    assert_true(cm_uuid_is_nil(id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(options_come_with_a_space_or_an_equals_sign, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_noun_may_stand_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(a_value_may_look_like_an_option, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_have_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(ids_are_checked, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
