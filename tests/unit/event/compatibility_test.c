/* Each schema of schemas/avro/ against every version of it in schemas/avro/history/.
 *
 * A schema that was released never changes: who changes one adds its next version to the history,
 * and that must read all before it (BACKWARD_TRANSITIVE).
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compatible.h"
#include "samples.h"

static const char *version_file(struct cm_arena *arena, enum cm_event_kind kind, int version)
{
    char *name = cm_arena_text(arena, cm_str_of(cm_event_name(kind)));

    for (char *dot = strchr(name, '.'); dot; dot = strchr(dot, '.'))
        *dot = '-';
    return cm_arena_printf(arena, "schemas/avro/history/%s.%d.avsc", name, version).at;
}

static int last_version(struct cm_arena *arena, enum cm_event_kind kind)
{
    int version = 0;

    while (access(version_file(arena, kind, version + 1), R_OK) == 0)
        version++;
    return version;
}

static struct cm_schema *parsed(struct cm_str json)
{
    struct cm_schema *schema = NULL;
    struct cm_err err = { 0 };

    if (cm_schema_parse(json, &schema, &err) != CM_OK)
        fail_msg("%s", err.msg);
    return schema;
}

static void the_newest_version_of_the_history_is_the_schema(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();

    (void)state;
    FOR_EACH_KIND (kind) {
        const char *file = version_file(arena, kind, last_version(arena, kind));

        if (!cm_str_eq(cm_event_avsc(kind), file_text(arena, file)))
            fail_msg("%s was changed: keep the old version in the history and add the new one",
                     cm_event_name(kind));
    }
}

static void each_schema_reads_every_version_before_it(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();

    (void)state;
    FOR_EACH_KIND (kind) {
        assert_true(last_version(arena, kind) >= 1);
        for (int version = last_version(arena, kind); version >= 1; version--) {
            CM_OWN(cm_schema)
            old = parsed(file_text(arena, version_file(arena, kind, version)));
            char why[200] = "";

            if (!can_read(cm_event_schema(kind)->root, old->root, why, sizeof why))
                fail_msg("%s cannot read its version %d: %s", cm_event_name(kind), version, why);
        }
    }
}

static void every_optional_field_has_a_default(void **state)
{
    (void)state;
    FOR_EACH_KIND (kind) {
        const struct cm_node *root = cm_event_schema(kind)->root;

        for (size_t i = 0; i < root->count; i++)
            if (root->fields[i].type->type == NODE_UNION && !root->fields[i].fallback)
                fail_msg("%s: %s has no default", cm_event_name(kind), root->fields[i].name);
    }
}

/* The judge itself. */
static void the_judge_knows_what_breaks_a_reader(void **state)
{
#define R(fields)  "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"
#define E(symbols) "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[" symbols "]}"
    static const struct {
        const char *reader, *writer;
        bool ok;
    } cases[] = {
        { "\"long\"", "\"int\"", true },
        { "\"int\"", "\"long\"", false },
        { "\"double\"", "\"long\"", true },
        { "\"string\"", "\"bytes\"", true },
        { "\"string\"", "\"int\"", false },
        { "[\"null\",\"int\"]", "\"int\"", true },
        { "\"int\"", "[\"null\",\"int\"]", false },
        { "[\"null\",\"long\",\"string\"]", "[\"int\",\"null\"]", true },
        { R("{\"name\":\"a\",\"type\":\"int\",\"default\":1}"), R(""), true },
        { R("{\"name\":\"a\",\"type\":\"int\"}"), R(""), false },
        { R(""), R("{\"name\":\"a\",\"type\":\"int\"}"), true },
        { R("{\"name\":\"a\",\"type\":\"int\"}"), R("{\"name\":\"a\",\"type\":\"string\"}"),
          false },
        { E("\"a\",\"b\""), E("\"b\""), true },
        { E("\"a\""), E("\"a\",\"b\""), false },
        { "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"a\"],\"default\":\"a\"}",
          E("\"a\",\"b\""), true },
        { "{\"type\":\"enum\",\"name\":\"F\",\"symbols\":[\"a\"]}", E("\"a\""), false },
        { "{\"type\":\"array\",\"items\":\"int\"}", "{\"type\":\"array\",\"items\":\"string\"}",
          false },
        { "{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}",
          "{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CM_OWN(cm_schema) reader = parsed(cm_str_of(cases[i].reader));
        CM_OWN(cm_schema) writer = parsed(cm_str_of(cases[i].writer));
        char why[200] = "";

        if (can_read(reader->root, writer->root, why, sizeof why) != cases[i].ok)
            fail_msg("%s reads %s: %s", cases[i].reader, cases[i].writer, why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_version_of_the_history_is_the_schema),
        cmocka_unit_test(each_schema_reads_every_version_before_it),
        cmocka_unit_test(every_optional_field_has_a_default),
        cmocka_unit_test(the_judge_knows_what_breaks_a_reader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
