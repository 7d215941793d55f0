/* doctor.c - callmill doctor: looks at everything that the services will need, and says what to do.
 */
#include "checks.h"
#include "commands.h"

#include "bus/bus.h"
#include "engine/recordings.h"

static const struct cm_setting settings[] = {
    { .name = "DATABASE_URL",
      .type = CM_SET_URL,
      .choices = "postgresql|postgres",
      .secret = true,
      .help = "the database, as callmill_worker" },
    { .name = "API_DATABASE_URL",
      .type = CM_SET_URL,
      .choices = "postgresql|postgres",
      .secret = true,
      .help = "the database, as callmill_api: what api-gateway has as its DATABASE_URL" },
    { .name = "RECORDINGS_DIR",
      .type = CM_SET_TEXT,
      .help = "the folder with the recordings, or with what is under way" },
    { .name = "TWILIO_ACCOUNT_SID", .type = CM_SET_TEXT, .help = "Twilio's account" },
    { .name = "TWILIO_AUTH_TOKEN",
      .type = CM_SET_TEXT,
      .secret = true,
      .help = "its token; several, comma separated" },
    { .name = "TWILIO_API_URL",
      .type = CM_SET_URL,
      .choices = "http|https",
      .fallback = "https://api.twilio.com",
      .help = "where recordings are fetched from" },
    { .name = "PUBLIC_URL",
      .type = CM_SET_URL,
      .choices = "http|https",
      .help = "where Twilio reaches call-ingest" },
    { .name = "SPEECH_ENGINE",
      .type = CM_SET_TEXT,
      .fallback = "whisper",
      .help = "whisper or openai" },
    { .name = "WHISPER_MODEL", .type = CM_SET_TEXT, .help = "the speech model" },
    { .name = "VAD_MODEL", .type = CM_SET_TEXT, .help = "the model of voice activity" },
    { .name = "SPEECH_URL",
      .type = CM_SET_URL,
      .choices = "http|https",
      .help = "the speech engine over HTTP" },
    { .name = "TEXT_ENGINE", .type = CM_SET_TEXT, .fallback = "rules", .help = "rules or openai" },
    { .name = "TEXT_URL",
      .type = CM_SET_URL,
      .choices = "http|https",
      .help = "the text engine over HTTP" },
    { .name = "SMTP_URL", .type = CM_SET_URL, .choices = "smtp|smtps", .help = "the mail server" },
    { .name = "MAIL_DIR",
      .type = CM_SET_TEXT,
      .help = "where mails are written without a mail server" },
    { 0 },
};
static const struct cm_setting *const tables[] = { settings, cm_bus_settings, cm_topic_settings,
                                                   cm_recordings_settings, NULL };

static const struct check {
    const char *name;
    check_run *run;
} checks[] = {
    { "database", check_database },
    { "schema", check_schema },
    { "roles", check_roles },
    { "brokers", check_brokers },
    { "topics", check_topics },
    { "registry", check_registry },
    { "recordings", check_recordings },
    { "speech", check_speech },
    { "text", check_text },
    { "mail", check_mail },
    { "twilio", check_twilio },
};

static const char *level_name(enum finding_level level)
{
    switch (level) {
    case FINDING_OK:
        return "ok";
    case FINDING_WARN:
        return "warn";
    case FINDING_FAIL:
        return "fail";
    }
    return "?";
}

static void print_json(struct cm_json *json, const char *name, const struct finding *finding)
{
    cm_json_object(json, NULL);
    cm_json_text(json, "check", name);
    cm_json_text(json, "level", level_name(finding->level));
    cm_json_text(json, "found", finding->text);
    cm_json_text(json, "advice", finding->advice[0] ? finding->advice : NULL);
    cm_json_end(json);
}

static void print_line(const struct cli *cli, const char *name, const struct finding *finding)
{
    fprintf(cli->out, "%-4s  %-10s  %s\n", level_name(finding->level), name, finding->text);
    if (finding->advice[0])
        fprintf(cli->out, "                  %s\n", finding->advice);
}

static cm_rc doctor(struct cli *cli, struct cm_err *err)
{
    CM_OWN_BUF struct cm_buf body = { 0 };
    struct cm_json json = cm_json(&body);
    unsigned fails = 0;

    cm_json_array(&json, NULL);
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        struct finding finding = { 0 };

        checks[i].run(cli, &finding);
        fails += finding.level == FINDING_FAIL;
        if (cli->json)
            print_json(&json, checks[i].name, &finding);
        else
            print_line(cli, checks[i].name, &finding);
        fflush(cli->out);
    }
    cm_json_end(&json);
    if (cli->json)
        cli_print_json(cli, &body);
    if (fails)
        return cm_fail(err, CM_REJECT, "%u of %zu checks failed", fails,
                       sizeof checks / sizeof *checks);
    return CM_OK;
}

const struct cli_command command_doctor = {
    .noun = "doctor",
    .summary = "look at everything the services need, and say what to do",
    .details = "Reads the same variables as the services. Changes nothing. Ends with 1 if "
               "something is broken.",
    .settings = tables,
    .run = doctor,
};
