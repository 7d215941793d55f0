/* schema.h - brings a database's tables to the state that this program knows.
 *
 * Each migration runs in a transaction of its own, together with its row in schema_version (number,
 * name and SHA-256 of the text). The transaction takes an advisory lock first and then looks again
 * at what is there, so that any number of programs may do this at once. What was applied never
 * changes: another text under an old number is refused. A database that is ahead (a later callmill
 * was here) is left alone.
 */
#pragma once
#include "db/db.h"
#include "migrations.h"

enum schema_answer {
    SCHEMA_APPLIED, /* `*applied` was: call again */
    SCHEMA_CURRENT, /* nothing is left to do */
    SCHEMA_AHEAD,   /* nothing is left to do, and the database knows later migrations than this
                       program */
};

/** Applies the next of `list` (ordered by version, from 1 without gaps) that the database lacks.
 *  CM_REJECT: its history differs from `list`, or the SQL fails. CM_RETRY: the database is away or
 * busy. */
cm_rc schema_step(struct cm_db *db, const struct migration *list, size_t count,
                  enum schema_answer *answer, const struct migration **applied,
                  struct cm_err *err) CM_MUSTCHECK;

/** Only looks: the highest version applied, 0 for none. CM_REJECT: as above. */
cm_rc schema_version(struct cm_db *db, const struct migration *list, size_t count, int *version,
                     struct cm_err *err) CM_MUSTCHECK;
