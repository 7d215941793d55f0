/* config.h - settings: one table a module, filled from the environment.
 *
 * A module exports its table (`extern const struct cm_setting cm_db_settings[]`, ended by an empty
 * row), a service lists the tables it uses. A secret may come from the file named by NAME_FILE (64
 * KiB at most, one newline at the end dropped). An empty variable counts as unset. Where two tables
 * have a row of one name the first counts. After loading, a configuration never changes. Thread:
 * any may read.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/own.h"

enum cm_setting_type {
    CM_SET_TEXT,   /* min and max bound its length when max is not 0 */
    CM_SET_INT,    /* within [min, max] */
    CM_SET_BOOL,   /* true, false, 1, 0, yes, no, on, off */
    CM_SET_CHOICE, /* one of `choices`, "a|b|c" */
    CM_SET_URL,    /* scheme://... ; `choices` names the allowed schemes, "http|https" */
    CM_SET_ADDR,   /* host:port, [v6]:port */
    CM_SET_FILE,   /* a readable file, looked at by --check */
    CM_SET_DIR,    /* a writable folder, looked at by --check */
};

struct cm_setting {
    const char *name; /* the environment variable */
    enum cm_setting_type type;
    const char *fallback; /* the default; NULL: unset is allowed unless `required` */
    int64_t min, max;
    const char *choices;
    bool required, secret;
    const char *help; /* one sentence, with the unit */
};

struct cm_config; /* opaque */

/** Reads every setting of `tables` (ended by NULL) with `lookup` (getenv in programs). Numbers
 * whose name ends in a unit (_MS, _S, _DAYS, _BYTES) are plain integers of that unit. CM_FATAL:
 * names the variable, its value (unless secret) and the bound it breaks. */
cm_rc cm_config_load(const struct cm_setting *const tables[], char *(*lookup)(const char *name),
                     struct cm_config **out, struct cm_err *err) CM_MUSTCHECK;
void cm_config_free(struct cm_config *config);
CM_DEFINE_OWN(cm_config, cm_config_free);

/* Reading: a name that is in none of the tables is a bug of the program and aborts it. */
const char *cm_config_text(const struct cm_config *config, const char *name); /* NULL when unset */
int64_t cm_config_int(const struct cm_config *config, const char *name);
bool cm_config_bool(const struct cm_config *config, const char *name);
bool cm_config_is_set(const struct cm_config *config, const char *name); /* or has a default */

/** Looks at what the settings point at (files readable, folders writable). */
cm_rc cm_config_check(const struct cm_config *config, struct cm_err *err) CM_MUSTCHECK;

/** Prints the table for --help; `markdown` for docs/configuration.md. Secrets show no value. */
void cm_config_print(const struct cm_setting *const tables[], bool markdown, FILE *to);
