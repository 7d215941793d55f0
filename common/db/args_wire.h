/* args_wire.h - the parameters as libpq takes them. Only for common/db. */
#pragma once
#include <stdint.h>

#include "db/args.h"

struct cm_args_wire { /* lent by the args */
    int count;
    const uint32_t *types; /* OIDs; 0: the server infers it */
    const char *const *values;
    const int *lengths, *formats;
};

/** Finishes the arrays' headers. CM_REJECT: a value is beyond PostgreSQL's 1 GB. `args` may be
 * NULL. */
cm_rc cm_args_wire(const struct cm_args *args, struct cm_args_wire *out,
                   struct cm_err *err) CM_MUSTCHECK;
