/* retention_test.c - calls go when their organization no longer keeps them, and say so. */
#include "ground.h"

#include "retention.h"

#define DAY (86400 * SECOND)

static void kept_for(struct ground *g, int days)
{
    ground_do(
        g,
        "UPDATE organization SET retention_days = nullif(split_part($1, ' ', 2), '0')::integer"
        " WHERE id = split_part($1, ' ', 1)::uuid",
        cm_arena_printf(g->arena, "%s %d", cm_uuid_text(g->organization).at, days));
}

/* `count` calls, a minute apart, the first at GROUND_TIME. */
static void given_calls(struct ground *g, int count)
{
    ground_do(
        g,
        "INSERT INTO call (id, call_sid, organization_id, phone_number_id, from_number,"
        " to_number, direction, status, created_at)"
        " SELECT gen_random_uuid(), 'CA' || split_part($1, ' ', 1) || lpad(to_hex(n), 8, '0'),"
        " split_part($1, ' ', 2)::uuid, split_part($1, ' ', 3)::uuid, '+15550001111',"
        " split_part($1, ' ', 4), 'inbound', 'completed',"
        " to_timestamp(1000000000) + make_interval(mins => n)"
        " FROM generate_series(0, split_part($1, ' ', 5)::integer - 1) n",
        cm_arena_printf(g->arena, "%s %s %s %.*s %d", g->run, cm_uuid_text(g->organization).at,
                        cm_uuid_text(g->number_id).at, CM_STR_FMT(g->number), count));
}

static int64_t calls_left(struct ground *g)
{
    return ground_count(g, "SELECT count(*)::text FROM call WHERE call_sid LIKE 'CA' || $1 || '%'",
                        cm_str_of(g->run));
}

static void pass_at(struct ground *g, int64_t now_us, int batch_max)
{
    struct retention_options options = { .intake = &g->app.intake, .batch_max = batch_max };

    if (retention_pass(&options, now_us, NULL, NULL, &g->err))
        fail_msg("%s", g->err.msg);
}

static void a_call_goes_when_its_time_is_over(void **state)
{
    struct ground *g = *state;
    const struct cm_event *event;

    given_calls(g, 1);
    kept_for(g, 30);
    pass_at(g, GROUND_TIME + 30 * DAY, 10);
    assert_int_equal(calls_left(g), 1);
    pass_at(g, GROUND_TIME + 30 * DAY + SECOND, 10);
    assert_int_equal(calls_left(g), 0);

    assert_int_equal(ground_emitted(g, EVENT_CALL_DELETED), 1);
    event = cm_bench_event(g->bench, EVENT_CALL_DELETED, 0);
    assert_true(cm_str_is(event->call_deleted.reason, "retention"));
    assert_true(cm_uuid_eq(event->head.organization_id, g->organization));
    assert_true(cm_str_eq(event->head.call_sid, ground_sid(g, "CA", 0)));
    pass_at(g, GROUND_TIME + 31 * DAY, 10);
    assert_int_equal(ground_emitted(g, EVENT_CALL_DELETED), 1);
}

static void everything_of_the_call_goes_and_nothing_brings_it_back(void **state)
{
    struct ground *g = *state;
    struct callback cb = { .kind = CALLBACK_STATUS,
                           .call_sid = ground_sid(g, "CA", 0),
                           .account_sid = CM_STR(ACCOUNT),
                           .has_numbers = true,
                           .from = CM_STR("+15550001111"),
                           .to = g->number,
                           .status = CALL_COMPLETED,
                           .sequence = 2 };
    enum intake_answer answer;
    struct intake_plan plan;

    assert_int_equal(intake_take(&g->app.intake, &cb, CM_STR("x"), GROUND_TIME, g->arena, &answer,
                                 &plan, &g->err),
                     CM_OK);
    kept_for(g, 1);
    pass_at(g, GROUND_TIME + 2 * DAY, 10);
    assert_true(cm_str_is(ground_digest(g, cb.call_sid), ""));
    assert_int_equal(intake_take(&g->app.intake, &cb, CM_STR("x"), GROUND_TIME + 2 * DAY, g->arena,
                                 &answer, &plan, &g->err),
                     CM_OK);
    assert_int_equal(answer, INTAKE_DELETED);
    assert_int_equal(calls_left(g), 0);
}

