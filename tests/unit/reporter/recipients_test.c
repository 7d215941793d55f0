#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "recipients.h"

/* A mail server that says of each address what it was told to say; else it takes the mail. */
struct fixture {
    struct cm_arena *arena;
    struct delivery delivery;
    struct recipients recipients;
    struct {
        const char *address;
        struct cm_smtp_receipt receipt;
    } told[3];
    struct cm_err answer; /* in place of all that */
    char to[128];         /* of the last letter */
    struct cm_err err;
};

static cm_rc server(const struct delivery *delivery, const struct letter *letter,
                    struct cm_smtp_receipt receipts[], struct cm_err *err)
{
    struct fixture *fx = delivery->ctx;
    size_t taken = 0;

    fx->to[0] = '\0';
    for (size_t i = 0; letter->to[i]; i++) {
        (void)snprintf(fx->to + strlen(fx->to), sizeof fx->to - strlen(fx->to), "%s ",
                       letter->to[i]);
        receipts[i] = (struct cm_smtp_receipt){ .verdict = CM_SMTP_TAKEN };
        for (size_t k = 0; k < 3; k++)
            if (fx->told[k].address && strcmp(fx->told[k].address, letter->to[i]) == 0)
                receipts[i] = fx->told[k].receipt;
        taken += receipts[i].verdict == CM_SMTP_TAKEN;
    }
    if (fx->answer.rc) {
        *err = fx->answer;
        return err->rc;
    }
    return taken ? CM_OK : cm_fail(err, CM_REJECT, "refused the mail");
}

static int setup(void **state)
{
    static const struct cm_str addresses[] = {
        { "a@x", 3 }, { "B <b@x>", 7 }, { "no", 2 }, { "c@x", 3 }
    };
    static struct fixture fx;

    fx = (struct fixture){ .arena = cm_arena_new(), .delivery = { .send = server, .ctx = &fx } };
    fx.recipients = recipients_of(addresses, 4, fx.arena);
    *state = &fx;
    return 0;
}

static int teardown(void **state)
{
    cm_arena_free(((struct fixture *)*state)->arena);
    return 0;
}

static void given(struct fixture *fx, size_t n, const char *address, int verdict, const char *reply)
{
    fx->told[n].address = address;
    fx->told[n].receipt.verdict = verdict;
    (void)snprintf(fx->told[n].receipt.reply, sizeof fx->told[n].receipt.reply, "%s", reply);
}

static cm_rc send_it(struct fixture *fx, bool last_attempt)
{
    fx->err = (struct cm_err){ 0 };
    return recipients_send(&fx->recipients, &fx->delivery, (struct letter){ 0 }, last_attempt,
                           fx->arena, &fx->err);
}

static const char *refused(struct fixture *fx)
{
    return cm_arena_text(fx->arena, recipients_refused(&fx->recipients, fx->arena));
}

static void all_have_it_but_what_is_no_address(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(send_it(fx, false), CM_OK);
    assert_string_equal(fx->to, "a@x b@x c@x ");
    assert_int_equal(recipients_who_have_it(&fx->recipients), 3);
    assert_null(recipients_refused(&fx->recipients, fx->arena).at);
}

static void who_is_refused_is_counted(void **state)
{
    struct fixture *fx = *state;

    given(fx, 0, "b@x", CM_SMTP_REFUSED, "550 5.1.1");
    assert_int_equal(send_it(fx, false), CM_OK);
    assert_int_equal(recipients_who_have_it(&fx->recipients), 2);
    assert_string_equal(refused(fx), "1 of 3 recipients was refused: 550 5.1.1");
}

static void who_may_be_taken_later_is_tried_again_alone(void **state)
{
    struct fixture *fx = *state;

    given(fx, 0, "b@x", CM_SMTP_LATER, "450 4.2.1");
    given(fx, 1, "c@x", CM_SMTP_REFUSED, "550");
    assert_int_equal(send_it(fx, false), CM_RETRY);
    assert_string_equal(fx->err.msg, "the mail server will take 1 of 3 recipients later only");

    given(fx, 0, "b@x", CM_SMTP_TAKEN, "");
    assert_int_equal(send_it(fx, false), CM_OK);
    assert_string_equal(fx->to, "b@x ");
    assert_string_equal(refused(fx), "1 of 3 recipients was refused: 550");
}

static void with_the_last_attempt_later_is_never(void **state)
{
    struct fixture *fx = *state;

    given(fx, 0, "a@x", CM_SMTP_LATER, "450 4.2.1");
    given(fx, 1, "b@x", CM_SMTP_LATER, "450 4.2.1");
    assert_int_equal(send_it(fx, true), CM_OK);
    assert_string_equal(refused(fx), "2 of 3 recipients were refused: 450 4.2.1");
}

static void what_some_have_does_not_fail_when_the_others_are_refused(void **state)
{
    struct fixture *fx = *state;

    given(fx, 0, "a@x", CM_SMTP_LATER, "450 4.2.1");
    assert_int_equal(send_it(fx, false), CM_RETRY);
    given(fx, 0, "a@x", CM_SMTP_REFUSED, "550 5.7.1");
    assert_int_equal(send_it(fx, false), CM_OK);
    assert_int_equal(recipients_who_have_it(&fx->recipients), 2);
    assert_string_equal(refused(fx), "1 of 3 recipients was refused: 450 4.2.1");
}

static void a_server_that_is_away_is_waited_for_even_then(void **state)
{
    struct fixture *fx = *state;

    given(fx, 0, "a@x", CM_SMTP_LATER, "450 4.2.1");
    assert_int_equal(send_it(fx, false), CM_RETRY);
    fx->answer = (struct cm_err){ .rc = CM_RETRY, .away = true };
    assert_int_equal(send_it(fx, true), CM_RETRY);
    assert_true(fx->err.away);
    fx->answer.away = false;
    assert_int_equal(send_it(fx, false), CM_RETRY);
    assert_int_equal(send_it(fx, true), CM_OK);
    assert_int_equal(recipients_who_have_it(&fx->recipients), 2);
}

static void when_all_are_refused_so_is_the_mail(void **state)
{
    struct fixture *fx = *state;

    given(fx, 0, "a@x", CM_SMTP_REFUSED, "550");
    given(fx, 1, "b@x", CM_SMTP_REFUSED, "550");
    given(fx, 2, "c@x", CM_SMTP_REFUSED, "550");
    assert_int_equal(send_it(fx, false), CM_REJECT);
    assert_string_equal(fx->err.msg, "refused the mail");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(all_have_it_but_what_is_no_address),
        TEST(who_is_refused_is_counted),
        TEST(who_may_be_taken_later_is_tried_again_alone),
        TEST(with_the_last_attempt_later_is_never),
        TEST(what_some_have_does_not_fail_when_the_others_are_refused),
        TEST(a_server_that_is_away_is_waited_for_even_then),
        TEST(when_all_are_refused_so_is_the_mail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
