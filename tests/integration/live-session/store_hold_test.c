/* store_hold_test.c - how a stream that is held ends, whatever happens. */
#include "ground.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* ---- the end ---- */

static void a_session_ends_once_and_says_what_it_was(void **state)
{
    struct ground *g = *state;
    struct live_start start = ground_taken(g, 1);
    struct live_turn_row turn = ground_turn(start.session_id, 0, "Hello.");
    struct live_ended_row ended;
    bool written;

    ground_write_turns(g, &turn, 1, &written);
    assert_true(ground_end(g, start.session_id, "hung-up", &ended));
    assert_true(cm_uuid_eq(ended.session_id, start.session_id));
    assert_true(cm_uuid_eq(ended.head.organization_id, g->organization));
    assert_true(cm_str_eq(ended.head.call_sid, start.call_sid));
    assert_int_equal(ended.started_at_us, GROUND_TIME);
    assert_int_equal(ended.ended_at_us, GROUND_TIME + 10 * SECOND);
    assert_int_equal(ended.turn_count, 1);
    assert_true(cm_str_is(ended.reason, "hung-up"));
    assert_true(cm_str_is(ended.kind, "assistant"));
    assert_true(cm_str_is(ended.engine, "realtime"));
    assert_true(cm_str_is(ended.model, "gpt-realtime"));

    assert_false(ground_end(g, start.session_id, "lost", NULL));
    ground_expect(g,
                  "SELECT reason FROM live_session s JOIN call c ON c.id = s.call_id"
                  " WHERE c.call_sid = $1",
                  start.call_sid, "hung-up");
    assert_false(ground_end(g, cm_uuid_v7(cm_now_us()), "stopped", NULL));
}

/* ---- processes that are killed ---- */

static void be_there(struct ground *g, int64_t at_us)
{
    struct cm_tx *tx = ground_begun(g);

    ground_committed(g, tx, live_store_holder(tx, g->arena, g->holder, at_us, &g->err));
}

static size_t lost_before(struct ground *g, int64_t before_us, int64_t most,
                          struct live_ended_row **lost)
{
    struct cm_tx *tx = ground_begun(g);
    size_t count = 0;

    ground_committed(g, tx,
                     live_store_lost(tx, g->arena, before_us, GROUND_TIME + 100 * SECOND, most,
                                     lost, &count, &g->err));
    return count;
}

