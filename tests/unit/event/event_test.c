/* The names of events and the texts of their schemas. */
#include <string.h>

#include "samples.h"

static void every_kind_is_found_by_its_name(void **state)
{
    (void)state;
    FOR_EACH_KIND (kind)
        assert_int_equal(cm_event_kind_of(cm_str_of(cm_event_name(kind))), kind);
}

static void what_is_no_name_is_no_kind(void **state)
{
    (void)state;
    assert_int_equal(cm_event_kind_of(CM_STR("call.started ")), EVENT_NONE);
    assert_int_equal(cm_event_kind_of(CM_STR("call.starte")), EVENT_NONE);
    assert_int_equal(cm_event_kind_of((struct cm_str){ 0 }), EVENT_NONE);
}

/* "call.todos-extracted" is schemas/avro/call-todos-extracted.avsc. */
static const char *file_of(struct cm_arena *arena, enum cm_event_kind kind)
{
    char *name = cm_arena_text(arena, cm_str_of(cm_event_name(kind)));

    for (char *dot = strchr(name, '.'); dot; dot = strchr(dot, '.'))
        *dot = '-';
    return cm_arena_printf(arena, "schemas/avro/%s.avsc", name).at;
}

static void the_schema_is_the_files_text(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();

    (void)state;
    FOR_EACH_KIND (kind)
        assert_true(cm_str_eq(cm_event_avsc(kind), file_text(arena, file_of(arena, kind))));
}

static void the_schemas_record_is_named_as_the_table_says(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();

    (void)state;
    FOR_EACH_KIND (kind)
        assert_string_equal(cm_event_schema(kind)->root->name,
                            cm_arena_printf(arena, "callmill.events.%s", cm_event_record(kind)).at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_found_by_its_name),
        cmocka_unit_test(what_is_no_name_is_no_kind),
        cmocka_unit_test(the_schema_is_the_files_text),
        cmocka_unit_test(the_schemas_record_is_named_as_the_table_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
