/* Values, the pool and the listener on a real PostgreSQL. */
#include "ground.h"

const char connection_name[] = "db_query_test";

static const struct cm_stmt sql_scalars = {
    "test_scalars", "SELECT $1::uuid, $2::text, $3::bigint, $4::int, $5::bool, $6::timestamptz, "
                    "$7::bytea, $8::date, $9::jsonb, $10::smallint"
};

static void values_come_back_as_they_went(void **state)
{
    struct fixture *fx = *state;
    struct cm_args *args = cm_args_new(fx->arena);
    struct cm_uuid id = cm_uuid_v7(INT64_C(1700000000000000));
    CM_OWN(cm_rows) rows = NULL;
    char date[11];

    cm_arg_uuid(args, id);
    cm_arg_text(args, "r\303\244ksm\303\266rg\303\245s");
    cm_arg_i64(args, INT64_MIN);
    cm_arg_i32(args, -7);
    cm_arg_bool(args, true);
    cm_arg_time(args, INT64_C(1795448160123456));
    cm_arg_bytes(args, (struct cm_str){ "\0\1\2", 3 });
    cm_arg_date(args, CM_STR("1969-02-28"));
    cm_arg_text(args, "{\"a\": 1}");
    cm_arg_i32(args, -3);
    rows = query(fx, &sql_scalars, args);

    assert_int_equal(cm_rows_count(rows), 1);
    assert_true(cm_uuid_eq(cm_row_uuid(rows, 0, 0), id));
    assert_true(cm_str_is(cm_row_str(rows, 0, 1), "r\303\244ksm\303\266rg\303\245s"));
    assert_true(cm_row_i64(rows, 0, 2) == INT64_MIN);
    assert_int_equal(cm_row_i64(rows, 0, 3), -7);
    assert_true(cm_row_bool(rows, 0, 4));
    assert_int_equal(cm_row_time(rows, 0, 5), INT64_C(1795448160123456));
    assert_int_equal(cm_row_str(rows, 0, 6).len, 3);
    assert_true(cm_str_is(cm_row_date(rows, 0, 7, date), "1969-02-28"));
    assert_true(cm_str_is(cm_row_str(rows, 0, 8), "{\"a\": 1}"));
    assert_int_equal(cm_row_i64(rows, 0, 9), -3);
}

static void null_reads_as_nothing(void **state)
{
    struct fixture *fx = *state;
    struct cm_args *args = cm_args_new(fx->arena);
    CM_OWN(cm_rows) rows = NULL;
    char date[11];

    for (int i = 0; i < 10; i++)
        cm_arg_null(args);
    rows = query(fx, &sql_scalars, args);

    assert_true(cm_uuid_is_nil(cm_row_uuid(rows, 0, 0)));
    assert_null(cm_row_str(rows, 0, 1).at);
    assert_false(cm_row_opt_i64(rows, 0, 2).set);
    assert_false(cm_row_bool(rows, 0, 4));
    assert_false(cm_row_opt_time(rows, 0, 5).set);
    assert_null(cm_row_date(rows, 0, 7, date).at);
}

static void a_date_is_ten_letters_or_none(void **state)
{
    static const struct cm_stmt dates = {
        "test_dates", "SELECT '0001-01-01 BC'::date, '0001-01-01'::date, '2000-02-29'::date,"
                      " '9999-12-31'::date, '0002-12-31 BC'::date, '10000-01-01'::date,"
                      " 'infinity'::date, '-infinity'::date"
    };
    static const char *const texts[] = { "0000-01-01", "0001-01-01", "2000-02-29", "9999-12-31" };
    struct fixture *fx = *state;
    CM_OWN(cm_rows) rows = query(fx, &dates, NULL);
    char date[11];

    for (int i = 0; i < 4; i++)
        assert_true(cm_str_is(cm_row_date(rows, 0, i, date), texts[i]));
    for (int i = 4; i < 8; i++)
        assert_null(cm_row_date(rows, 0, i, date).at);
}

static void columns_become_rows(void **state)
{
    static const struct cm_stmt unnest = {
        "test_unnest",
        "SELECT a, b, c, d, e, f, g FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::int[], "
        "$5::bool[], $6::timestamptz[], $7::bytea[]) AS t (a, b, c, d, e, f, g)"
    };
    struct fixture *fx = *state;
    struct cm_args *args = cm_args_new(fx->arena);
    struct cm_column *ids = cm_arg_column(args, CM_COL_UUID);
    struct cm_column *texts = cm_arg_column(args, CM_COL_TEXT);
    struct cm_column *bigs = cm_arg_column(args, CM_COL_I64);
    struct cm_column *ints = cm_arg_column(args, CM_COL_I32);
    struct cm_column *bools = cm_arg_column(args, CM_COL_BOOL);
    struct cm_column *times = cm_arg_column(args, CM_COL_TIME);
    struct cm_column *bytes = cm_arg_column(args, CM_COL_BYTES);
    CM_OWN(cm_rows) rows = NULL;

    for (int i = 0; i < 1000; i++) {
        cm_col_uuid(ids, cm_uuid_named((struct cm_str){ (const char *)&i, sizeof i }));
        if (i % 3)
            cm_col_text(texts, "text");
        else
            cm_col_null(texts);
        cm_col_i64(bigs, INT64_C(-5000000000) * i);
        cm_col_i32(ints, i);
        cm_col_bool(bools, i % 2);
        cm_col_time(times, INT64_C(1700000000000000) + i);
        cm_col_bytes(bytes, (struct cm_str){ "\0\377", 2 });
    }
    rows = query(fx, &unnest, args);

    assert_int_equal(cm_rows_count(rows), 1000);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(cm_row_is_null(rows, i, 1), i % 3 == 0);
        assert_true(cm_row_i64(rows, i, 2) == INT64_C(-5000000000) * i);
        assert_int_equal(cm_row_i64(rows, i, 3), i);
        assert_int_equal(cm_row_bool(rows, i, 4), i % 2);
        assert_int_equal(cm_row_time(rows, i, 5), INT64_C(1700000000000000) + i);
        assert_memory_equal(cm_row_str(rows, i, 6).at, "\0\377", 2);
    }
}

