/* The command line of every service, as far as it goes without servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/server.h"
#include "service/service.h"

static const struct cm_service_spec spec = { .name = "still-life", .admin_addr = "127.0.0.1:9199" };

struct outcome {
    int status;
    char output[32768]; /* of stdout and stderr */
};

/* In a process of its own, with the environment as it is now. It is this program once more: what
 * is forked beside the threads of a server may find their locks taken. */
static void run(const char *argument, struct outcome *outcome)
{
    size_t len = 0;
    int ends[2], status = 0;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        execl("/proc/self/exe", spec.name, argument, NULL);
        _exit(EX_OSERR);
    }
    close(ends[1]);
    for (ssize_t n = 1; n > 0 && len<sizeof outcome->output - 1; len += n> 0 ? (size_t)n : 0)
        n = read(ends[0], outcome->output + len, sizeof outcome->output - 1 - len);
    outcome->output[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    outcome->status = WEXITSTATUS(status);
}

static void help_shows_the_settings_with_the_services_own_default(void **state)
{
    struct outcome outcome;

    (void)state;
    run("--help", &outcome);
    assert_int_equal(outcome.status, EX_OK);
    assert_non_null(strstr(outcome.output, "usage: still-life"));
    assert_non_null(strstr(outcome.output, "127.0.0.1:9199"));
    assert_non_null(strstr(outcome.output, "RETRY_ATTEMPTS"));
    assert_non_null(strstr(outcome.output, "KAFKA_BROKERS"));
}

static void version_shows_name_and_version(void **state)
{
    struct outcome outcome;

    (void)state;
    run("--version", &outcome);
    assert_int_equal(outcome.status, EX_OK);
    assert_string_equal(outcome.output, "still-life " CALLMILL_VERSION "\n");
}

static void an_unknown_argument_is_told_the_usage(void **state)
{
    struct outcome outcome;

    (void)state;
    run("--hepl", &outcome);
    assert_int_equal(outcome.status, EX_USAGE);
    assert_non_null(strstr(outcome.output, "still-life: no argument '--hepl' here"));
    assert_non_null(strstr(outcome.output, "usage"));
}

static void a_bad_setting_stops_the_start_with_name_value_and_bound(void **state)
{
    struct outcome outcome;

    (void)state;
    setenv("KAFKA_BROKERS", "127.0.0.1:9", 1);
    setenv("SCHEMA_REGISTRY_URL", "http://127.0.0.1:9", 1);
    setenv("BATCH_MAX", "0", 1);
    run(NULL, &outcome);
    unsetenv("BATCH_MAX");
    assert_int_equal(outcome.status, EX_CONFIG);
    assert_non_null(strstr(outcome.output, "BATCH_MAX"));
    assert_non_null(strstr(outcome.output, "10000"));
}

static void check_says_that_nobody_is_there(void **state)
{
    struct outcome outcome;

    (void)state;
    setenv("KAFKA_BROKERS", "127.0.0.1:9", 1);
    setenv("SCHEMA_REGISTRY_URL", "http://127.0.0.1:9", 1);
    setenv("DATABASE_URL", "postgresql://x@127.0.0.1:9/x", 1);
    run("--check", &outcome);
    assert_int_equal(outcome.status, EX_UNAVAILABLE);
    assert_non_null(strstr(outcome.output, "database"));
}

/* Stands for a service that runs: `ctx` is the status with which it answers. */
static void healthz(struct cm_http_request *rq, void *ctx)
{
    cm_http_reply(rq, *(const unsigned *)ctx, "application/json", CM_STR("{}"));
}

/* What --healthcheck makes of one that answers with `status`, asked where `host` names it. */
static void ask(unsigned status, const char *host, struct outcome *outcome)
{
    static const struct cm_http_route routes[] = {
        { .method = "GET", .path = "/healthz", .handler = healthz }, { 0 }
    };
    struct cm_http_options options = { .addr = "127.0.0.1:0", .routes = routes, .ctx = &status };
    struct cm_http_server *server = NULL;
    struct cm_err err = { 0 };
    char addr[64];

    assert_int_equal(cm_http_server_start(&options, &server, &err), CM_OK);
    snprintf(addr, sizeof addr, "%s:%u", host, cm_http_server_port(server));
    setenv("ADMIN_ADDR", addr, 1);
    run("--healthcheck", outcome);
    unsetenv("ADMIN_ADDR");
    cm_http_server_free(server);
}

static void healthcheck_needs_nothing_but_the_address(void **state)
{
    struct outcome outcome;

    (void)state;
    unsetenv("KAFKA_BROKERS");
    unsetenv("SCHEMA_REGISTRY_URL");
    unsetenv("DATABASE_URL");
    ask(200, "127.0.0.1", &outcome);
    assert_string_equal(outcome.output, "");
    assert_int_equal(outcome.status, 0);
}

static void healthcheck_asks_loopback_of_one_that_listens_everywhere(void **state)
{
    struct outcome outcome;

    (void)state;
    ask(200, "0.0.0.0", &outcome);
    assert_int_equal(outcome.status, 0);
    ask(404, "0.0.0.0", &outcome); /* its reason shows whom it asked */
    assert_non_null(strstr(outcome.output, "http://127.0.0.1:"));
}

static void healthcheck_fails_on_any_other_status(void **state)
{
    struct outcome outcome;

    (void)state;
    ask(503, "127.0.0.1", &outcome);
    assert_int_equal(outcome.status, 1);
    assert_non_null(strstr(outcome.output, "/healthz answered 503, not 200"));
}

static void healthcheck_fails_when_nobody_answers(void **state)
{
    struct outcome outcome;

    (void)state;
    setenv("ADMIN_ADDR", "127.0.0.1:9", 1);
    run("--healthcheck", &outcome);
    unsetenv("ADMIN_ADDR");
    assert_int_equal(outcome.status, 1);
    assert_non_null(strstr(outcome.output, "still-life: "));
}

static void healthcheck_names_an_address_that_is_none(void **state)
{
    struct outcome outcome;

    (void)state;
    setenv("ADMIN_ADDR", "9100", 1);
    run("--healthcheck", &outcome);
    unsetenv("ADMIN_ADDR");
    assert_int_equal(outcome.status, 1);
    assert_non_null(strstr(outcome.output, "ADMIN_ADDR=9100"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_shows_the_settings_with_the_services_own_default),
        cmocka_unit_test(version_shows_name_and_version),
        cmocka_unit_test(an_unknown_argument_is_told_the_usage),
        cmocka_unit_test(a_bad_setting_stops_the_start_with_name_value_and_bound),
        cmocka_unit_test(check_says_that_nobody_is_there),
        cmocka_unit_test(healthcheck_needs_nothing_but_the_address),
        cmocka_unit_test(healthcheck_asks_loopback_of_one_that_listens_everywhere),
        cmocka_unit_test(healthcheck_fails_on_any_other_status),
        cmocka_unit_test(healthcheck_fails_when_nobody_answers),
        cmocka_unit_test(healthcheck_names_an_address_that_is_none),
    };

    if (strcmp(argv[0], spec.name) == 0)
        return cm_service_main(&spec, argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
