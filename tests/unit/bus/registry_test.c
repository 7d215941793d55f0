/* What is asked of a schema registry, and what its answers mean. */
#include "fake_registry.h"

#include <string.h>

#include "base/buf.h"
#include "bus/registry.h"

#define LEVEL(x) "{\"compatibilityLevel\":\"" x "\"}"

static struct cm_registry *a_registry(const char *url)
{
    return cm_registry_new(url, NULL);
}

static void a_new_subject_gets_schema_and_compatibility(void **state)
{
    static const struct fake_answer answers[] = {
        { "GET /api/config/t-value", 404, "{\"error_code\":40408,\"message\":\"none\"}" },
        { "PUT /api/config/t-value", 200, "{\"compatibility\":\"BACKWARD_TRANSITIVE\"}" },
        { "POST /api/subjects/t-value/versions", 200, "{\"id\":7}" },
        { 0 },
    };
    CM_OWN(cm_registry) registry = a_registry("http://r:1/api/");
    uint32_t id = 0;

    (void)state;
    given_answers(answers);
    assert_int_equal(
        cm_registry_register(registry, "t-value", CM_STR("{\"type\":\"x\"}"), &id, NULL), CM_OK);
    assert_int_equal(id, 7);
    assert_string_equal(questions(), "GET /api/config/t-value\nPUT /api/config/t-value\n"
                                     "POST /api/subjects/t-value/versions\n");
    assert_string_equal(last_body.at, "{\"schema\":\"{\\\"type\\\":\\\"x\\\"}\"}");
    assert_string_equal(last_type, "application/vnd.schemaregistry.v1+json");
    assert_string_equal(last_ask.headers[0], "Accept: application/vnd.schemaregistry.v1+json");
}

static void a_compatibility_that_is_right_is_left_alone(void **state)
{
    static const struct fake_answer answers[] = {
        { "GET /config/", 200, LEVEL("BACKWARD_TRANSITIVE") },
        { "POST /subjects/", 200, "{\"id\":1}" },
        { 0 },
    };
    CM_OWN(cm_registry) registry = a_registry("http://r:1");
    uint32_t id;

    (void)state;
    given_answers(answers);
    assert_int_equal(cm_registry_register(registry, "t", CM_STR("{}"), &id, NULL), CM_OK);
    assert_int_equal(question_count(), 2);
}

/* Apicurio knows the compatibility of subjects that exist only. */
static void a_registry_that_wants_the_subject_first_is_asked_again(void **state)
{
    static const struct fake_answer answers[] = {
        { "GET /config/", 404, "{\"error_code\":40401}" },
        { "PUT /config/", 404, "{\"error_code\":40401}" },
        { "POST /subjects/", 200, "{\"id\":1}" },
        { 0 },
    };
    CM_OWN(cm_registry) registry = a_registry("http://r:1");
    struct cm_err err;
    uint32_t id;

    (void)state;
    given_answers(answers);
    assert_int_equal(cm_registry_register(registry, "t", CM_STR("{}"), &id, &err), CM_FATAL);
    assert_string_equal(questions(), "GET /config/t\nPUT /config/t\nPOST /subjects/t/versions\n"
                                     "GET /config/t\nPUT /config/t\n");
    assert_string_equal(err.msg, "t: schema registry keeps no compatibility");
}

static void an_incompatible_schema_is_fatal_with_the_registrys_words(void **state)
{
    static const struct fake_answer answers[] = {
        { "GET /config/", 200, LEVEL("BACKWARD_TRANSITIVE") },
        { "POST /subjects/", 409, "{\"error_code\":409,\"message\":\"field gone\"}" },
        { 0 },
    };
    CM_OWN(cm_registry) registry = a_registry("http://r:1");
    struct cm_err err;
    uint32_t id;

    (void)state;
    given_answers(answers);
    assert_int_equal(cm_registry_register(registry, "t", CM_STR("{}"), &id, &err), CM_FATAL);
    assert_non_null(strstr(err.msg, "field gone"));
    assert_non_null(strstr(err.msg, "t: schema registry refuses to register the schema"));
}

static void a_registry_that_is_ill_is_away(void **state)
{
    static const struct fake_answer ill[][2] = {
        { { "GET ", 0, NULL }, { 0 } },       { { "GET ", 500, "{\"error_code\":50001}" }, { 0 } },
        { { "GET ", 503, NULL }, { 0 } },     { { "GET ", 429, NULL }, { 0 } },
        { { "GET ", 404, "<html>" }, { 0 } },
    };
    CM_OWN(cm_registry) registry = a_registry("http://r:1");
    CM_OWN(cm_arena) arena = cm_arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof ill / sizeof *ill; i++) {
        struct cm_str avsc;
        struct cm_err err;

        given_answers(ill[i]);
        assert_int_equal(cm_registry_schema(registry, 1, arena, &avsc, &err), CM_RETRY);
        assert_true(err.away);
        assert_int_equal(cm_registry_ping(registry, &err), CM_RETRY);
        assert_true(err.away);
    }
}

static void wrong_credentials_are_fatal_and_not_shown(void **state)
{
    static const struct fake_answer answers[] = { { "GET ", 401, "{\"error_code\":401}" }, { 0 } };
    CM_OWN(cm_registry) registry = a_registry("https://me:sec%40ret@r:1");
    struct cm_err err;

    (void)state;
    given_answers(answers);
    assert_int_equal(cm_registry_ping(registry, &err), CM_FATAL);
    assert_null(strstr(err.msg, "ret"));
}

