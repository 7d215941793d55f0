/* migrations.h - the numbered SQL of schemas/sql/, carried inside the program.
 *
 * The table is generated from the folder as the build is configured (CMakeLists.txt).
 */
#pragma once
#include <stddef.h>

struct migration {
    int version;      /* the file's number */
    const char *name; /* "0001_core" */
    const char *sql, *sql_end;
};

extern const struct migration migrations[];
extern const size_t migrations_count;
