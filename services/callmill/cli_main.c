#include "cli.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_AWAY = 75 /* EX_TEMPFAIL */ };

static int status_of(cm_rc rc)
{
    switch (rc) {
    case CM_OK:
        return EXIT_SUCCESS;
    case CM_RETRY:
        return EXIT_AWAY;
    case CM_REJECT:
    case CM_FATAL:
        break;
    }
    return EXIT_REFUSED;
}

static cm_rc run(struct cli *cli, struct cm_err *err)
{
    static const struct cm_setting *const none[] = { NULL };
    CM_OWN(cm_config) config = NULL;
    CM_OWN(cm_arena) arena = cm_arena_new();
    cm_rc rc;

    rc = cm_config_load(cli->command->settings ? cli->command->settings : none, getenv, &config,
                        err);
    if (rc)
        return rc;

    cli->config = config;
    cli->arena = arena;
    return cli->command->run(cli, err);
}

int cli_main(const struct cli_command *const commands[], int argc, char **argv)
{
    struct cm_err err = { 0 };
    struct cli cli;
    cm_rc rc;

    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("callmill " CALLMILL_VERSION);
        return EXIT_SUCCESS;
    }
    switch (cli_parse(commands, argc, argv, &cli, &err)) {
    case CLI_HELPED:
        return EXIT_SUCCESS;
    case CLI_USAGE:
        fprintf(stderr, "callmill: %s\n", err.msg);
        return EXIT_USAGE;
    case CLI_RUN:
        break;
    }

    cm_log_setup("callmill", CM_LOG_ERROR,
                 CM_LOG_TEXT); /* what matters of a library's chatter is in err */
    rc = run(&cli, &err);
    if (rc)
        fprintf(stderr, "callmill: %s\n", err.msg);
    if (fflush(stdout) != 0 && !rc) {
        perror("callmill: standard output");
        return EXIT_REFUSED;
    }
    return status_of(rc);
}
