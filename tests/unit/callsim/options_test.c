/* options_test.c - the command line says what it wants. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

static cm_rc read_line(struct options *out, struct cm_err *err, char *const words[])
{
    char *argv[24] = { strdup("callsim") };
    bool help = false;
    int argc = 1;
    cm_rc rc;

    for (; words[argc - 1]; argc++)
        argv[argc] = words[argc - 1];
    optind = 0; /* getopt begins anew */
    opterr = 0;
    rc = options_read(argc, argv, out, &help, err);
    free(argv[0]);
    return rc;
}

#define WORDS(...) ((char *[]){ __VA_ARGS__, NULL })
#define W(text)    ((char[]){ text })

static int set_account(void **state)
{
    (void)state;
    unsetenv("PUBLIC_URL");
    return setenv("TWILIO_ACCOUNT_SID", "ACx", 1) || setenv("TWILIO_AUTH_TOKEN", "t", 1);
}

static void a_call_needs_a_number_an_audio_file_and_a_service(void **state)
{
    struct options o;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(
        read_line(&o, &err, WORDS(W("call"), W("--audio"), W("a.mp3"), W("--to"), W("+1"))),
        CM_REJECT);
    assert_non_null(strstr(err.msg, "--public"));
    assert_int_equal(
        read_line(&o, &err,
                  WORDS(W("call"), W("--audio"), W("a.mp3"), W("--public"), W("http://x"))),
        CM_REJECT);
    assert_non_null(strstr(err.msg, "--to"));
    assert_int_equal(
        read_line(&o, &err, WORDS(W("call"), W("--to"), W("+1"), W("--public"), W("http://x"))),
        CM_REJECT);
    assert_non_null(strstr(err.msg, "--audio"));
}

static void what_is_given_is_taken_and_the_rest_has_its_defaults(void **state)
{
    struct options o;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(
        read_line(&o, &err,
                  WORDS(W("load"), W("--audio"), W("a.mp3"), W("--audio"), W("b.mp3"), W("--to"),
                        W("+1"), W("--ingest"), W("http://x"), W("--calls"), W("7"), W("--shuffle"),
                        W("--seed"), W("42"), W("--missing"), W("10"))),
        CM_OK);
    assert_int_equal(o.command, COMMAND_LOAD);
    assert_int_equal(o.audio_count, 2);
    assert_int_equal(o.calls, 7);
    assert_int_equal(o.missing_percent, 10);
    assert_int_equal(o.repeat_percent, 0);
    assert_true(o.shuffle);
    assert_false(o.hold);
    assert_int_equal(o.seed, 42);
    assert_string_equal(o.public_url, "http://x");
    assert_string_equal(o.outcome, "completed");
}

static void a_wrong_value_is_named(void **state)
{
    struct options o;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(read_line(&o, &err, WORDS(W("load"), W("--missing"), W("101"))), CM_REJECT);
    assert_non_null(strstr(err.msg, "--missing '101'"));
    assert_int_equal(read_line(&o, &err, WORDS(W("load"), W("--calls"), W("many"))), CM_REJECT);
    assert_non_null(strstr(err.msg, "--calls 'many'"));
    assert_int_equal(read_line(&o, &err, WORDS(W("dial"))), CM_REJECT);
    assert_non_null(strstr(err.msg, "'dial'"));
    assert_int_equal(read_line(&o, &err, WORDS(W("call"), W("--nothing"))), CM_REJECT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_needs_a_number_an_audio_file_and_a_service),
        cmocka_unit_test(what_is_given_is_taken_and_the_rest_has_its_defaults),
        cmocka_unit_test(a_wrong_value_is_named),
    };

    return cmocka_run_group_tests(tests, set_account, NULL);
}
