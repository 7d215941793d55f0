/* The names of topics, and the table of settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "bus/bus.h"

static char *one_broker(const char *name)
{
    static char broker[] = "b:9092", registry[] = "http://user:secret@r:8081";

    if (strcmp(name, "KAFKA_BROKERS") == 0)
        return broker;
    return strcmp(name, "SCHEMA_REGISTRY_URL") == 0 ? registry : NULL;
}

static char *nothing(const char *name)
{
    (void)name;
    return NULL;
}

static const struct cm_setting *const tables[] = { cm_bus_settings, cm_topic_settings, NULL };

static void topics_are_named_by_prefix_and_event(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();

    (void)state;
    assert_string_equal(cm_topic_name(arena, "callmill.", EVENT_CALL_TODOS_EXTRACTED).at,
                        "callmill.call.todos-extracted");
    assert_string_equal(cm_topic_name(arena, "", EVENT_RECORDING_AVAILABLE).at,
                        "recording.available");
    assert_string_equal(cm_dead_letter_topic(arena, "callmill.", "transcriber").at,
                        "callmill.dead-letter.transcriber");
}

static void brokers_and_registry_are_enough(void **state)
{
    CM_OWN(cm_config) config = NULL;
    struct cm_err err = { 0 };

    (void)state;
    if (cm_config_load(tables, one_broker, &config, &err) != CM_OK)
        fail_msg("%s", err.msg);
    assert_string_equal(cm_config_text(config, "TOPIC_PREFIX"), "callmill.");
    assert_string_equal(cm_config_text(config, "KAFKA_SECURITY_PROTOCOL"), "PLAINTEXT");
    assert_int_equal(cm_config_int(config, "EVENT_RETENTION_DAYS"), 7);
    assert_null(cm_config_text(config, "KAFKA_INSTANCE"));
}

static void without_brokers_nothing_starts(void **state)
{
    CM_OWN(cm_config) config = NULL;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(cm_config_load(tables, nothing, &config, &err), CM_FATAL);
    assert_non_null(strstr(err.msg, "KAFKA_BROKERS"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_are_named_by_prefix_and_event),
        cmocka_unit_test(brokers_and_registry_are_enough),
        cmocka_unit_test(without_brokers_nothing_starts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
