#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "service/otlp_options.h"

struct fixture {
    struct cm_arena *arena;
    struct cm_config *config;
    struct otlp_options options;
    struct cm_err err;
};

static int setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);

    fx->arena = cm_arena_new();
    for (const struct cm_setting *setting = otlp_settings; setting->name; setting++)
        unsetenv(setting->name);
    *state = fx;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    cm_config_free(fx->config);
    cm_arena_free(fx->arena);
    free(fx);
    return 0;
}

static cm_rc read_them(struct fixture *fx)
{
    static const struct cm_setting *const tables[] = { otlp_settings, NULL };

    cm_config_free(fx->config);
    fx->config = NULL;
    fx->options = (struct otlp_options){ 0 };
    assert_int_equal(cm_config_load(tables, getenv, &fx->config, &fx->err), CM_OK);
    return otlp_options_read(fx->config, "transcriber", fx->arena, &fx->options, &fx->err);
}

static cm_rc read_with(struct fixture *fx, const char *name, const char *value)
{
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/", 1);
    setenv(name, value, 1);
    return read_them(fx);
}

static void without_an_endpoint_nothing_goes_out(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(read_them(fx), CM_OK);
    assert_null(fx->options.url);
    assert_true(fx->options.share == 1);
}

static void the_path_is_put_behind_the_endpoint(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(read_with(fx, "OTEL_EXPORTER_OTLP_ENDPOINT", "https://example.com/otlp//"),
                     CM_OK);
    assert_string_equal(fx->options.url, "https://example.com/otlp/v1/traces");
    assert_null(fx->options.headers[0]);
    assert_int_equal(fx->options.timeout_ms, 10000);
    assert_int_equal(fx->options.delay_ms, 5000);
    assert_int_equal(fx->options.room, 2048);
    assert_int_equal(fx->options.batch_max, 512);
}

static void a_batch_is_no_larger_than_the_queue(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(read_with(fx, "OTEL_BSP_MAX_QUEUE_SIZE", "100"), CM_OK);
    assert_int_equal(fx->options.batch_max, 100);
}

static void headers_are_decoded(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(
        read_with(fx, "OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Basic%20YTpi, x-team=calls"),
        CM_OK);
    assert_string_equal(fx->options.headers[0], "Authorization: Basic YTpi");
    assert_string_equal(fx->options.headers[1], "x-team: calls");
    assert_null(fx->options.headers[2]);
}

static void what_is_no_header_stops_the_start_and_stays_secret(void **state)
{
    static const char *const lists[] = { "hidden", "a b=hidden", "a=hidden%0d%0aX: y",
                                         "a=hidden%7f", "a:b=hidden" };
    struct fixture *fx = *state;

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        assert_int_equal(read_with(fx, "OTEL_EXPORTER_OTLP_HEADERS", lists[i]), CM_FATAL);
        assert_non_null(strstr(fx->err.msg, "OTEL_EXPORTER_OTLP_HEADERS"));
        assert_null(strstr(fx->err.msg, "hidden"));
    }
}

static void a_share_is_a_number_from_0_to_1(void **state)
{
    static const char *const wrong[] = { "1.01", "-0.1", "nan", "half", "0.5x", "1e400" };
    struct fixture *fx = *state;

    assert_int_equal(read_with(fx, "OTEL_TRACES_SAMPLER_ARG", "0.25"), CM_OK);
    assert_true(fx->options.share == 0.25);
    assert_int_equal(read_with(fx, "OTEL_TRACES_SAMPLER_ARG", "0"), CM_OK);
    assert_true(fx->options.share == 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(read_with(fx, "OTEL_TRACES_SAMPLER_ARG", wrong[i]), CM_FATAL);
        assert_non_null(strstr(fx->err.msg, wrong[i]));
    }
}

static const struct cm_pair *last_of(const struct fixture *fx, const char *name)
{
    for (size_t i = fx->options.attribute_count; i-- > 0;)
        if (cm_str_is(fx->options.attributes[i].name, name))
            return &fx->options.attributes[i];
    fail_msg("no %s", name);
    return NULL;
}

static void a_process_says_who_it_is_and_what_else_it_is_told_to(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(read_with(fx, "OTEL_RESOURCE_ATTRIBUTES",
                               "deployment.environment.name=a%2Cb,service.instance.id=pod-1"),
                     CM_OK);
    assert_true(cm_str_is(last_of(fx, "service.name")->value, "transcriber"));
    assert_true(cm_str_is(last_of(fx, "service.namespace")->value, "callmill"));
    assert_true(cm_str_is(last_of(fx, "service.version")->value, CALLMILL_VERSION));
    assert_true(cm_str_is(last_of(fx, "service.instance.id")->value, "pod-1"));
    assert_true(cm_str_is(last_of(fx, "deployment.environment.name")->value, "a,b"));
    assert_int_equal(read_with(fx, "OTEL_RESOURCE_ATTRIBUTES", "alone"), CM_FATAL);
}

#define with_nothing_set(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_nothing_set(without_an_endpoint_nothing_goes_out),
        with_nothing_set(the_path_is_put_behind_the_endpoint),
        with_nothing_set(a_batch_is_no_larger_than_the_queue),
        with_nothing_set(headers_are_decoded),
        with_nothing_set(what_is_no_header_stops_the_start_and_stays_secret),
        with_nothing_set(a_share_is_a_number_from_0_to_1),
        with_nothing_set(a_process_says_who_it_is_and_what_else_it_is_told_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
