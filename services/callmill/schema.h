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
    SCHEMA_APPLIED, /* `migration` was: call again */
    SCHEMA_BUSY,    /* `migration` was not: others hold a lock that it needs; call again, later */
    SCHEMA_CURRENT, /* nothing is left to do */
    SCHEMA_AHEAD,   /* nothing is left to do, and the database knows later migrations than this
                       program */
};

struct schema_outcome {
    enum schema_answer answer;
    const struct migration *migration; /* NULL: none was tried */
    char holders[120]; /* SCHEMA_BUSY: who has locks just now, "4711 pg_dump, ..." */
};

/** Applies the next of `list` (ordered by version, from 1 without gaps) that the database lacks,
 *  waiting for each lock `lock_ms` at most. CM_REJECT: its history differs from `list`, or the SQL
 *  fails. CM_RETRY: the database is away or busy. */
cm_rc schema_step(struct cm_db *db, const struct migration *list, size_t count, int lock_ms,
                  struct schema_outcome *out, struct cm_err *err) CM_MUSTCHECK;

/** Only looks: the highest version applied, 0 for none. CM_REJECT: as above. */
cm_rc schema_version(struct cm_db *db, const struct migration *list, size_t count, int *version,
                     struct cm_err *err) CM_MUSTCHECK;
