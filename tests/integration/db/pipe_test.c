/* Pipelined connections of an event loop on a real PostgreSQL (DATABASE_URL). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "db/pipe.h"

enum { ANSWERS_MAX = 1000, PATIENCE_MS = 20000, UNANSWERED = 99 };

struct fixture {
    struct cm_loop *loop;
    struct cm_pipe *pipe;
    struct cm_arena *arena;
    struct cm_timer *patience, *retry;
    struct cm_err err;
    size_t expected, count;
    cm_rc rc[ANSWERS_MAX]; /* UNANSWERED at first */
    struct cm_err why[ANSWERS_MAX];
    int64_t value[ANSWERS_MAX]; /* of step 0 */
    void (*scenario)(struct fixture *fx);
};

struct ask { /* which answer is whose */
    struct fixture *fx;
    size_t index;
};

static const struct cm_stmt sql_echo = { "pipe_echo", "SELECT $1::bigint" };
static const struct cm_stmt sql_fail = { "pipe_fail", "SELECT 1 / ($1::bigint - $1::bigint)" };
static const struct cm_stmt sql_after = { "pipe_after", "SELECT 2 * $1::bigint" };
static const struct cm_stmt sql_broken = { "pipe_broken", "SELEKT $1::bigint" };
static const struct cm_stmt sql_sleep = { "pipe_sleep", "SELECT pg_sleep(30)" };
static const struct cm_stmt sql_add = {
    "pipe_add", "INSERT INTO inbox (service, event_id) VALUES ('pipe-test', $1)"
};
static const struct cm_stmt sql_count = {
    "pipe_count", "SELECT count(*) FROM inbox WHERE service = 'pipe-test' AND event_id = $1"
};

static void out_of_patience(void *ctx)
{
    (void)ctx;
    fail_msg("not every answer came within %d ms", PATIENCE_MS);
}

static struct fixture *open_pipe(int connections, size_t queue_max, int timeout_ms)
{
    struct fixture *fx = calloc(1, sizeof *fx);

    assert_int_equal(cm_loop_new(&fx->loop, &fx->err), CM_OK);
    assert_int_equal(cm_pipe_new(fx->loop, getenv("DATABASE_URL"), connections, queue_max,
                                 timeout_ms, "pipe_test", NULL, &fx->pipe, &fx->err),
                     CM_OK);
    fx->arena = cm_arena_new();
    fx->patience = cm_timer_new(fx->loop, out_of_patience, NULL);
    cm_timer_arm(fx->patience, PATIENCE_MS);
    return fx;
}

static void close_pipe(struct fixture *fx)
{
    cm_pipe_free(fx->pipe);
    cm_timer_free(fx->retry);
    cm_timer_free(fx->patience);
    cm_loop_free(fx->loop);
    cm_arena_free(fx->arena);
    free(fx);
}

static void answered(void *ctx, cm_rc rc, struct cm_rows *rows[], size_t n,
                     const struct cm_err *err)
{
    struct ask *ask = ctx;
    struct fixture *fx = ask->fx;

    assert_true(n > 0);
    fx->rc[ask->index] = rc;
    fx->why[ask->index] = *err;
    if (rc)
        assert_null(rows[0]);
    else if (cm_rows_count(rows[0]) > 0 && !cm_row_is_null(rows[0], 0, 0))
        fx->value[ask->index] = cm_row_i64(rows[0], 0, 0);
    if (++fx->count == fx->expected)
        cm_loop_stop(fx->loop);
}

static struct cm_args *number(struct fixture *fx, int64_t value)
{
    struct cm_args *args = cm_args_new(fx->arena);

    cm_arg_i64(args, value);
    return args;
}

/* A job of up to two steps; returns its index. */
static size_t ask(struct fixture *fx, const struct cm_stmt *first, const struct cm_stmt *second,
                  const struct cm_args *args)
{
    struct ask *ask = CM_NEW(fx->arena, struct ask);
    struct cm_pipe_step steps[] = { { first, args }, { second, args } };

    *ask = (struct ask){ fx, fx->expected++ };
    fx->rc[ask->index] = (cm_rc)UNANSWERED;
    assert_int_equal(cm_pipe_submit(fx->pipe, steps, second ? 2 : 1, answered, ask, &fx->err),
                     CM_OK);
    return ask->index;
}

