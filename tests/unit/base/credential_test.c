#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/credential.h"

static void a_password_fits_its_own_hash_only(void **state)
{
    struct cm_password_hash one, two;

    (void)state;
    assert_int_equal(cm_password_hash(CM_STR("correct horse"), &one, NULL), CM_OK);
    assert_int_equal(cm_password_hash(CM_STR("correct horse"), &two, NULL), CM_OK);
    assert_string_not_equal(one.at, two.at); /* salted */
    assert_memory_equal(one.at, "$argon2id$", 10);
    assert_int_equal(cm_password_check(CM_STR("correct horse"), one.at), CM_PASSWORD_RIGHT);
    assert_int_equal(cm_password_check(CM_STR("correct horsf"), one.at), CM_PASSWORD_WRONG);
    assert_int_equal(cm_password_check(CM_STR(""), one.at), CM_PASSWORD_WRONG);
    assert_int_equal(cm_password_check((struct cm_str){ 0 }, one.at), CM_PASSWORD_WRONG);
}

static void a_hash_of_cheaper_parameters_is_to_be_made_anew(void **state)
{
    static const char cheap[] = "$argon2id$v=19$m=8,t=1,p=1$RM5IMefREqtf7H2FnpEhjw$"
                                "yK+lhP1AVBtTXyqIufDWQGvSquH7s8LruXAGD0dGMwY";

    (void)state;
    assert_int_equal(cm_password_check(CM_STR("correct horse"), cheap),
                     CM_PASSWORD_RIGHT_BUT_WEAKLY_KEPT);
    assert_int_equal(cm_password_check(CM_STR("wrong horse"), cheap), CM_PASSWORD_WRONG);
}

static void what_is_no_hash_fits_nothing(void **state)
{
    static const char *const texts[] = { "", "x", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv" };
    struct cm_password_hash hash;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(cm_password_check(CM_STR("password1234"), texts[i]), CM_PASSWORD_WRONG);
    assert_int_equal(cm_password_hash(CM_STR("password1234"), &hash, NULL), CM_OK);
    for (size_t len = 0; len < strlen(hash.at); len += 7) {
        struct cm_password_hash cut = { { 0 } };

        memcpy(cut.at, hash.at, len);
        assert_int_equal(cm_password_check(CM_STR("password1234"), cut.at), CM_PASSWORD_WRONG);
    }
}

static void passwords_have_bounds(void **state)
{
    static char text[CM_PASSWORD_MAX_BYTES + 1];
    struct cm_password_hash hash;
    struct cm_err err;

    (void)state;
    memset(text, 'x', sizeof text);
    assert_int_equal(cm_password_hash(CM_STR("12345678901"), &hash, &err), CM_REJECT);
    assert_int_equal(cm_password_hash(CM_STR("123456789012"), &hash, &err), CM_OK);
    assert_int_equal(cm_password_hash((struct cm_str){ text, sizeof text }, &hash, &err),
                     CM_REJECT);
    assert_int_equal(cm_password_hash((struct cm_str){ text, CM_PASSWORD_MAX_BYTES }, &hash, &err),
                     CM_OK);
    assert_int_equal(cm_password_check((struct cm_str){ text, sizeof text }, hash.at),
                     CM_PASSWORD_WRONG);
}

static void every_token_is_new_and_of_one_form(void **state)
{
    struct cm_token tokens[64];
    struct cm_sha256 hash, expected;

    (void)state;
    for (size_t i = 0; i < 64; i++) {
        tokens[i] = cm_token_new();
        assert_int_equal(strlen(tokens[i].at), 43);
        assert_true(cm_token_hash(cm_str_of(tokens[i].at), &hash));
        expected = cm_sha256(cm_str_of(tokens[i].at));
        assert_memory_equal(hash.at, expected.at, sizeof hash.at);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(tokens[i].at, tokens[j].at);
    }
}

static void a_token_cut_or_lengthened_is_none(void **state)
{
    struct cm_token token = cm_token_new();
    struct cm_sha256 untouched = { { 7 } };

    (void)state;
    for (size_t len = 0; len < strlen(token.at); len++)
        assert_false(cm_token_hash((struct cm_str){ token.at, len }, &untouched));
    assert_false(cm_token_hash((struct cm_str){ token.at, 44 }, &untouched));
    assert_int_equal(untouched.at[0], 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_fits_its_own_hash_only),
        cmocka_unit_test(a_hash_of_cheaper_parameters_is_to_be_made_anew),
        cmocka_unit_test(what_is_no_hash_fits_nothing),
        cmocka_unit_test(passwords_have_bounds),
        cmocka_unit_test(every_token_is_new_and_of_one_form),
        cmocka_unit_test(a_token_cut_or_lengthened_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
