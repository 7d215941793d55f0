/* ground.h - a pool of the real database (DATABASE_URL) for each story about it. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "db/db.h"

struct fixture {
    struct cm_db *db;
    struct cm_arena *arena;
    struct cm_err err;
};

/** What the program's connections are called in the database: each defines its own, so that it ends
 * none of another that runs beside it. */
extern const char connection_name[];

struct cm_db *a_pool(int connections, int timeout_ms);
int setup(void **state); /* of a story: the fixture with a pool of two */
int teardown(void **state);
/** Fails the story where the statement fails. */
struct cm_rows *query(struct fixture *fx, const struct cm_stmt *stmt, const struct cm_args *args);

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
