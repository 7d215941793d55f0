#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/sqlstate.h"

static void a_state_says_what_to_do_next(void **state)
{
    static const struct {
        const char *state;
        cm_rc rc;
        bool away, reconnect;
    } cases[] = {
        { "08006", CM_RETRY, true, true },    { "22P02", CM_REJECT, false, false },
        { "23505", CM_REJECT, false, false }, { "25006", CM_RETRY, true, true },
        { "25001", CM_FATAL, false, false },  { "26000", CM_RETRY, false, true },
        { "40001", CM_RETRY, false, false },  { "40P01", CM_RETRY, false, false },
        { "42P01", CM_FATAL, false, false },  { "42501", CM_FATAL, false, false },
        { "53100", CM_RETRY, true, false },   { "53300", CM_RETRY, true, false },
        { "54000", CM_REJECT, false, false }, { "55P03", CM_RETRY, false, false },
        { "57014", CM_RETRY, false, false },  { "57P01", CM_RETRY, true, true },
        { "0A000", CM_RETRY, false, true },   { "XX000", CM_FATAL, false, false },
        { "P0001", CM_FATAL, false, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cm_sqlstate means = cm_sqlstate(cases[i].state);

        assert_int_equal(means.rc, cases[i].rc);
        assert_int_equal(means.away, cases[i].away);
        assert_int_equal(means.reconnect, cases[i].reconnect);
    }
}

static void without_a_state_the_connection_is_lost(void **state)
{
    (void)state;
    assert_int_equal(cm_sqlstate(NULL).rc, CM_RETRY);
    assert_true(cm_sqlstate(NULL).away);
    assert_true(cm_sqlstate("").reconnect);
}

static void a_state_cut_short_is_never_misread(void **state)
{
    (void)state;
    assert_int_equal(cm_sqlstate("2").rc, CM_FATAL);
    assert_int_equal(cm_sqlstate("57P").rc, CM_RETRY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_says_what_to_do_next),
        cmocka_unit_test(without_a_state_the_connection_is_lost),
        cmocka_unit_test(a_state_cut_short_is_never_misread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
