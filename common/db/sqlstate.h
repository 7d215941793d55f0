/* sqlstate.h - what a SQLSTATE means to the caller. Only for common/db. */
#pragma once
#include "base/error.h"

struct cm_sqlstate {
    cm_rc rc;
    bool away;      /* the whole database, not this statement */
    bool reconnect; /* the session is of no use any more */
};

/** `state` is five letters, or NULL or empty where the connection itself broke. */
struct cm_sqlstate cm_sqlstate(const char *state);
