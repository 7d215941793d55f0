/* Transactions on a real PostgreSQL, also when their connection goes. */
#include "ground.h"

const char connection_name[] = "db_transaction_test";

static const struct cm_stmt sql_add = {
    "test_add", "INSERT INTO inbox (service, event_id) VALUES ('db-test', $1)"
};
static const struct cm_stmt sql_count = {
    "test_count", "SELECT count(*) FROM inbox WHERE service = 'db-test' AND event_id = $1"
};
static const struct cm_stmt sql_delete = { "test_delete",
                                           "DELETE FROM inbox WHERE service = 'db-test'" };

static struct cm_args *an_id(struct fixture *fx)
{
    struct cm_args *args = cm_args_new(fx->arena);

    cm_arg_uuid(args, cm_uuid_v7(cm_now_us()));
    return args;
}

static int64_t stored(struct fixture *fx, const struct cm_args *id)
{
    CM_OWN(cm_rows) rows = query(fx, &sql_count, id);

    return cm_row_i64(rows, 0, 0);
}

static void only_a_commit_makes_it_so(void **state)
{
    struct fixture *fx = *state;
    struct cm_args *kept = an_id(fx), *dropped = an_id(fx);
    struct cm_tx *tx = NULL;

    assert_int_equal(cm_tx_begin(fx->db, &tx, &fx->err), CM_OK);
    assert_int_equal(cm_tx_send(tx, &sql_add, kept, &fx->err), CM_OK);
    assert_int_equal(stored(fx, kept), 0);
    assert_int_equal(cm_tx_commit(&tx, &fx->err), CM_OK);
    assert_null(tx);
    assert_int_equal(stored(fx, kept), 1);

    assert_int_equal(cm_tx_begin(fx->db, &tx, &fx->err), CM_OK);
    assert_int_equal(cm_tx_query(tx, &sql_add, dropped, NULL, &fx->err), CM_OK);
    cm_tx_free(tx);
    assert_int_equal(stored(fx, dropped), 0);
}

static void a_failure_amid_the_queued_ones_undoes_all(void **state)
{
    struct fixture *fx = *state;
    struct cm_args *first = an_id(fx), *last = an_id(fx);
    struct cm_tx *tx = NULL;

    assert_int_equal(cm_tx_begin(fx->db, &tx, &fx->err), CM_OK);
    assert_int_equal(cm_tx_send(tx, &sql_add, first, &fx->err), CM_OK);
    assert_int_equal(cm_tx_send(tx, &sql_add, first, &fx->err), CM_OK);
    assert_int_equal(cm_tx_send(tx, &sql_add, last, &fx->err), CM_OK);
    assert_int_equal(cm_tx_commit(&tx, &fx->err), CM_REJECT);
    assert_non_null(strstr(fx->err.msg, "23505"));
    cm_tx_free(tx);
    assert_int_equal(stored(fx, first), 0);
    assert_int_equal(stored(fx, last), 0);
}

static void a_failed_transaction_cannot_be_committed(void **state)
{
    struct fixture *fx = *state;
    struct cm_args *id = an_id(fx);
    struct cm_tx *tx = NULL;

    assert_int_equal(cm_tx_begin(fx->db, &tx, &fx->err), CM_OK);
    assert_int_equal(cm_tx_send(tx, &sql_add, id, &fx->err), CM_OK);
    assert_int_equal(cm_tx_query(tx, &sql_add, id, NULL, &fx->err), CM_REJECT);
    assert_int_equal(cm_tx_send(tx, &sql_count, id, &fx->err), CM_REJECT);
    assert_int_equal(cm_tx_commit(&tx, &fx->err), CM_REJECT);
    assert_non_null(tx);
    cm_tx_free(tx);
    assert_int_equal(stored(fx, id), 0);
}

static void what_is_queued_at_the_end_of_a_dropped_one_is_undone(void **state)
{
    struct fixture *fx = *state;
    struct cm_args *id = an_id(fx);

    for (int i = 0; i < 10; i++) { /* more often than the pool has connections */
        struct cm_tx *tx = NULL;

        assert_int_equal(cm_tx_begin(fx->db, &tx, &fx->err), CM_OK);
        assert_int_equal(cm_tx_send(tx, &sql_add, id, &fx->err), CM_OK);
        if (i % 2)
            assert_int_equal(cm_tx_send(tx, &sql_add, id, &fx->err), CM_OK);
        cm_tx_free(tx);
    }
    assert_int_equal(stored(fx, id), 0);
}

static void an_empty_transaction_commits(void **state)
{
    struct fixture *fx = *state;
    struct cm_tx *tx = NULL;

    assert_int_equal(cm_tx_begin(fx->db, &tx, &fx->err), CM_OK);
    assert_int_equal(cm_tx_commit(&tx, &fx->err), CM_OK);
}

/* For what may still meet a connection that is dying: tries until the database answers again. */
static struct cm_rows *query_in_the_end(struct fixture *fx, const struct cm_stmt *stmt,
                                        const struct cm_args *args)
{
    int64_t deadline_ms = cm_mono_ms() + 30000;
    struct cm_rows *rows = NULL;
    cm_rc rc;

    do {
        rc = cm_db_query(fx->db, stmt, args, &rows, &fx->err);
        if (rc)
            assert_true(fx->err.away);
    } while (rc && cm_mono_ms() < deadline_ms);
    if (rc)
        fail_msg("%s", fx->err.msg);
    return rows;
}

static void a_killed_connection_is_replaced(void **state)
{
    static const struct cm_stmt kill_all = {
        "test_kill", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                     "application_name = 'db_transaction_test' AND pid <> pg_backend_pid()"
    };
    struct fixture *fx = *state;
    CM_OWN(cm_db) other = a_pool(1, 5000);
    CM_OWN(cm_rows) left = NULL;
    struct cm_tx *tx = NULL;
    struct cm_args *id = an_id(fx);

    assert_int_equal(cm_tx_begin(fx->db, &tx, &fx->err), CM_OK);
    assert_int_equal(cm_tx_query(tx, &sql_add, id, NULL, &fx->err), CM_OK);
    assert_int_equal(cm_db_ping(fx->db, &fx->err), CM_OK); /* an idle one too */
    assert_int_equal(cm_db_query(other, &kill_all, NULL, NULL, &fx->err), CM_OK);

    assert_int_equal(cm_tx_commit(&tx, &fx->err), CM_RETRY);
    assert_true(fx->err.away);
    cm_tx_free(tx);
    left = query_in_the_end(fx, &sql_count, id);
    assert_int_equal(cm_row_i64(left, 0, 0), 0);
}

static int sweep(void **state)
{
    CM_OWN(cm_db) db = a_pool(1, 5000);

    (void)state;
    return cm_db_query(db, &sql_delete, NULL, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(only_a_commit_makes_it_so),
        WITH_FIXTURE(a_failure_amid_the_queued_ones_undoes_all),
        WITH_FIXTURE(a_failed_transaction_cannot_be_committed),
        WITH_FIXTURE(what_is_queued_at_the_end_of_a_dropped_one_is_undone),
        WITH_FIXTURE(an_empty_transaction_commits),
        WITH_FIXTURE(a_killed_connection_is_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, sweep);
}
