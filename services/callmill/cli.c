#include "cli.h"

#include <stdlib.h>
#include <string.h>

static size_t options_count(const struct cli_command *command)
{
    size_t n = 0;

    while (command->options && command->options[n].name)
        n++;
    return n;
}

struct command_name {
    char at[32];
};

/* "org add": as it is typed. */
static struct command_name name_of(const struct cli_command *command)
{
    struct command_name name;

    snprintf(name.at, sizeof name.at, "%s%s%s", command->noun, command->verb ? " " : "",
             command->verb ? command->verb : "");
    return name;
}

/* Of one noun's commands, or of all. */
static void print_summaries(const struct cli_command *const commands[], const char *noun, FILE *to)
{
    for (size_t i = 0; commands[i]; i++)
        if (!noun || strcmp(commands[i]->noun, noun) == 0)
            fprintf(to, "  %-18s %s\n", name_of(commands[i]).at, commands[i]->summary);
}

static void print_help(const struct cli_command *const commands[], FILE *to)
{
    fprintf(to,
            "callmill " CALLMILL_VERSION " - sets a callmill installation up and looks after it\n\n"
            "usage: callmill COMMAND [OPTION...]    (callmill COMMAND --help tells more)\n\n");
    print_summaries(commands, NULL, to);
    fprintf(to, "\nExit status: 0 done, 1 refused or failed, 2 wrong arguments, "
                "75 something is away: try again.\n");
}

static void print_command_help(const struct cli_command *command, FILE *to)
{
    fprintf(to, "usage: callmill %s [OPTION...]\n\n%s\n", name_of(command).at, command->summary);
    if (command->details)
        fprintf(to, "%s\n", command->details);
    fprintf(to, "\nOptions:\n");
    for (size_t i = 0; i < options_count(command); i++) {
        const struct cli_option *o = &command->options[i];
        char name[64];

        snprintf(name, sizeof name, "%s%s%s", o->name, o->value ? " " : "",
                 o->value ? o->value : "");
        fprintf(to, "  %-26s %s%s\n", name, o->help, o->required ? " (required)" : "");
    }
    fprintf(to, "  %-26s %s\n", "--json", "answer in JSON");
    if (command->settings && command->settings[0]) {
        fprintf(to, "\nEnvironment:\n");
        cm_config_print(command->settings, false, to);
    }
    fprintf(to, "\n");
}

static bool is_command(const struct cli_command *command, int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], command->noun) != 0)
        return false;
    return !command->verb || (argc > 2 && strcmp(argv[2], command->verb) == 0);
}

