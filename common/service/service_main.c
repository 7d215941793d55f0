/* service_main.c - the life of a service's process. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "event/codec.h"
#include "service/admin_ask.h"
#include "service/admin_http.h"
#include "service/assemble.h"
#include "service/health.h"
#include "service/otlp_options.h"
#include "service/retry.h"

enum { TABLES_MAX = 32, WATCHDOG_S = 5 };

enum wish {
    WISH_RUN,
    WISH_HELP,
    WISH_CHECK,
    WISH_HEALTHCHECK,
    WISH_VERSION,
    WISH_SETTINGS,
    WISH_COMMON_SETTINGS,
    WISH_UNKNOWN
};

struct settings { /* the tables of this service, ADMIN_ADDR with its own default */
    const struct cm_setting *tables[TABLES_MAX + 1];
    struct cm_setting own[16];
};

/* ---- the command line ---- */

static enum wish wish_of(int argc, char **argv)
{
    static const struct {
        const char *word;
        enum wish wish;
    } words[] = { { "--help", WISH_HELP },
                  { "-h", WISH_HELP },
                  { "--check", WISH_CHECK },
                  { "--healthcheck", WISH_HEALTHCHECK },
                  { "--version", WISH_VERSION },
                  { "--settings", WISH_SETTINGS },
                  { "--common-settings", WISH_COMMON_SETTINGS } };

    if (argc < 2)
        return WISH_RUN;
    for (size_t i = 0; argc == 2 && i < sizeof words / sizeof *words; i++) {
        if (strcmp(argv[1], words[i].word) == 0)
            return words[i].wish;
    }
    return WISH_UNKNOWN;
}

static void print_usage(const struct cm_service_spec *spec, FILE *to)
{
    fprintf(to, "usage: %s [--check | --healthcheck | --help | --version]\n", spec->name);
}

static void print_help(const struct cm_service_spec *spec, const struct settings *settings)
{
    print_usage(spec, stdout);
    printf("\nRuns until SIGTERM. --check looks at the configuration and at what it points to; "
           "--healthcheck\nasks the one that runs at ADMIN_ADDR whether it is alive.\n"
           "Settings are environment variables; a secret may come from the file named by "
           "NAME_FILE.\n\n");
    if (spec->routes) {
        printf("consumes:");
        for (const struct cm_route *route = spec->routes; route->consumes; route++)
            printf(" %s", cm_event_name(route->consumes));
        printf("\n");
    }
    if (spec->produces && *spec->produces) {
        printf("emits:");
        for (const enum cm_event_kind *kind = spec->produces; *kind; kind++)
            printf(" %s", cm_event_name(*kind));
        printf("\n");
    }
    printf("\n");
    cm_config_print(settings->tables, false, stdout);
}

static const struct cm_setting *const common[] = { cm_log_settings, cm_db_settings,
                                                   cm_bus_settings, cm_topic_settings,
                                                   otlp_settings,   NULL };

static void settings_collect(const struct cm_service_spec *spec, struct settings *settings)
{
    size_t n = 0;

    memset(settings, 0, sizeof *settings);
    for (size_t i = 0; cm_service_settings[i].name; i++) {
        settings->own[i] = cm_service_settings[i];
        if (spec->admin_addr && strcmp(settings->own[i].name, "ADMIN_ADDR") == 0)
            settings->own[i].fallback = spec->admin_addr;
    }
    for (const struct cm_setting *const *table = spec->settings; table && *table; table++)
        settings->tables[n++] = *table;
    for (const struct cm_setting *const *table = common; *table; table++)
        settings->tables[n++] = *table;
    settings->tables[n] = settings->own;
}

/* For docs/configuration.md (docs/generate): a service's own settings, or those of every service.
 */
static void print_settings(const struct cm_service_spec *spec)
{
    static const struct cm_setting *const none[] = { NULL };

    cm_config_print(spec->settings ? spec->settings : none, true, stdout);
}

static void print_common_settings(void)
{
    const struct cm_setting *tables[TABLES_MAX + 1] = { NULL };
    size_t n = 0;

    for (const struct cm_setting *const *table = common; *table; table++)
        tables[n++] = *table;
    tables[n] = cm_service_settings;
    cm_config_print(tables, true, stdout);
}

/* ---- signals ---- */

static int signals_open(void)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* before any thread, which inherit it */
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Something that does not heed `stopping` may hold the end up: what is uncommitted is the next
 * process's anyway. */
static void end_of_patience(int signal)
{
    static const char message[] = "callmill: the grace period is over, the process ends\n";
    ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);

    (void)ignored;
    (void)signal;
    _exit(EX_TEMPFAIL);
}

static void watchdog(const struct cm_service *service)
{
    signal(SIGALRM, end_of_patience);
    alarm((unsigned)(cm_config_int(service->config, "GRACE_MS") / 1000 + WATCHDOG_S));
}