/* Another process: opens sessions, with `open_end` one more that it never commits; then waits. */
static pid_t a_process(struct ground *g, int sessions, bool open_end)
{
    int ready[2];
    char byte;
    pid_t child;

    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        struct live_start start;
        struct live_taken taken;
        enum live_answer answer;

        g->db = ground_database(g, "DATABASE_URL");
        be_there(g, GROUND_TIME + 5 * SECOND);
        for (int i = 0; i < sessions; i++)
            (void)ground_taken(g, (unsigned)i);
        if (open_end) {
            start = ground_start(g, ground_call(g, 99, "ringing"), 99);
            start.token_required = false;
            start.token = CM_STR("");
            if (live_store_start(ground_begun(g), g->arena, &start, GROUND_TIME, &answer, &taken,
                                 &g->err))
                _exit(1);
        }
        if (write(ready[1], "r", 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void what_a_killed_process_held_is_found_lost(void **state)
{
    struct ground *g = *state;
    struct live_ended_row *lost;
    pid_t child = a_process(g, 3, false);

    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(lost_before(g, GROUND_TIME + 5 * SECOND, 10, &lost), 0); /* it may live yet */
    assert_int_equal(lost_before(g, GROUND_TIME + 6 * SECOND, 2, &lost), 2);
    ground_expect(g, "SELECT count(*)::text FROM live_holder WHERE id = $1::text::uuid",
                  cm_arena_printf(g->arena, "%s", cm_uuid_text(g->holder).at), "1");
    assert_int_equal(lost_before(g, GROUND_TIME + 6 * SECOND, 10, &lost), 1);
    assert_true(cm_str_is(lost[0].reason, "lost"));
    assert_int_equal(lost[0].ended_at_us, GROUND_TIME + 5 * SECOND);
    assert_true(cm_uuid_eq(lost[0].head.organization_id, g->organization));
    assert_int_equal(lost_before(g, GROUND_TIME + 6 * SECOND, 10, &lost), 0);
    ground_expect(g, "SELECT count(*)::text FROM live_holder WHERE id = $1::text::uuid",
                  cm_arena_printf(g->arena, "%s", cm_uuid_text(g->holder).at), "0");
}

static void a_start_that_was_killed_half_way_leaves_nothing(void **state)
{
    struct ground *g = *state;
    pid_t child = a_process(g, 0, true);
    struct live_start start = ground_start(g, ground_sid(g, "CA", 99), 100);

    start.token_required = false;
    start.token = CM_STR("");
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(ground_take(g, &start, NULL), LIVE_TAKEN); /* and does not hold the call */
}

static void who_says_that_it_lives_keeps_what_it_holds(void **state)
{
    struct ground *g = *state;
    struct live_start start = ground_taken(g, 1);
    struct live_ended_row *lost;

    be_there(g, GROUND_TIME + 50 * SECOND);
    be_there(g, GROUND_TIME + 20 * SECOND); /* said earlier, heard later */
    assert_int_equal(lost_before(g, GROUND_TIME + 50 * SECOND, 10, &lost), 0);
    assert_true(ground_end(g, start.session_id, "stopped", NULL));
}

static void a_holder_that_was_forgotten_may_hold_again(void **state)
{
    struct ground *g = *state;
    struct live_ended_row *lost;

    be_there(g, GROUND_TIME);
    assert_int_equal(lost_before(g, GROUND_TIME + SECOND, 10, &lost), 0);
    (void)ground_taken(g, 1);
}

static void tokens_that_expired_are_forgotten(void **state)
{
    struct ground *g = *state;
    struct cm_str sid = ground_call(g, 1, "ringing");
    struct live_ended_row *lost;

    ground_token(g, sid, ground_secret(g, 1).at, "captions", 99);
    ground_token(g, sid, ground_secret(g, 2).at, "captions", 101);
    assert_int_equal(lost_before(g, GROUND_TIME, 10, &lost), 0);
    ground_expect(g,
                  "SELECT string_agg((extract(epoch FROM expires_at)::bigint - 1050000000)::text, "
                  "' ') FROM stream_token t JOIN call c ON c.id = t.call_id WHERE call_sid = $1",
                  sid, "101");
}

/* ---- an end by another way ---- */

static struct live_over *over_of(struct ground *g, const struct cm_uuid sessions[], size_t n,
                                 size_t *count)
{
    struct cm_tx *tx = ground_begun(g);
    struct live_over *over = NULL;

    ground_committed(g, tx, live_store_over(tx, g->arena, sessions, n, &over, count, &g->err));
    return over;
}

static enum live_over_how how_of(struct ground *g, struct live_start start)
{
    size_t count = 0;
    struct live_over *over = over_of(g, &start.session_id, 1, &count);

    assert_int_equal(count, 1);
    assert_true(cm_uuid_eq(over->session_id, start.session_id));
    return over->how;
}

static void hear_of_stream(struct ground *g, struct live_start start, const char *stream,
                           const char *event)
{
    ground_ask(g,
               "INSERT INTO call_stream (call_id, organization_id, stream_sid, event)"
               " SELECT id, organization_id, split_part($1, ' ', 2), split_part($1, ' ', 3)"
               " FROM call WHERE call_sid = split_part($1, ' ', 1)",
               cm_arena_printf(g->arena, "%.*s %s %s", CM_STR_FMT(start.call_sid), stream, event));
}

static void an_end_by_another_way_is_told_and_how(void **state)
{
    struct ground *g = *state;
    struct live_start goes_on = ground_taken(g, 1), ended = ground_taken(g, 2),
                      broke = ground_taken(g, 3), stopped = ground_taken(g, 4),
                      gone = ground_taken(g, 5), lost = ground_taken(g, 6);
    const struct cm_uuid all[] = { goes_on.session_id, ended.session_id, broke.session_id };
    size_t count = 9;

    hear_of_stream(g, goes_on, goes_on.stream_sid.at, "stream-started");
    hear_of_stream(g, goes_on, ground_sid(g, "MZ", 77).at, "stream-stopped"); /* an earlier one */
    (void)over_of(g, all, 3, &count);
    assert_int_equal(count, 0);

    ground_ask(g, "UPDATE call SET status = 'completed' WHERE call_sid = $1", ended.call_sid);
    hear_of_stream(g, broke, broke.stream_sid.at, "stream-error");
    hear_of_stream(g, stopped, stopped.stream_sid.at, "stream-stopped");
    ground_ask(g, "DELETE FROM call WHERE call_sid = $1", gone.call_sid);
    assert_true(ground_end(g, lost.session_id, "lost", NULL));
    assert_int_equal(how_of(g, ended), LIVE_OVER_BY_STATUS);
    assert_int_equal(how_of(g, broke), LIVE_OVER_BY_STREAM);
    assert_int_equal(how_of(g, stopped), LIVE_OVER_BY_STREAM);
    assert_int_equal(how_of(g, gone), LIVE_OVER_GONE);
    assert_int_equal(how_of(g, lost), LIVE_OVER_GONE);
    (void)over_of(g, all, 3, &count);
    assert_int_equal(count, 2);
}

static bool woken(struct ground *g, struct cm_listener *listener, int timeout_ms)
{
    bool is_woken = false;

    if (cm_listener_wait(listener, timeout_ms, &is_woken, &g->err))
        fail_msg("%s", g->err.msg);
    return is_woken;
}

/* Each of the three ways wakes whoever holds; a call without a stream wakes nobody. */
static void holders_are_woken_by_the_end_of_a_call_of_a_stream_and_by_its_deletion(void **state)
{
    struct ground *g = *state;
    struct live_start ended = ground_taken(g, 1), broke = ground_taken(g, 2),
                      gone = ground_taken(g, 3);
    CM_OWN(cm_listener) listener = NULL;

    if (cm_listener_new(g->db, "callmill_live", &listener, &g->err))
        fail_msg("%s", g->err.msg);
    while (woken(g, listener, 1)) /* by other tests */
        ;
    ground_ask(g, "UPDATE call SET status = 'completed' WHERE call_sid = $1", ended.call_sid);
    assert_true(woken(g, listener, 10000));
    hear_of_stream(g, broke, broke.stream_sid.at, "stream-error");
    assert_true(woken(g, listener, 10000));
    ground_ask(g, "DELETE FROM call WHERE call_sid = $1", gone.call_sid);
    assert_true(woken(g, listener, 10000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUND_TEST(a_session_ends_once_and_says_what_it_was),
        GROUND_TEST(what_a_killed_process_held_is_found_lost),
        GROUND_TEST(a_start_that_was_killed_half_way_leaves_nothing),
        GROUND_TEST(who_says_that_it_lives_keeps_what_it_holds),
        GROUND_TEST(a_holder_that_was_forgotten_may_hold_again),
        GROUND_TEST(tokens_that_expired_are_forgotten),
        GROUND_TEST(an_end_by_another_way_is_told_and_how),
        GROUND_TEST(holders_are_woken_by_the_end_of_a_call_of_a_stream_and_by_its_deletion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
