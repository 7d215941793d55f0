/* A real schema registry. */
#include "real.h"

#include <string.h>

#include "samples.h"

static const char *a_subject(struct real *real, const char *name)
{
    return cm_arena_printf(real->arena, "%s%s-value", real->prefix, name).at;
}

#define R(fields)                                                                                  \
    CM_STR("{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"it\",\"fields\":[" fields "]}")
#define A "{\"name\":\"a\",\"type\":\"string\"}"
#define B "{\"name\":\"b\",\"type\":[\"null\",\"string\"],\"default\":null}"
#define C "{\"name\":\"c\",\"type\":\"string\"}"

static void every_schema_of_ours_is_taken_and_comes_back(void **state)
{
    struct real *real = *state;

    FOR_EACH_KIND (kind) {
        const char *subject = a_subject(real, cm_event_name(kind));
        struct cm_schema *schema = NULL;
        struct cm_str avsc;
        uint32_t id, again;
        struct cm_err err = { 0 };

        if (cm_registry_register(real->registry, subject, cm_event_avsc(kind), &id, &err) != CM_OK)
            fail_msg("%s", err.msg);
        assert_int_equal(
            cm_registry_register(real->registry, subject, cm_event_avsc(kind), &again, &err),
            CM_OK);
        assert_int_equal(id, again);

        assert_int_equal(cm_registry_schema(real->registry, id, real->arena, &avsc, &err), CM_OK);
        assert_int_equal(cm_schema_parse(avsc, &schema, &err), CM_OK);
        assert_int_equal(schema->root->count, cm_event_schema(kind)->root->count);
        /* Logical types are there for the other clients. */
        assert_non_null(strstr(cm_arena_text(real->arena, avsc), "timestamp-micros"));
        cm_schema_free(schema);
    }
}

static void a_compatible_version_is_taken_and_an_incompatible_one_is_fatal(void **state)
{
    struct real *real = *state;
    const char *subject = a_subject(real, "evolving");
    struct cm_err err = { 0 };
    uint32_t first, second, third;

    assert_int_equal(cm_registry_register(real->registry, subject, R(A), &first, &err), CM_OK);
    assert_int_equal(cm_registry_register(real->registry, subject, R(A "," B), &second, &err),
                     CM_OK);
    assert_int_not_equal(first, second);
    assert_int_equal(cm_registry_register(real->registry, subject, R(A "," C), &third, &err),
                     CM_FATAL);
    assert_non_null(strstr(err.msg, subject));
}

static void an_unknown_id_is_rejected(void **state)
{
    struct real *real = *state;
    struct cm_err err = { 0 };
    struct cm_str avsc;

    assert_int_equal(cm_registry_schema(real->registry, 2000000000, real->arena, &avsc, &err),
                     CM_REJECT);
    assert_string_equal(err.msg, "no schema has the id 2000000000");
}

static void what_is_no_schema_is_fatal(void **state)
{
    struct real *real = *state;
    struct cm_err err = { 0 };
    uint32_t id;

    assert_int_equal(cm_registry_register(real->registry, a_subject(real, "nonsense"),
                                          CM_STR("{\"type\":\"nonsense\"}"), &id, &err),
                     CM_FATAL);
}

static void it_says_that_it_is_there(void **state)
{
    struct real *real = *state;

    assert_int_equal(cm_registry_ping(real->registry, NULL), CM_OK);
}

static void nobody_there_is_away(void **state)
{
    struct real *real = *state;
    CM_OWN(cm_registry) nobody = cm_registry_new("http://127.0.0.1:1/apis", real->http);
    struct cm_err err;

    assert_int_equal(cm_registry_ping(nobody, &err), CM_RETRY);
    assert_true(err.away);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_schema_of_ours_is_taken_and_comes_back),
        cmocka_unit_test(a_compatible_version_is_taken_and_an_incompatible_one_is_fatal),
        cmocka_unit_test(an_unknown_id_is_rejected),
        cmocka_unit_test(what_is_no_schema_is_fatal),
        cmocka_unit_test(it_says_that_it_is_there),
        cmocka_unit_test(nobody_there_is_away),
    };

    return cmocka_run_group_tests(tests, real_setup, real_teardown);
}
