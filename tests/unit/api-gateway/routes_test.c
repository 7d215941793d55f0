#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ctype.h>
#include <jansson.h>

#include "endpoints.h"
#include "openapi.h"

static int setup(void **state)
{
    *state = json_loadb(openapi_json, openapi_json_len, JSON_REJECT_DUPLICATES, NULL);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    json_decref(*state);
    return 0;
}

/* The web UI's pages are for people and in no description. */
static bool is_page(const struct cm_http_route *route)
{
    return strncmp(route->path, "/api/", 5) != 0;
}

static bool is_method(const char *key)
{
    return strcmp(key, "get") == 0 || strcmp(key, "post") == 0 || strcmp(key, "put") == 0 ||
           strcmp(key, "patch") == 0 || strcmp(key, "delete") == 0;
}

static bool has_route(const char *method, const char *path)
{
    for (const struct cm_http_route *route = gateway_routes; route->method; route++)
        if (strcasecmp(route->method, method) == 0 && strcmp(route->path, path) == 0)
            return true;
    return false;
}

static const json_t *operation_of(const json_t *openapi, const struct cm_http_route *route)
{
    const json_t *paths = json_object_get(openapi, "paths");
    char method[16] = "";

    for (size_t i = 0; route->method[i]; i++)
        method[i] = (char)tolower(route->method[i]);
    return json_object_get(json_object_get(paths, route->path), method);
}

static void every_route_is_described(void **state)
{
    for (const struct cm_http_route *route = gateway_routes; route->method; route++)
        if (!is_page(route) && !operation_of(*state, route))
            fail_msg("%s %s is not in schemas/openapi.yaml", route->method, route->path);
}

static void everything_described_has_a_route(void **state)
{
    json_t *paths = json_object_get(*state, "paths"), *item, *operation;
    const char *path, *method;

    json_object_foreach(paths, path, item) json_object_foreach(
        item, method, operation) if (is_method(method) && !has_route(method, path))
        fail_msg("%s %s is described and not there", method, path);
}

static void every_operation_has_its_errors(void **state)
{
    static const char *const always[] = { "400", "408", "413", "431", "503", NULL };

    for (const struct cm_http_route *route = gateway_routes; route->method; route++) {
        const json_t *operation = operation_of(*state, route);
        const json_t *responses = json_object_get(operation, "responses");
        bool is_open = json_array_size(json_object_get(operation, "security")) == 0 &&
                       json_object_get(operation, "security");

        if (is_page(route))
            continue;
        if (!is_open && !json_object_get(responses, "401"))
            fail_msg("%s %s does not say 401", route->method, route->path);
        if (strstr(route->path, "{id}") && !json_object_get(responses, "404"))
            fail_msg("%s %s does not say 404", route->method, route->path);
        for (const char *const *status = always; *status; status++)
            if (!json_object_get(responses, *status))
                fail_msg("%s %s does not say %s", route->method, route->path, *status);
    }
}

/* Where a $ref points at. */
static const json_t *resolve(const json_t *openapi, const char *ref)
{
    const json_t *at = openapi;
    char part[64];

    assert_int_equal(strncmp(ref, "#/", 2), 0);
    for (const char *begin = ref + 2; at && *begin;) {
        size_t len = strcspn(begin, "/");

        assert_true(len < sizeof part);
        memcpy(part, begin, len);
        part[len] = 0;
        at = json_object_get(at, part);
        begin += len + (begin[len] == '/');
    }
    return at;
}

static void check_refs(const json_t *openapi, json_t *at)
{
    const char *key;
    json_t *value;
    size_t i;

    if (json_is_array(at))
        json_array_foreach(at, i, value) check_refs(openapi, value);
    if (!json_is_object(at))
        return;
    json_object_foreach(at, key, value)
    {
        if (strcmp(key, "$ref") == 0 && !resolve(openapi, json_string_value(value)))
            fail_msg("%s points at nothing", json_string_value(value));
        check_refs(openapi, value);
    }
}

static void every_reference_points_at_something(void **state)
{
    check_refs(*state, *state);
}

static void the_seeds_fields_are_there_to_the_letter(void **state)
{
    static const struct {
        const char *schema, *fields[8];
    } seed[] = {
        { "#/components/schemas/Call",
          { "id", "from_to_number", "call_sid", "has_recording", "created_at" } },
        { "#/components/schemas/CallAnalysisGroup", { "analyzer_id", "analyzer_name", "runs" } },
        { "#/components/schemas/CallAnalysisRun", { "id", "analysis_text", "created_at" } },
    };

    for (size_t i = 0; i < sizeof seed / sizeof *seed; i++) {
        const json_t *properties = json_object_get(resolve(*state, seed[i].schema), "properties");

        for (size_t f = 0; seed[i].fields[f]; f++)
            assert_non_null(json_object_get(properties, seed[i].fields[f]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_described),
        cmocka_unit_test(everything_described_has_a_route),
        cmocka_unit_test(every_operation_has_its_errors),
        cmocka_unit_test(every_reference_points_at_something),
        cmocka_unit_test(the_seeds_fields_are_there_to_the_letter),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
