/* prepared.h - which statements a connection has prepared, by name and types. Only for common/db.
 */
#pragma once
#include <stdint.h>

#include "db/args_wire.h"
#include "db/db.h"

struct cm_prepared { /* zeroed is empty */
    struct cm_prepared_entry *entries;
    size_t count, room;
};

uint64_t cm_prepared_key(const struct cm_stmt *stmt, const struct cm_args_wire *args);
/** The name on the server, lent until the next change; NULL: not prepared. */
const char *cm_prepared_find(const struct cm_prepared *set, uint64_t key);
const char *cm_prepared_add(struct cm_prepared *set, uint64_t key, const char *name);
/** The name alone, also of a statement whose preparation failed; for messages. */
const char *cm_prepared_name(const struct cm_prepared *set, uint64_t key);
int cm_prepared_name_len(
    const char *name); /* of what the program calls it, without the types' mark */
void cm_prepared_remove(struct cm_prepared *set, uint64_t key);
void cm_prepared_finish(struct cm_prepared *set);