static bool wants_help(const char *argument)
{
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

static bool is_noun(const struct cli_command *const commands[], const char *text)
{
    while (*commands && strcmp((*commands)->noun, text) != 0)
        commands++;
    return *commands;
}

/* "org --help" and "org" alone: what can be done with the noun. */
static enum cli_answer no_command(const struct cli_command *const commands[], int argc, char **argv,
                                  struct cm_err *err)
{
    const char *noun = argc > 1 ? argv[1] : "";
    bool known = is_noun(commands, noun);

    if (known && argc > 2 && wants_help(argv[2])) {
        printf(
            "usage: callmill %s COMMAND [OPTION...]    (callmill %s COMMAND --help tells more)\n\n",
            noun, noun);
        print_summaries(commands, noun, stdout);
        return CLI_HELPED;
    }
    if (known && argc > 2)
        cm_fail(err, CM_REJECT, "'%s' has no '%s'; see callmill %s --help", noun, argv[2], noun);
    else if (known)
        cm_fail(err, CM_REJECT, "'%s' wants a verb; see callmill %s --help", noun, noun);
    else
        cm_fail(err, CM_REJECT, "no command '%s'; see callmill --help", noun);
    return CLI_USAGE;
}

static cm_rc take_value(struct cli *cli, size_t option, int argc, char **argv, int *at,
                        const char *attached, struct cm_err *err)
{
    const struct cli_option *spec = &cli->command->options[option];

    if (cli->values[option])
        return cm_fail(err, CM_REJECT, "%s is given twice", spec->name);
    if (!spec->value && attached)
        return cm_fail(err, CM_REJECT, "%s takes no value", spec->name);
    if (!spec->value) {
        cli->values[option] = "";
        return CM_OK;
    }

    if (!attached && *at + 1 < argc)
        attached = argv[++*at];
    if (!attached)
        return cm_fail(err, CM_REJECT, "%s wants a value, %s", spec->name, spec->value);

    cli->values[option] = attached;
    return CM_OK;
}

static cm_rc take_argument(struct cli *cli, int argc, char **argv, int *at, struct cm_err *err)
{
    const char *argument = argv[*at];
    const char *equals = strchr(argument, '=');
    size_t len = equals ? (size_t)(equals - argument) : strlen(argument);

    if (strcmp(argument, "--json") == 0) {
        cli->json = true;
        return CM_OK;
    }
    for (size_t i = 0; i < options_count(cli->command); i++) {
        const char *name = cli->command->options[i].name;

        if (strlen(name) == len && memcmp(name, argument, len) == 0)
            return take_value(cli, i, argc, argv, at, equals ? equals + 1 : NULL, err);
    }
    return cm_fail(err, CM_REJECT, "no option '%.*s' here; see callmill %s --help", (int)len,
                   argument, name_of(cli->command).at);
}

static cm_rc all_required(const struct cli *cli, struct cm_err *err)
{
    for (size_t i = 0; i < options_count(cli->command); i++) {
        const struct cli_option *spec = &cli->command->options[i];

        if (spec->required && !cli->values[i])
            return cm_fail(err, CM_REJECT, "%s %s is missing: %s", spec->name, spec->value,
                           spec->help);
    }
    return CM_OK;
}

enum cli_answer cli_parse(const struct cli_command *const commands[], int argc, char **argv,
                          struct cli *out, struct cm_err *err)
{
    const struct cli_command *const *found = commands;
    struct cli cli = { .out = stdout };

    if (argc < 2 || wants_help(argv[1])) {
        print_help(commands, argc < 2 ? stderr : stdout);
        cm_fail(err, CM_REJECT, "a command is missing");
        return argc < 2 ? CLI_USAGE : CLI_HELPED;
    }
    while (*found && !is_command(*found, argc, argv))
        found++;
    cli.command = *found;
    if (!cli.command)
        return no_command(commands, argc, argv, err);

    for (int at = cli.command->verb ? 3 : 2; at < argc; at++) {
        if (wants_help(argv[at])) {
            print_command_help(cli.command, stdout);
            return CLI_HELPED;
        }
        if (take_argument(&cli, argc, argv, &at, err))
            return CLI_USAGE;
    }
    if (all_required(&cli, err))
        return CLI_USAGE;

    *out = cli;
    return CLI_RUN;
}

const char *cli_value(const struct cli *cli, const char *name)
{
    for (size_t i = 0; i < options_count(cli->command); i++)
        if (strcmp(cli->command->options[i].name, name) == 0)
            return cli->values[i];
    fprintf(stderr, "callmill: bug: %s has no option %s\n", cli->command->noun, name);
    abort();
}

bool cli_has(const struct cli *cli, const char *name)
{
    return cli_value(cli, name) != NULL;
}

cm_rc cli_uuid(const struct cli *cli, const char *name, struct cm_uuid *out, struct cm_err *err)
{
    const char *text = cli_value(cli, name);
    struct cm_uuid id = { { 0 } };

    if (text && !cm_uuid_parse(cm_str_of(text), &id))
        return cm_fail(err, CM_REJECT, "%s: '%s' is no id (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)",
                       name, text);

    *out = id;
    return CM_OK;
}

cm_rc cli_int(const struct cli *cli, const char *name, int64_t min, int64_t max, int64_t fallback,
              int64_t *out, struct cm_err *err)
{
    const char *text = cli_value(cli, name);
    int64_t value = fallback;

    if (text && !cm_str_i64(cm_str_of(text), min, max, &value))
        return cm_fail(err, CM_REJECT, "%s: '%s' is no whole number from %lld to %lld", name, text,
                       (long long)min, (long long)max);

    *out = value;
    return CM_OK;
}

cm_rc cli_check_text(const struct cli *cli, const char *name, size_t min, size_t max,
                     struct cm_err *err)
{
    struct cm_str rest = cm_str_of(cli_value(cli, name));
    size_t count = 0, step;

    for (; (step = cm_utf8_step(rest)) > 0; count++)
        rest = (struct cm_str){ rest.at + step, rest.len - step };
    if (cli_has(cli, name) && (rest.len > 0 || count < min || count > max))
        return cm_fail(err, CM_REJECT, "%s: it is no text of %zu to %zu characters", name, min,
                       max);
    return CM_OK;
}

void cli_print_json(const struct cli *cli, const struct cm_buf *document)
{
    fwrite(document->at, 1, document->len, cli->out);
    fputc('\n', cli->out);
}
