#include "reporter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "handler.h"
#include "mail.h"

const struct cm_setting reporter_settings[] = {
    { .name = "MAIL_FROM",
      .type = CM_SET_TEXT,
      .fallback = "callmill <callmill@localhost>",
      .min = 3,
      .max = 320,
      .help = "Sender of reports: an address, or Name <address>." },
    { .name = "MAIL_DIR",
      .type = CM_SET_TEXT,
      .fallback = "./mail",
      .help = "Where reports are written as .eml files while SMTP_URL is not set." },
    { .name = "SMTP_URL",
      .type = CM_SET_URL,
      .choices = "smtp|smtps",
      .help =
          "The mail server, smtp://host:587 (STARTTLS where it offers it) or smtps://host:465." },
    { .name = "SMTP_USER", .type = CM_SET_TEXT, .help = "User at the mail server." },
    { .name = "SMTP_PASSWORD",
      .type = CM_SET_TEXT,
      .secret = true,
      .help = "Password at the mail server; with it the connection must be encrypted." },
    { .name = "SMTP_TIMEOUT_MS",
      .type = CM_SET_INT,
      .fallback = "30000",
      .min = 1000,
      .max = 600000,
      .help = "Longest time to hand over one mail, in milliseconds." },
    { .name = "UI_URL",
      .type = CM_SET_URL,
      .choices = "http|https",
      .help = "Where people open calls; reports link to it. Unset: PUBLIC_URL." },
    { .name = "PUBLIC_URL",
      .type = CM_SET_URL,
      .choices = "http|https",
      .help = "Where the installation is reached from outside." },
    { 0 },
};

static void choose_delivery(const struct cm_config *config, struct delivery *delivery)
{
    const char *password = cm_config_text(config, "SMTP_PASSWORD");

    delivery->dir = cm_config_text(config, "MAIL_DIR");
    delivery->smtp =
        (struct cm_smtp){ .url = cm_config_text(config, "SMTP_URL"),
                          .user = cm_config_text(config, "SMTP_USER"),
                          .password = password,
                          .require_tls = password != NULL,
                          .timeout_ms = (int)cm_config_int(config, "SMTP_TIMEOUT_MS") };
    delivery->send = delivery->smtp.url ? deliver_by_smtp : deliver_to_folder;
}

static cm_rc configure(struct reporter *app, const struct cm_config *config, struct cm_err *err)
{
    const char *ui_url = cm_config_text(config, "UI_URL");
    struct cm_str address;

    app->from = cm_config_text(config, "MAIL_FROM");
    if (!mail_address(cm_str_of(app->from), &address))
        return cm_fail(err, CM_FATAL, "MAIL_FROM '%s': name an address, or Name <address>",
                       app->from);

    app->delivery.from = cm_arena_text(app->arena, address);
    app->domain = strrchr(app->delivery.from, '@') + 1;
    if (!ui_url)
        ui_url = cm_config_text(config, "PUBLIC_URL");
    app->ui_url =
        ui_url ? cm_arena_text(app->arena, cm_str_trim_end(cm_str_of(ui_url), '/')) : NULL;
    choose_delivery(config, &app->delivery);
    if (!app->delivery.smtp.url && mkdir(app->delivery.dir, 0750) != 0 && errno != EEXIST)
        return cm_fail(err, CM_FATAL, "MAIL_DIR %s: %s", app->delivery.dir, strerror(errno));
    return CM_OK;
}

cm_rc reporter_new(const struct cm_config *config, struct reporter **out, struct cm_err *err)
{
    struct reporter *app = cm_must(calloc(1, sizeof *app));
    cm_rc rc;

    app->arena = cm_arena_new();
    rc = configure(app, config, err);
    if (rc) {
        reporter_free(app);
        return rc;
    }
    *out = app;
    return CM_OK;
}

void reporter_free(struct reporter *app)
{
    if (!app)
        return;

    cm_arena_free(app->arena);
    free(app);
}

static cm_rc open_app(struct cm_service *service, void **app, struct cm_err *err)
{
    struct reporter *made = NULL;
    cm_rc rc = reporter_new(cm_service_config(service), &made, err);

    if (!rc)
        *app = made;
    return rc;
}

static void close_app(void *app)
{
    reporter_free(app);
}

const struct cm_service_spec reporter = {
    .name = "reporter",
    .routes =
        (const struct cm_route[]){
            { .consumes = EVENT_CALL_ENRICHED, .persist = join_steps },
            { .consumes = EVENT_CALL_ANALYZED, .persist = join_steps },
            { .consumes = EVENT_CALL_TODOS_EXTRACTED, .persist = join_steps },
            { .consumes = EVENT_CALL_STEP_SKIPPED, .persist = join_steps },
            { .consumes = EVENT_CALL_STEP_FAILED, .persist = join_steps },
            { .consumes = EVENT_CALL_REPORT_DUE,
              .prepare = send_report,
              .persist = record_reports,
              .step = "report" },
            { 0 },
        },
    .produces = (const enum cm_event_kind[]){ EVENT_CALL_REPORT_DUE, EVENT_CALL_REPORTED,
                                              EVENT_CALL_STEP_SKIPPED, EVENT_NONE },
    .settings = (const struct cm_setting *const[]){ reporter_settings, NULL },
    .admin_addr = "127.0.0.1:9107",
    .open = open_app,
    .close = close_app,
};