static void many_jobs_are_answered_with_their_own_rows(void **state)
{
    struct fixture *fx = open_pipe(2, 2000, 5000);

    (void)state;
    for (int i = 0; i < 1000; i++)
        ask(fx, &sql_echo, i % 2 ? &sql_after : NULL, number(fx, i));
    cm_loop_run(fx->loop);

    for (int i = 0; i < 1000; i++) {
        assert_int_equal(fx->rc[i], CM_OK);
        assert_int_equal(fx->value[i], i);
    }
    assert_true(cm_pipe_is_connected(fx->pipe));
    close_pipe(fx);
}

static void a_job_that_fails_fails_alone(void **state)
{
    struct fixture *fx = open_pipe(1, 100, 5000);

    (void)state;
    /* The failing job is the first to need pipe_after: its preparation must outlive it. */
    size_t before = ask(fx, &sql_echo, NULL, number(fx, 1));
    size_t failing = ask(fx, &sql_fail, &sql_after, number(fx, 2));
    size_t behind = ask(fx, &sql_after, NULL, number(fx, 3));
    cm_loop_run(fx->loop);

    assert_int_equal(fx->rc[before], CM_OK);
    assert_int_equal(fx->rc[failing], CM_REJECT);
    assert_non_null(strstr(fx->why[failing].msg, "22012"));
    assert_int_equal(fx->rc[behind], CM_OK);
    assert_int_equal(fx->value[behind], 6);
    close_pipe(fx);
}

static void a_job_is_one_transaction(void **state)
{
    struct fixture *fx = open_pipe(1, 100, 5000);
    struct cm_args *id = cm_args_new(fx->arena);

    (void)state;
    cm_arg_uuid(id, cm_uuid_v7(cm_now_us()));
    size_t doomed = ask(fx, &sql_add, &sql_add, id); /* the second is a duplicate */
    size_t look = ask(fx, &sql_count, NULL, id);
    cm_loop_run(fx->loop);

    assert_int_equal(fx->rc[doomed], CM_REJECT);
    assert_int_equal(fx->rc[look], CM_OK);
    assert_int_equal(fx->value[look], 0);
    close_pipe(fx);
}

static void a_statement_that_is_wrong_tells_each_of_its_jobs_why(void **state)
{
    struct fixture *fx = open_pipe(1, 100, 5000);

    (void)state;
    size_t first = ask(fx, &sql_broken, NULL, number(fx, 1));
    size_t second = ask(fx, &sql_broken, NULL, number(fx, 2)); /* under way before the answer */
    size_t other = ask(fx, &sql_echo, NULL, number(fx, 3));
    cm_loop_run(fx->loop);

    assert_int_equal(fx->rc[first], CM_FATAL);
    assert_int_equal(fx->rc[second], CM_FATAL);
    assert_non_null(strstr(fx->why[second].msg, "42601"));
    assert_int_equal(fx->rc[other], CM_OK);
    close_pipe(fx);
}

static void a_full_queue_refuses(void **state)
{
    struct fixture *fx = open_pipe(1, 3, 5000);
    struct cm_pipe_step step = { &sql_echo, number(fx, 1) };

    (void)state;
    for (int i = 0; i < 3; i++)
        ask(fx, &sql_echo, NULL, number(fx, i));
    assert_int_equal(cm_pipe_submit(fx->pipe, &step, 1, answered, NULL, &fx->err), CM_RETRY);
    cm_loop_run(fx->loop);
    close_pipe(fx);
}

