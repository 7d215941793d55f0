/* uuid.h and digest.h. */
#include "base_test.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/uuid.h"

static void version_7_sorts_by_time(void **state)
{
    struct cm_uuid last = { { 0 } };

    (void)state;
    for (int64_t i = 0; i < 1000; i++) {
        struct cm_uuid id = cm_uuid_v7(INT64_C(1795448160000000) + i * 7);

        assert_true(memcmp(id.at, last.at, 16) > 0);
        assert_int_equal(id.at[6] >> 4, 7);
        assert_int_equal(id.at[8] >> 6, 2);
        last = id;
    }
    assert_memory_equal(cm_uuid_text(cm_uuid_v7(INT64_C(1645557742000000))).at, "017f22e2-79b0-7",
                        15);
}

static void ids_of_one_moment_differ(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_false(cm_uuid_eq(cm_uuid_v7(1), cm_uuid_v7(1)));
}

static void a_name_has_one_id(void **state)
{
    struct cm_uuid id = cm_uuid_named(CM_STR("call:CA1"));

    (void)state;
    assert_true(cm_uuid_eq(id, cm_uuid_named(CM_STR("call:CA1"))));
    assert_false(cm_uuid_eq(id, cm_uuid_named(CM_STR("call:CA2"))));
    assert_int_equal(id.at[6] >> 4, 8);
    assert_int_equal(id.at[8] >> 6, 2);
}

static void a_text_is_read_back_in_any_case(void **state)
{
    struct cm_uuid id, back;

    (void)state;
    assert_true(cm_uuid_parse(CM_STR("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), &id));
    assert_string_equal(cm_uuid_text(id).at, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    assert_true(cm_uuid_parse(cm_str_of(cm_uuid_text(id).at), &back));
    assert_true(cm_uuid_eq(id, back));
    assert_false(cm_uuid_is_nil(id));
    assert_true(cm_uuid_parse(CM_STR("00000000-0000-0000-0000-000000000000"), &id));
    assert_true(cm_uuid_is_nil(id));
}

static void what_is_no_uuid_is_not_read(void **state)
{
    static const char whole[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
    struct cm_uuid id = { { 7 } };

    (void)state;
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        char *exact = malloc(len + !len);

        memcpy(exact, whole, len);
        assert_false(cm_uuid_parse((struct cm_str){ exact, len }, &id));
        free(exact);
    }
    for (size_t i = 0; i < sizeof whole - 1; i++) {
        char broken[sizeof whole];

        memcpy(broken, whole, sizeof whole);
        broken[i] = whole[i] == '-' ? '0' : 'g';
        assert_false(cm_uuid_parse(cm_str_of(broken), &id));
    }
    assert_false(cm_uuid_parse(CM_STR("{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}"), &id));
    assert_int_equal(id.at[0], 7);
}

static void digests_agree_with_their_standards(void **state)
{
    struct cm_sha256 sha256;
    struct cm_sha1 sha1;

    (void)state;
    sha256 = cm_sha256(CM_STR("abc")); /* FIPS 180-2 */
    assert_string_equal(cm_hex(sha256.at, 32).at,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256 = cm_sha256((struct cm_str){ 0 });
    assert_string_equal(cm_hex(sha256.at, 32).at,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha1 = cm_hmac_sha1(CM_STR("Jefe"), CM_STR("what do ya want for nothing?")); /* RFC 2202 */
    assert_string_equal(cm_hex(sha1.at, 20).at, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    sha256 = cm_hmac_sha256(CM_STR("Jefe"), CM_STR("what do ya want for nothing?")); /* RFC 4231 */
    assert_string_equal(cm_hex(sha256.at, 32).at,
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    sha1 = cm_hmac_sha1((struct cm_str){ 0 }, (struct cm_str){ 0 });
    assert_string_equal(cm_hex(sha1.at, 20).at, "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
}

static void bytes_have_their_texts(void **state)
{
    static const char *const base64[] = { "",         "Zg==",     "Zm8=",    "Zm9v",
                                          "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };

    (void)state;
    for (size_t len = 0; len <= 6; len++) /* RFC 4648 */
        assert_string_equal(cm_base64("foobar", len).at, base64[len]);
    assert_int_equal(strlen(cm_base64("01234567890123456789012345678901", 32).at), 44);
    assert_string_equal(cm_hex("\x00\xff", 2).at, "00ff");
    assert_string_equal(cm_hex("", 0).at, "");
}

static void secrets_are_compared_whole(void **state)
{
    (void)state;
    assert_true(cm_same_secret(CM_STR("abc"), CM_STR("abc")));
    assert_true(cm_same_secret((struct cm_str){ 0 }, CM_STR("")));
    assert_false(cm_same_secret(CM_STR("abc"), CM_STR("abd")));
    assert_false(cm_same_secret(CM_STR("abc"), CM_STR("ab")));
    assert_false(cm_same_secret(CM_STR(""), CM_STR("a")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_7_sorts_by_time),
        cmocka_unit_test(ids_of_one_moment_differ),
        cmocka_unit_test(a_name_has_one_id),
        cmocka_unit_test(a_text_is_read_back_in_any_case),
        cmocka_unit_test(what_is_no_uuid_is_not_read),
        cmocka_unit_test(digests_agree_with_their_standards),
        cmocka_unit_test(bytes_have_their_texts),
        cmocka_unit_test(secrets_are_compared_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
