/* admin.h - what the commands that read and change rows share: settings, connection, answers. */
#pragma once
#include "cli.h"
#include "db/db.h"

extern const struct cm_setting admin_database_settings[]; /* DATABASE_URL, ... */
extern const struct cm_setting *const admin_settings[];   /* these alone */

/** As the pipeline's role (DATABASE_URL) where that is set, else as the owner
 * (MIGRATE_DATABASE_URL). CM_REJECT: neither is set. */
cm_rc admin_open(const struct cli *cli, struct cm_db **out, struct cm_err *err) CM_MUSTCHECK;
/** The same, and begins. Both are the caller's; `*tx` goes first. */
cm_rc admin_begin(const struct cli *cli, struct cm_db **db, struct cm_tx **tx,
                  struct cm_err *err) CM_MUSTCHECK;

/** A row that belongs to the organization of --org and is known by the value of one option. */
struct admin_addition {
    const char *what, *option;
    /** Appends the parameters behind $1, the new id, and $2, the organization. */
    cm_rc (*fill)(const struct cli *cli, struct cm_args *args, struct cm_err *err);
    const struct cm_stmt *insert; /* affects one row, or none when it is there already */
    const struct cm_stmt
        *find; /* the option's value is $1, the organization $2: id, organization */
};

/** Adds the row, or finds it, and prints its id. CM_REJECT: no such organization, or another one's
 * row. */
cm_rc admin_add(const struct cli *cli, const struct admin_addition *addition,
                struct cm_err *err) CM_MUSTCHECK;

/** "organization 0197... added", or "... exists already"; with --json {"id", "created"}. */
void admin_print_made(const struct cli *cli, const char *what, struct cm_uuid id, bool created);

/** Runs an UPDATE of the one row that --id names, and tells that it was `done`. CM_REJECT: there is
 * no such row. */
cm_rc admin_change(const struct cli *cli, const char *what, const struct cm_stmt *stmt,
                   const struct cm_args *args, const char *done, struct cm_err *err) CM_MUSTCHECK;
/** Tells that the row of --id was changed. CM_REJECT: none was `affected`, there is no such row. */
cm_rc admin_print_changed(const struct cli *cli, const char *what, int64_t affected,
                          const char *done, struct cm_err *err) CM_MUSTCHECK;

enum admin_column_type { ADMIN_UUID, ADMIN_TEXT, ADMIN_NUMBER, ADMIN_BOOL, ADMIN_TIME };
struct admin_column {
    const char
        *name; /* the JSON field and the table's heading; the statement's columns have this order */
    enum admin_column_type type;
};

/** Prints rows: as a table, or with --json as an array of objects. */
void admin_print(const struct cli *cli, const struct cm_rows *rows,
                 const struct admin_column *columns);
/** Runs the statement and prints its rows. */
cm_rc admin_list(const struct cli *cli, const struct cm_stmt *stmt, const struct cm_args *args,
                 const struct admin_column *columns, struct cm_err *err) CM_MUSTCHECK;

/** The same for a statement whose one parameter is the organization of --org, or NULL for all. */
cm_rc admin_list_of(const struct cli *cli, const struct cm_stmt *stmt,
                    const struct admin_column *columns, struct cm_err *err) CM_MUSTCHECK;