static void credentials_leave_the_url_and_are_unescaped(void **state)
{
    static const struct {
        const char *url, *clean, *user, *password;
    } cases[] = {
        { "https://me:sec%40ret@r:1/x//", "https://r:1/x/schemas/types", "me", "sec@ret" },
        { "http://me@r", "http://r/schemas/types", "me", "" },
        { "http://a%zz:b%4@r/", "http://r/schemas/types", "a%zz", "b%4" },
        { "http://a:b@c@r", "http://r/schemas/types", "a", "b@c" },
        { "http://r/p@q", "http://r/p@q/schemas/types", "", "" },
    };
    static const struct fake_answer answers[] = { { "GET ", 200, "[]" }, { 0 } };

    (void)state;
    given_answers(answers);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CM_OWN(cm_registry) registry = a_registry(cases[i].url);

        assert_int_equal(cm_registry_ping(registry, NULL), CM_OK);
        assert_string_equal(last_url, cases[i].clean);
        assert_string_equal(last_user, cases[i].user);
        assert_string_equal(last_password, cases[i].password);
    }
}

static void a_url_cut_at_any_byte_is_harmless(void **state)
{
    static const char url[] = "https://me:sec%40ret@registry:8081/apis/ccompat/v7/";
    static const struct fake_answer answers[] = { { "GET ", 200, "[]" }, { 0 } };

    (void)state;
    given_answers(answers);
    for (size_t len = strlen("https://"); len < sizeof url; len++) {
        char part[sizeof url] = { 0 };

        memcpy(part, url, len);
        cm_registry_free(a_registry(part));
    }
}

static void a_schema_comes_as_its_text(void **state)
{
    static const struct fake_answer answers[] = {
        { "GET /schemas/ids/4294967295", 200,
          "{\"schema\":\"\\\"string\\\"\",\"schemaType\":\"AVRO\"}" },
        { 0 },
    };
    CM_OWN(cm_registry) registry = a_registry("http://r:1");
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_str avsc;

    (void)state;
    given_answers(answers);
    assert_int_equal(cm_registry_schema(registry, UINT32_MAX, arena, &avsc, NULL), CM_OK);
    assert_true(cm_str_is(avsc, "\"string\""));
}

static void what_is_no_schema_of_ours_is_rejected(void **state)
{
    static const struct fake_answer bad[][2] = {
        { { "GET ", 404, "{\"error_code\":40403,\"message\":\"Schema not found\"}" }, { 0 } },
        { { "GET ", 200, "{\"schema\":\"{}\",\"schemaType\":\"JSON\"}" }, { 0 } },
        { { "GET ", 200, "{\"schema\":5}" }, { 0 } },
        { { "GET ", 200, "not json" }, { 0 } },
        { { "GET ", 200, "{\"schema\":\"{}\",\"references\":[{\"name\":\"a\"}]}" }, { 0 } },
    };
    CM_OWN(cm_registry) registry = a_registry("http://r:1");
    CM_OWN(cm_arena) arena = cm_arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct cm_str avsc;

        given_answers(bad[i]);
        assert_int_equal(cm_registry_schema(registry, 1, arena, &avsc, NULL), CM_REJECT);
    }
}

static void an_id_that_no_frame_holds_is_fatal(void **state)
{
    static const struct fake_answer bad[][3] = {
        { { "GET ", 200, LEVEL("BACKWARD_TRANSITIVE") }, { "POST ", 200, "{\"id\":-1}" }, { 0 } },
        { { "GET ", 200, LEVEL("BACKWARD_TRANSITIVE") },
          { "POST ", 200, "{\"id\":4294967296}" },
          { 0 } },
        { { "GET ", 200, LEVEL("BACKWARD_TRANSITIVE") },
          { "POST ", 200, "{\"id\":\"1\"}" },
          { 0 } },
    };
    CM_OWN(cm_registry) registry = a_registry("http://r:1");

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t id;

        given_answers(bad[i]);
        assert_int_equal(cm_registry_register(registry, "t", CM_STR("{}"), &id, NULL), CM_FATAL);
    }
}

static void a_subject_is_escaped_in_the_path(void **state)
{
    static const struct fake_answer answers[] = { { 0 } };
    CM_OWN(cm_registry) registry = a_registry("http://r:1");
    uint32_t id;

    (void)state;
    given_answers(answers);
    assert_int_not_equal(cm_registry_register(registry, "a/b c?", CM_STR("{}"), &id, NULL), CM_OK);
    assert_non_null(strstr(questions(), "GET /config/a%2Fb%20c%3F\n"));
}

static int forget(void **state)
{
    (void)state;
    cm_buf_finish(&last_body);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_subject_gets_schema_and_compatibility),
        cmocka_unit_test(a_compatibility_that_is_right_is_left_alone),
        cmocka_unit_test(a_registry_that_wants_the_subject_first_is_asked_again),
        cmocka_unit_test(an_incompatible_schema_is_fatal_with_the_registrys_words),
        cmocka_unit_test(a_registry_that_is_ill_is_away),
        cmocka_unit_test(wrong_credentials_are_fatal_and_not_shown),
        cmocka_unit_test(credentials_leave_the_url_and_are_unescaped),
        cmocka_unit_test(a_url_cut_at_any_byte_is_harmless),
        cmocka_unit_test(a_schema_comes_as_its_text),
        cmocka_unit_test(what_is_no_schema_of_ours_is_rejected),
        cmocka_unit_test(an_id_that_no_frame_holds_is_fatal),
        cmocka_unit_test(a_subject_is_escaped_in_the_path),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