static void who_keeps_calls_for_ever_keeps_them(void **state)
{
    struct ground *g = *state;

    given_calls(g, 3);
    kept_for(g, 0);
    pass_at(g, GROUND_TIME + 36500 * DAY, 10);
    assert_int_equal(calls_left(g), 3);
    kept_for(g, 36500);
    pass_at(g, GROUND_TIME + DAY, 10);
    assert_int_equal(calls_left(g), 3);
    assert_int_equal(ground_emitted(g, EVENT_CALL_DELETED), 0);
}

static void a_pass_takes_no_more_than_its_batch_and_the_oldest_first(void **state)
{
    struct ground *g = *state;
    static const char oldest[] =
        "SELECT min(to_hex(('x' || right(call_sid, 8))::bit(32)::integer)) FROM call"
        " WHERE call_sid LIKE 'CA' || $1 || '%'";

    given_calls(g, 250);
    kept_for(g, 1);
    pass_at(g, GROUND_TIME + 3 * DAY, 150);
    assert_int_equal(calls_left(g), 100);
    assert_true(cm_str_is(ground_ask(g, oldest, cm_str_of(g->run)), "96"));
    pass_at(g, GROUND_TIME + 3 * DAY, 150);
    assert_int_equal(calls_left(g), 0);
    assert_int_equal(ground_emitted(g, EVENT_CALL_DELETED), 250);
}

static bool at_once(void *ctx)
{
    (void)ctx;
    return true;
}

static void told_to_stop_a_pass_ends_with_its_transaction(void **state)
{
    struct ground *g = *state;
    struct retention_options options = { .intake = &g->app.intake, .batch_max = 1000 };

    given_calls(g, 150);
    kept_for(g, 1);
    assert_int_equal(retention_pass(&options, GROUND_TIME + 3 * DAY, at_once, NULL, &g->err),
                     CM_OK);
    assert_int_equal(calls_left(g), 50);
    assert_int_equal(ground_emitted(g, EVENT_CALL_DELETED), 100);
}

/* Somebody else has it: another replica, or a service that writes about the call. */
static void a_call_that_is_locked_is_left_to_the_next_pass(void **state)
{
    struct ground *g = *state;
    static const struct cm_stmt hold = { "retention_test_hold",
                                         "SELECT FROM call WHERE call_sid = $1 FOR KEY SHARE" };
    struct cm_args *args = cm_args_new(g->arena);
    CM_OWN(cm_tx) tx = NULL;
    CM_OWN(cm_rows) held = NULL;

    given_calls(g, 3);
    kept_for(g, 1);
    cm_arg_str(args, ground_sid(g, "CA", 1));
    assert_int_equal(cm_tx_begin(g->db, &tx, &g->err), CM_OK);
    assert_int_equal(cm_tx_query(tx, &hold, args, &held, &g->err), CM_OK);
    assert_int_equal(cm_rows_count(held), 1);

    pass_at(g, GROUND_TIME + 3 * DAY, 10);
    assert_int_equal(calls_left(g), 1);
    assert_int_equal(ground_emitted(g, EVENT_CALL_DELETED), 2);
    cm_tx_free(CM_STEAL(tx));
    pass_at(g, GROUND_TIME + 3 * DAY, 10);
    assert_int_equal(calls_left(g), 0);
    assert_int_equal(ground_emitted(g, EVENT_CALL_DELETED), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUND_TEST(a_call_goes_when_its_time_is_over),
        GROUND_TEST(everything_of_the_call_goes_and_nothing_brings_it_back),
        GROUND_TEST(who_keeps_calls_for_ever_keeps_them),
        GROUND_TEST(a_pass_takes_no_more_than_its_batch_and_the_oldest_first),
        GROUND_TEST(told_to_stop_a_pass_ends_with_its_transaction),
        GROUND_TEST(a_call_that_is_locked_is_left_to_the_next_pass),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
