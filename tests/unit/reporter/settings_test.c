/* What the settings make of the reporter, and what it does without a database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "handler.h"
#include "service/testing.h"

#define NOW_US INT64_C(1795448160000000)

struct variable {
    const char *name, *value;
};

static cm_rc configure(const struct variable *variables, struct cm_config **config,
                       struct reporter **app, struct cm_err *err)
{
    const struct cm_setting *const tables[] = { reporter_settings, NULL };
    cm_rc rc;

    for (const struct cm_setting *setting = reporter_settings; setting->name; setting++)
        unsetenv(setting->name);
    for (; variables->name; variables++)
        setenv(variables->name, variables->value, 1);
    rc = cm_config_load(tables, getenv, config, err);
    return rc ? rc : reporter_new(*config, app, err);
}

static void mails_go_to_a_folder_unless_there_is_a_server(void **state)
{
    const struct variable folder[] = { { "MAIL_DIR", "/tmp" }, { 0 } };
    const struct variable server[] = { { "SMTP_URL", "smtps://mail.example.com" },
                                       { "SMTP_PASSWORD", "secret" },
                                       { 0 } };
    CM_OWN(cm_config) first_config = NULL;
    CM_OWN(cm_config) second_config = NULL;
    CM_OWN(reporter) first = NULL;
    CM_OWN(reporter) second = NULL;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(configure(folder, &first_config, &first, &err), CM_OK);
    assert_true(first->delivery.send == deliver_to_folder);
    assert_string_equal(first->domain, "localhost");
    assert_null(first->ui_url);

    assert_int_equal(configure(server, &second_config, &second, &err), CM_OK);
    assert_true(second->delivery.send == deliver_by_smtp);
    assert_true(second->delivery.smtp.require_tls);
}

static void people_are_sent_to_the_ui_or_else_to_the_public_address(void **state)
{
    const struct variable both[] = { { "MAIL_DIR", "/tmp" },
                                     { "UI_URL", "https://ui.example.com/" },
                                     { "PUBLIC_URL", "https://public.example.com" },
                                     { 0 } };
    CM_OWN(cm_config) config = NULL;
    CM_OWN(cm_config) public_config = NULL;
    CM_OWN(reporter) app = NULL;
    CM_OWN(reporter) public_app = NULL;
    const struct variable public_only[] = { both[0], both[2], { 0 } };
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(configure(both, &config, &app, &err), CM_OK);
    assert_string_equal(app->ui_url, "https://ui.example.com");
    assert_int_equal(configure(public_only, &public_config, &public_app, &err), CM_OK);
    assert_string_equal(public_app->ui_url, "https://public.example.com");
}

static void a_sender_without_address_stops_the_start(void **state)
{
    const struct variable variables[] = { { "MAIL_FROM", "callmill reports" }, { 0 } };
    CM_OWN(cm_config) config = NULL;
    CM_OWN(reporter) app = NULL;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(configure(variables, &config, &app, &err), CM_FATAL);
    assert_non_null(strstr(err.msg, "MAIL_FROM"));
    assert_non_null(strstr(err.msg, "callmill reports"));
}

static void without_the_database_the_event_waits(void **state)
{
    const struct variable variables[] = { { "MAIL_DIR", "/tmp" }, { 0 } };
    CM_OWN(cm_config) config = NULL;
    CM_OWN(reporter) app = NULL;
    CM_OWN(cm_db) db = NULL;
    CM_OWN(cm_bench) bench = NULL;
    struct cm_event event = { .kind = EVENT_CALL_ENRICHED };
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(configure(variables, &config, &app, &err), CM_OK);
    assert_int_equal(cm_db_new("postgresql://x@127.0.0.1:9/x", 1, 500, "test", NULL, &db, &err),
                     CM_OK);
    bench = cm_bench_new(db, app, NOW_US);
    for (const struct cm_route *route = reporter.routes; route->consumes; route++) {
        event.kind = route->consumes;
        err = (struct cm_err){ 0 };
        assert_int_equal(cm_bench_handle(bench, "reporter", route, &event, &err), CM_RETRY);
        assert_true(err.away);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mails_go_to_a_folder_unless_there_is_a_server),
        cmocka_unit_test(people_are_sent_to_the_ui_or_else_to_the_public_address),
        cmocka_unit_test(a_sender_without_address_stops_the_start),
        cmocka_unit_test(without_the_database_the_event_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
