/* cli.h - a command line of nouns and verbs, read by tables.
 *
 * Vocabulary: a command is a noun with an optional verb ("migrate", "org add") and a table of
 * options. From the table come the parsing, the checks and the text of --help. Results go to `out`,
 * one fact a line, or one JSON document with --json; what went wrong goes to stderr, once, in
 * main.c. Thread: one.
 */
#pragma once
#include <stdio.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"

struct cli;

struct cli_option {
    const char *name;  /* "--org" */
    const char *value; /* what --help calls its value, "ID"; NULL: a flag */
    const char *help;
    bool required;
};

struct cli_command {
    const char *noun, *verb;                  /* verb NULL: the noun stands alone */
    const char *summary;                      /* one line, for the list of commands */
    const char *details;                      /* more lines, for its own --help; may be NULL */
    const struct cli_option *options;         /* ended by an empty row; may be NULL */
    const struct cm_setting *const *settings; /* what it reads of the environment; ended by NULL */
    cm_rc (*run)(struct cli *cli, struct cm_err *err);
};

enum { CLI_OPTIONS_MAX = 12 };

struct cli {
    const struct cli_command *command;
    const char *values[CLI_OPTIONS_MAX]; /* as the table orders them; a flag that is there is "" */
    bool json;
    struct cm_config *config; /* of the command's settings */
    struct cm_arena *arena;
    FILE *out;
};

enum cli_answer {
    CLI_RUN,    /* `out` is filled: run it */
    CLI_HELPED, /* help was printed to stdout */
    CLI_USAGE,  /* the arguments are wrong: `err` says how */
};

/** Finds the command that `argv` names among `commands` (ended by NULL) and reads its options.
 *  Strings stay argv's. */
enum cli_answer cli_parse(const struct cli_command *const commands[], int argc, char **argv,
                          struct cli *out, struct cm_err *err) CM_MUSTCHECK;

/** The value of an option of the command's table; NULL: it was not given. Another name is a bug. */
const char *cli_value(const struct cli *cli, const char *name);
bool cli_has(const struct cli *cli, const char *name);
/** The same as an id. CM_REJECT: it is none. A missing optional one is the nil id. */
cm_rc cli_uuid(const struct cli *cli, const char *name, struct cm_uuid *out,
               struct cm_err *err) CM_MUSTCHECK;
/** A whole number within [min, max], or `fallback` when it was not given. CM_REJECT: it is none. */
cm_rc cli_int(const struct cli *cli, const char *name, int64_t min, int64_t max, int64_t fallback,
              int64_t *out, struct cm_err *err) CM_MUSTCHECK;

/** CM_REJECT: it was given, and has not from `min` to `max` characters. */
cm_rc cli_check_text(const struct cli *cli, const char *name, size_t min, size_t max,
                     struct cm_err *err) CM_MUSTCHECK;

/** The whole life of the program; returns its exit status. */
int cli_main(const struct cli_command *const commands[], int argc, char **argv);

/** Writes a finished JSON document and the end of its line. */
void cli_print_json(const struct cli *cli, const struct cm_buf *document);
