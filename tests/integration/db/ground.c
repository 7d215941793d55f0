#include "ground.h"

struct cm_db *a_pool(int connections, int timeout_ms)
{
    struct cm_db *db = NULL;

    assert_int_equal(cm_db_new(getenv("DATABASE_URL"), connections, timeout_ms, connection_name,
                               NULL, &db, NULL),
                     CM_OK);
    return db;
}

int setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);

    fx->db = a_pool(2, 5000);
    fx->arena = cm_arena_new();
    *state = fx;
    return 0;
}

int teardown(void **state)
{
    struct fixture *fx = *state;

    cm_db_free(fx->db);
    cm_arena_free(fx->arena);
    free(fx);
    return 0;
}

struct cm_rows *query(struct fixture *fx, const struct cm_stmt *stmt, const struct cm_args *args)
{
    struct cm_rows *rows = NULL;
    cm_rc rc = cm_db_query(fx->db, stmt, args, &rows, &fx->err);

    if (rc)
        fail_msg("%s", fx->err.msg);
    return rows;
}