/* True: the process is to end. */
static bool wait_for_end(const struct cm_service *service, int signal_fd, int64_t timeout_ms)
{
    struct pollfd watched[] = { { .fd = signal_fd, .events = POLLIN },
                                { .fd = service->fatal_fd, .events = POLLIN } };

    return poll(watched, 2, (int)timeout_ms) > 0;
}

/* ---- running ---- */

/* CM_OK with `*ended`: a signal came first. */
static cm_rc open_patiently(struct cm_service *service, int signal_fd, bool *ended,
                            struct cm_err *err)
{
    struct backoff backoff = { 0 };
    cm_rc rc = service_open(service, err);

    *ended = false;
    while (rc == CM_RETRY && !*ended) {
        cm_log(CM_LOG_WARN, "the start waits", LOG_ERR(err));
        *ended = wait_for_end(service, signal_fd, backoff_next_ms(&backoff, arc4random()));
        if (!*ended)
            rc = service_open(service, err);
    }
    return *ended ? CM_OK : rc;
}

static cm_rc run(struct cm_service *service, int signal_fd, struct cm_err *err)
{
    bool ended = false;
    cm_rc rc = admin_start(service, &service->admin, err);

    if (!rc)
        rc = open_patiently(service, signal_fd, &ended, err);
    if (rc || ended)
        return rc;

    rc = service_start(service, err);
    if (!rc) {
        cm_log(CM_LOG_INFO, "service runs", "version=%s", CALLMILL_VERSION);
        wait_for_end(service, signal_fd, -1);
    }
    cm_log(CM_LOG_INFO, "service stops", NULL);
    watchdog(service);
    service_stop(service);
    if (!rc && atomic_load(&service->is_fatal))
        rc = cm_fail(err, CM_FATAL, "the process was ended by an error (see above)");
    return rc;
}

static cm_rc check(struct cm_service *service, struct cm_err *err)
{
    cm_rc rc = cm_config_check(service->config, err);

    if (!rc)
        rc = service_check(service, err);
    if (!rc)
        printf("%s: configuration and dependencies are fine\n", service->spec->name);
    return rc;
}

static int exit_status(cm_rc rc)
{
    switch (rc) {
    case CM_OK:
        return EX_OK;
    case CM_RETRY:
        return EX_UNAVAILABLE;
    case CM_REJECT:
    case CM_FATAL:
        break;
    }
    return EX_SOFTWARE;
}

static int start(const struct cm_service_spec *spec, const struct settings *settings,
                 enum wish wish)
{
    CM_OWN_FD int signal_fd = wish == WISH_RUN ? signals_open() : -1;
    struct cm_service *service = NULL;
    CM_OWN(cm_config) config = NULL;
    struct cm_err err = { 0 };
    cm_rc rc = cm_config_load(settings->tables, getenv, &config, &err);

    if (rc) {
        fprintf(stderr, "%s: %s\n", spec->name, err.msg);
        return EX_CONFIG;
    }
    cm_log_setup_from(spec->name, config);
    cm_codec_setup();
    rc = service_new(spec, config, &service, &err);
    if (!rc)
        rc = wish == WISH_CHECK ? check(service, &err) : run(service, signal_fd, &err);
    if (rc)
        fprintf(stderr, "%s: %s\n", spec->name, err.msg);
    service_free(service);
    return exit_status(rc);
}

/* Beside the process that runs, many times an hour: reads the runner's own settings only, among
 * which is no secret and nothing required. 0 or 1, as container engines want it. */
static int healthcheck(const struct cm_service_spec *spec, const struct settings *settings)
{
    const struct cm_setting *const tables[] = { settings->own, NULL };
    CM_OWN(cm_config) config = NULL;
    struct cm_err err = { 0 };
    cm_rc rc = cm_config_load(tables, getenv, &config, &err);

    if (!rc)
        rc = admin_ask_alive(cm_config_text(config, "ADMIN_ADDR"), &err);
    if (rc)
        fprintf(stderr, "%s: %s\n", spec->name, err.msg);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cm_service_main(const struct cm_service_spec *spec, int argc, char **argv)
{
    struct settings settings;

    settings_collect(spec, &settings);
    switch (wish_of(argc, argv)) {
    case WISH_HELP:
        print_help(spec, &settings);
        return EX_OK;
    case WISH_VERSION:
        printf("%s %s\n", spec->name, CALLMILL_VERSION);
        return EX_OK;
    case WISH_SETTINGS:
        print_settings(spec);
        return EX_OK;
    case WISH_COMMON_SETTINGS:
        print_common_settings();
        return EX_OK;
    case WISH_CHECK:
        return start(spec, &settings, WISH_CHECK);
    case WISH_HEALTHCHECK:
        return healthcheck(spec, &settings);
    case WISH_RUN:
        return start(spec, &settings, WISH_RUN);
    case WISH_UNKNOWN:
        break;
    }
    fprintf(stderr, "%s: no argument '%s' here\n", spec->name,
            argv[wish_of(2, argv) == WISH_UNKNOWN ? 1 : 2]);
    print_usage(spec, stderr);
    return EX_USAGE;
}
