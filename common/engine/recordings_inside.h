/* recordings_inside.h - what recordings.c and recordings_walk.c share; nobody else includes it. */
#pragma once
#include "engine/recordings.h"

enum { CALL_SID_LEN = 34 };

struct cm_recordings {
    struct cm_arena *arena;
    const char *folder;
    struct object_store *store; /* NULL: they are kept in the folder */
};
