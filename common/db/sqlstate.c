#include "db/sqlstate.h"

#include <string.h>

/* The longest prefix wins; what is not here is a bug of ours: CM_FATAL.
 * Source: PostgreSQL 15, Appendix A. */
static const struct {
    const char *prefix;
    struct cm_sqlstate means;
} meanings[] = {
    { "08", { CM_RETRY, true, true } },     /* connection exception */
    { "0A000", { CM_RETRY, false, true } }, /* "cached plan must not change result type" */
    { "22", { CM_REJECT, false, false } },  /* data exception */
    { "23", { CM_REJECT, false, false } },  /* integrity constraint violation */
    { "25006", { CM_RETRY, true, true } },  /* read-only: a standby after a failover */
    { "25P03", { CM_RETRY, false, true } }, /* idle in transaction for too long */
    { "26000", { CM_RETRY, false, true } }, /* the prepared statement is gone: a pooler's doing */
    { "40", { CM_RETRY, false, false } },   /* serialization failure, deadlock */
    { "53", { CM_RETRY, true, false } },    /* disk full, too many connections, out of memory */
    { "54", { CM_REJECT, false, false } },  /* program limit exceeded, e.g. an index row's size */
    { "55", { CM_RETRY, false, false } },   /* lock not available, object in use */
    { "57", { CM_RETRY, false, false } },   /* query canceled: statement_timeout */
    { "57P", { CM_RETRY, true, true } },    /* shutdown, crash, starting up */
    { "58", { CM_RETRY, true, true } },     /* system error: the server's disk */
};

struct cm_sqlstate cm_sqlstate(const char *state)
{
    struct cm_sqlstate found = { CM_FATAL, false, false };
    size_t best = 0;

    if (!state || !*state)
        return (struct cm_sqlstate){ CM_RETRY, true, true };

    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        size_t len = strlen(meanings[i].prefix);

        if (len > best && strncmp(state, meanings[i].prefix, len) == 0) {
            best = len;
            found = meanings[i].means;
        }
    }
    return found;
}