static void what_takes_too_long_is_given_up(void **state)
{
    struct fixture *fx = open_pipe(1, 10, 2000);
    int64_t since_ms = cm_mono_ms();

    (void)state;
    size_t slow = ask(fx, &sql_sleep, NULL, NULL);
    cm_loop_run(fx->loop);
    assert_int_equal(fx->rc[slow], CM_RETRY);
    assert_true(cm_mono_ms() - since_ms < 25000); /* or it was waited for */

    size_t next = ask(fx, &sql_echo, NULL, number(fx, 4));
    cm_loop_run(fx->loop);
    assert_int_equal(fx->rc[next], CM_OK);
    close_pipe(fx);
}

static void ask_again(void *ctx)
{
    struct fixture *fx = ctx;

    ask(fx, &sql_echo, NULL, number(fx, 5));
}

static void a_lost_connection_answers_and_comes_back(void **state)
{
    static const struct cm_stmt kill_all = {
        "pipe_kill", "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
                     "application_name = 'pipe_test' AND pid <> pg_backend_pid()"
    };
    struct fixture *fx = open_pipe(2, 100, 5000);
    struct cm_db *db = NULL;

    (void)state;
    ask(fx, &sql_echo, NULL, number(fx, 0));
    cm_loop_run(fx->loop);
    assert_int_equal(cm_db_new(getenv("DATABASE_URL"), 1, 5000, "killer", NULL, &db, &fx->err),
                     CM_OK);
    assert_int_equal(cm_db_query(db, &kill_all, NULL, NULL, &fx->err), CM_OK);

    for (int i = 0; i < 10; i++)
        ask(fx, &sql_echo, NULL, number(fx, 7));
    cm_loop_run(fx->loop);
    for (int i = 1; i <= 10; i++)
        assert_true(fx->rc[i] == CM_OK || (fx->rc[i] == CM_RETRY && fx->why[i].away));

    fx->retry = cm_timer_new(fx->loop, ask_again, fx);
    cm_timer_arm(fx->retry, 1);
    fx->expected++; /* so that the loop does not stop before the timer */
    fx->count++;
    cm_loop_run(fx->loop);
    assert_int_equal(fx->rc[fx->expected - 1], CM_OK);
    assert_int_equal(fx->value[fx->expected - 1], 5);
    cm_db_free(db);
    close_pipe(fx);
}

static void nobody_there_is_told_within_the_deadline(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);

    (void)state;
    assert_int_equal(cm_loop_new(&fx->loop, &fx->err), CM_OK);
    assert_int_equal(cm_pipe_new(fx->loop, "postgresql://x@127.0.0.1:9/x", 1, 10, 300, "pipe_test",
                                 NULL, &fx->pipe, &fx->err),
                     CM_OK);
    fx->arena = cm_arena_new();
    size_t index = ask(fx, &sql_echo, NULL, number(fx, 1));
    cm_loop_run(fx->loop);

    assert_int_equal(fx->rc[index], CM_RETRY);
    assert_true(fx->why[index].away);
    assert_false(cm_pipe_is_connected(fx->pipe));
    close_pipe(fx);
}

static void closing_answers_what_is_open(void **state)
{
    struct fixture *fx = open_pipe(1, 10, 5000);

    (void)state;
    ask(fx, &sql_sleep, NULL, NULL);
    ask(fx, &sql_sleep, NULL, NULL);
    fx->expected = 0; /* nobody runs the loop */
    cm_pipe_free(CM_STEAL(fx->pipe));
    assert_int_equal(fx->count, 2);
    assert_int_equal(fx->rc[0], CM_RETRY);
    close_pipe(fx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_jobs_are_answered_with_their_own_rows),
        cmocka_unit_test(a_job_that_fails_fails_alone),
        cmocka_unit_test(a_job_is_one_transaction),
        cmocka_unit_test(a_statement_that_is_wrong_tells_each_of_its_jobs_why),
        cmocka_unit_test(a_full_queue_refuses),
        cmocka_unit_test(what_takes_too_long_is_given_up),
        cmocka_unit_test(a_lost_connection_answers_and_comes_back),
        cmocka_unit_test(nobody_there_is_told_within_the_deadline),
        cmocka_unit_test(closing_answers_what_is_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
