/* ask.h - looks into the database of an integration test. */
#pragma once
#include "db/db.h"

/** One value as text, in `arena`, by a statement with at most one parameter, $1, a text; "" for no
 * row and for NULL. Fails the test when the statement does. */
struct cm_str ask_database(struct cm_db *db, struct cm_arena *arena, const char *sql,
                           struct cm_str parameter);