static void a_statement_takes_other_types_too(void **state)
{
    static const struct cm_stmt show = { "test_show", "SELECT $1 IS NULL" };
    struct fixture *fx = *state;
    struct cm_args *number = cm_args_new(fx->arena), *text = cm_args_new(fx->arena);

    cm_arg_i64(number, 1);
    cm_arg_text(text, "one");
    for (int i = 0; i < 3; i++) {
        CM_OWN(cm_rows) first = query(fx, &show, number);
        CM_OWN(cm_rows) second = query(fx, &show, text);

        assert_false(cm_row_bool(first, 0, 0));
        assert_false(cm_row_bool(second, 0, 0));
    }
}

static void bad_input_is_rejected_and_the_connection_lives_on(void **state)
{
    static const struct cm_stmt cast = { "test_cast", "SELECT $1::text::uuid" };
    static const struct cm_stmt no_table = { "test_no_table", "SELECT * FROM no_such_table" };
    struct fixture *fx = *state;
    struct cm_args *args = cm_args_new(fx->arena), *nul = cm_args_new(fx->arena);

    cm_arg_text(args, "no uuid");
    cm_arg_str(nul, CM_STR("a\0b"));

    assert_int_equal(cm_db_query(fx->db, &cast, args, NULL, &fx->err), CM_REJECT);
    assert_non_null(strstr(fx->err.msg, "test_cast: "));
    assert_int_equal(cm_db_query(fx->db, &cast, nul, NULL, &fx->err), CM_REJECT);
    assert_int_equal(cm_db_query(fx->db, &no_table, NULL, NULL, &fx->err), CM_FATAL);
    assert_int_equal(cm_db_query(fx->db, &no_table, NULL, NULL, &fx->err), CM_FATAL);
    assert_int_equal(cm_db_ping(fx->db, &fx->err), CM_OK);
}

/* ---- an ill world ---- */

static void a_statement_that_takes_too_long_is_tried_again(void **state)
{
    static const struct cm_stmt sleep = { "test_sleep", "SELECT pg_sleep(30)" };
    struct fixture *fx = *state;
    CM_OWN(cm_db) hasty = a_pool(1, 2000);
    int64_t since_ms = cm_mono_ms();

    assert_int_equal(cm_db_query(hasty, &sleep, NULL, NULL, &fx->err), CM_RETRY);
    assert_false(fx->err.away);
    assert_true(cm_mono_ms() - since_ms < 25000); /* or it was waited for */
    assert_int_equal(cm_db_ping(hasty, &fx->err), CM_OK);
}

static void a_pool_that_is_used_up_says_so(void **state)
{
    struct fixture *fx = *state;
    CM_OWN(cm_db) small = a_pool(1, 2000);
    struct cm_tx *tx = NULL;

    assert_int_equal(cm_tx_begin(small, &tx, &fx->err), CM_OK);
    assert_int_equal(cm_db_ping(small, &fx->err), CM_RETRY);
    assert_non_null(strstr(fx->err.msg, "DATABASE_POOL"));
    cm_tx_free(tx);
    assert_int_equal(cm_db_ping(small, &fx->err), CM_OK);
}

/* ---- the listener ---- */

static void a_listener_wakes_at_a_notification(void **state)
{
    static const struct cm_stmt notify = { "test_notify", "SELECT pg_notify('db_test', '')" };
    static const struct cm_stmt lock = { "test_lock", "SELECT pg_try_advisory_lock(7, 424242)" };
    struct fixture *fx = *state;
    CM_OWN(cm_listener) listener = NULL;
    struct cm_listener *rival = NULL;
    CM_OWN(cm_rows) mine = NULL;
    CM_OWN(cm_rows) theirs = NULL;
    bool woken = true;

    assert_int_equal(cm_listener_new(fx->db, "db_test", &listener, &fx->err), CM_OK);
    assert_int_equal(cm_listener_new(fx->db, "db_test", &rival, &fx->err), CM_OK);
    assert_int_equal(cm_listener_wait(listener, 20, &woken, &fx->err), CM_OK);
    assert_false(woken);

    assert_int_equal(cm_db_query(fx->db, &notify, NULL, NULL, &fx->err), CM_OK);
    assert_int_equal(cm_listener_wait(listener, 30000, &woken, &fx->err), CM_OK);
    assert_true(woken);

    assert_int_equal(cm_listener_query(listener, &lock, NULL, &mine, &fx->err), CM_OK);
    assert_int_equal(cm_listener_query(rival, &lock, NULL, &theirs, &fx->err), CM_OK);
    assert_true(cm_row_bool(mine, 0, 0));
    assert_false(cm_row_bool(theirs, 0, 0));
    cm_listener_free(rival);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(values_come_back_as_they_went),
        WITH_FIXTURE(null_reads_as_nothing),
        WITH_FIXTURE(a_date_is_ten_letters_or_none),
        WITH_FIXTURE(columns_become_rows),
        WITH_FIXTURE(a_statement_takes_other_types_too),
        WITH_FIXTURE(bad_input_is_rejected_and_the_connection_lives_on),
        WITH_FIXTURE(a_statement_that_takes_too_long_is_tried_again),
        WITH_FIXTURE(a_pool_that_is_used_up_says_so),
        WITH_FIXTURE(a_listener_wakes_at_a_notification),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
