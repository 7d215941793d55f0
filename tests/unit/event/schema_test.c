/* What is an Avro schema that callmill can read, and what is not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "event/walker.h"
#include "samples.h"

static struct cm_schema *parsed(const char *json)
{
    struct cm_schema *schema = NULL;
    struct cm_err err = { 0 };

    if (cm_schema_parse(cm_str_of(json), &schema, &err) != CM_OK)
        fail_msg("%s", err.msg);
    return schema;
}

static void expect_refusal(const char *json, const char *why)
{
    struct cm_schema *schema = NULL;
    struct cm_err err = { 0 };

    assert_int_equal(cm_schema_parse(cm_str_of(json), &schema, &err), CM_REJECT);
    assert_null(schema);
    if (!strstr(err.msg, why))
        fail_msg("\"%s\" does not say \"%s\"", err.msg, why);
}

static void types_tell_their_smallest_encoding(void **state)
{
    static const struct {
        const char *json;
        enum cm_node_type type;
        size_t min_bytes;
    } cases[] = {
        { "\"null\"", NODE_NULL, 0 },
        { "{\"type\":\"boolean\"}", NODE_BOOLEAN, 1 },
        { "\"double\"", NODE_DOUBLE, 8 },
        { "[\"null\",\"double\"]", NODE_UNION, 1 },
        { "[\"float\",\"double\"]", NODE_UNION, 5 },
        { "{\"type\":\"array\",\"items\":\"double\"}", NODE_ARRAY, 1 },
        { "{\"type\":\"map\",\"values\":\"null\"}", NODE_MAP, 1 },
        { "{\"type\":\"fixed\",\"name\":\"F\",\"size\":16}", NODE_FIXED, 16 },
        { "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"a\"]}", NODE_ENUM, 1 },
        { "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
          "{\"name\":\"a\",\"type\":\"float\"},{\"name\":\"b\",\"type\":\"string\"}]}",
          NODE_RECORD, 5 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CM_OWN(cm_schema) schema = parsed(cases[i].json);

        assert_int_equal(schema->root->type, cases[i].type);
        assert_int_equal(schema->root->min_bytes, cases[i].min_bytes);
    }
}

static void names_are_found_through_namespaces(void **state)
{
    CM_OWN(cm_schema)
    schema =
        parsed("{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a.b\",\"fields\":["
               "{\"name\":\"x\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"s\"]}},"
               "{\"name\":\"y\",\"type\":\"E\"},"
               "{\"name\":\"z\",\"type\":[\"null\",\"a.b.E\"]},"
               "{\"name\":\"w\",\"type\":{\"type\":\"fixed\",\"name\":\"c.F\",\"size\":2}},"
               "{\"name\":\"v\",\"type\":\"c.F\"}]}");
    const struct cm_node *root = schema->root;

    (void)state;
    assert_string_equal(root->name, "a.b.R");
    assert_string_equal(root->fields[0].type->name, "a.b.E");
    assert_ptr_equal(root->fields[1].type, root->fields[0].type);
    assert_ptr_equal(root->fields[2].type->branches[1], root->fields[0].type);
    assert_ptr_equal(root->fields[4].type, root->fields[3].type);
    assert_int_equal(cm_node_field_index(root, "z", 0), 2);
    assert_int_equal(cm_node_field_index(root, "z", 2), 2);
    assert_int_equal(cm_node_field_index(root, "zz", 2), -1);
}

static void what_is_no_schema_says_why(void **state)
{
    (void)state;
    expect_refusal("", "no JSON");
    expect_refusal("{", "no JSON");
    expect_refusal("17", "a type is missing");
    expect_refusal("{}", "a type is missing");
    expect_refusal("[]", "union without");
    expect_refusal("\"strin\"", "unknown type strin");
    expect_refusal("{\"type\":\"array\"}", "a type is missing");
    expect_refusal("[\"null\",[\"int\"]]", "union within a union");
    expect_refusal("{\"type\":\"record\",\"fields\":[]}", "without a name");
    expect_refusal("{\"type\":\"record\",\"name\":\"R\"}", "no fields");
    expect_refusal("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"type\":\"int\"}]}",
                   "a field without a name in R");
    expect_refusal("{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                   "{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"a\",\"type\":\"int\"}]}",
                   "two fields are named a");
    expect_refusal("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}", "no symbols");
    expect_refusal("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"a\",\"a\"]}", "comes twice");
    expect_refusal("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[1]}", "no text");
    expect_refusal("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"a\"],\"default\":\"b\"}",
                   "default is no symbol");
    expect_refusal("{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}", "no size");
    expect_refusal("{\"type\":\"fixed\",\"name\":\"F\",\"size\":1e3}", "no size");
    expect_refusal("{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                   "{\"name\":\"a\",\"type\":{\"type\":\"fixed\",\"name\":\"R\",\"size\":1}}]}",
                   "two types are named R");
}

static void a_recursive_schema_is_refused(void **state)
{
    (void)state;
    expect_refusal("{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                   "{\"name\":\"next\",\"type\":[\"null\",\"R\"]}]}",
                   "a recursive type");
}

static void a_schema_that_is_deeper_than_the_walker_goes_is_refused(void **state)
{
    CM_OWN_BUF struct cm_buf json = { 0 };

    (void)state;
    for (int i = 0; i < CM_WALK_DEPTH; i++)
        cm_buf_text(&json, "{\"type\":\"array\",\"items\":");
    cm_buf_text(&json, "\"int\"");
    for (int i = 0; i < CM_WALK_DEPTH; i++)
        cm_buf_char(&json, '}');
    expect_refusal(json.at, "too many levels");
}

/* Each record holds the one before it twice: 2^30 nulls in a few hundred bytes. */
static void a_schema_that_unfolds_without_end_is_refused(void **state)
{
    CM_OWN_BUF struct cm_buf json = { 0 };

    (void)state;
    cm_buf_text(&json, "[{\"type\":\"record\",\"name\":\"R0\",\"fields\":[]}");
    for (int i = 1; i <= 30; i++)
        cm_buf_printf(&json,
                      ",{\"type\":\"record\",\"name\":\"R%d\",\"fields\":["
                      "{\"name\":\"a\",\"type\":\"R%d\"},{\"name\":\"b\",\"type\":\"R%d\"}]}",
                      i, i - 1, i - 1);
    cm_buf_char(&json, ']');
    expect_refusal(json.at, "too many types within one another");
}

static void a_schema_cut_at_any_byte_is_refused(void **state)
{
    (void)state;
    FOR_EACH_KIND (kind) {
        struct cm_str whole = cm_str_trim(cm_event_avsc(kind));

        for (size_t len = 0; len < whole.len; len++) {
            char *part = malloc(len ? len : 1);
            struct cm_schema *schema = NULL;

            memcpy(part, whole.at, len);
            assert_int_equal(cm_schema_parse((struct cm_str){ part, len }, &schema, NULL),
                             CM_REJECT);
            free(part);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_tell_their_smallest_encoding),
        cmocka_unit_test(names_are_found_through_namespaces),
        cmocka_unit_test(what_is_no_schema_says_why),
        cmocka_unit_test(a_recursive_schema_is_refused),
        cmocka_unit_test(a_schema_that_is_deeper_than_the_walker_goes_is_refused),
        cmocka_unit_test(a_schema_that_unfolds_without_end_is_refused),
        cmocka_unit_test(a_schema_cut_at_any_byte_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
