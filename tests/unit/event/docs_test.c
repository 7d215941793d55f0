/* docs/events.md and schemas/asyncapi.yaml tell of every event, and of every field. */
#include <string.h>

#include "samples.h"

static void expect_text(const char *text, const char *part, const char *where)
{
    if (!strstr(text, part))
        fail_msg("%s does not tell of %s", where, part);
}

/* From the title to the next one; "" when there is none. */
static const char *section_of(struct cm_arena *arena, const char *text, struct cm_str title)
{
    const char *begin = strstr(text, title.at);
    const char *end = begin ? strstr(begin + title.len, "\n###") : NULL;

    if (!begin)
        return "";
    return end ? cm_arena_text(arena, (struct cm_str){ begin, (size_t)(end - begin) }) : begin;
}

static void events_md_tells_of_every_event_and_field(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    const char *text = cm_arena_text(arena, file_text(arena, "docs/events.md"));

    (void)state;
    FOR_EACH_KIND (kind) {
        const struct cm_node *root = cm_event_schema(kind)->root;
        struct cm_str title = cm_arena_printf(arena, "### %s\n", cm_event_name(kind));
        const char *section = section_of(arena, text, title);

        expect_text(section, title.at, "docs/events.md");
        for (size_t i = CM_HEAD_FIELDS; i < root->count; i++)
            expect_text(section, cm_arena_printf(arena, "| `%s` |", root->fields[i].name).at,
                        cm_event_name(kind));
    }
}

static void asyncapi_has_a_channel_and_a_schema_for_every_event(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    const char *text = cm_arena_text(arena, file_text(arena, "schemas/asyncapi.yaml"));

    (void)state;
    FOR_EACH_KIND (kind) {
        char *file = cm_arena_text(arena, cm_str_of(cm_event_name(kind)));

        for (char *dot = strchr(file, '.'); dot; dot = strchr(dot, '.'))
            *dot = '-';
        expect_text(text, cm_arena_printf(arena, "address: callmill.%s\n", cm_event_name(kind)).at,
                    "asyncapi.yaml");
        expect_text(text, cm_arena_printf(arena, "$ref: './avro/%s.avsc'", file).at,
                    "asyncapi.yaml");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_md_tells_of_every_event_and_field),
        cmocka_unit_test(asyncapi_has_a_channel_and_a_schema_for_every_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
