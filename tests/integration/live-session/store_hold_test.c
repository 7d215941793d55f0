/* store_hold_test.c - what is said on a stream that is held, and how it ends, whatever happens. */
#include "ground.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

static struct cm_tx *begun(struct ground *g)
{
    struct cm_tx *tx = NULL;

    if (cm_tx_begin(g->db, &tx, &g->err))
        fail_msg("%s", g->err.msg);
    return tx;
}

static void committed(struct ground *g, struct cm_tx *tx, cm_rc rc)
{
    CM_OWN(cm_tx) owned = tx;

    if (rc || cm_tx_commit(&owned, &g->err))
        fail_msg("%s", g->err.msg);
}

/* ---- turns ---- */

static struct live_turn_row a_turn(struct cm_uuid session, int64_t position, const char *text)
{
    return (struct live_turn_row){ .id = cm_uuid_v7(cm_now_us()),
                                   .session_id = session,
                                   .position = position,
                                   .start_ms = position * 1000,
                                   .end_ms = position * 1000 + 900,
                                   .by_caller = position % 2 == 0,
                                   .interrupted = position == 1,
                                   .text = cm_str_of(text) };
}

static void write_turns(struct ground *g, const struct live_turn_row turns[], size_t count,
                        bool written[])
{
    struct cm_tx *tx = begun(g);

    committed(g, tx, live_store_turns(tx, g->arena, turns, count, GROUND_TIME, written, &g->err));
}

static void turns_of_several_calls_are_written_at_once(void **state)
{
    struct ground *g = *state;
    struct live_start one = ground_taken(g, 1), other = ground_taken(g, 2);
    const struct live_turn_row turns[] = { a_turn(one.session_id, 0, "Hello."),
                                           a_turn(other.session_id, 0, "Hej."),
                                           a_turn(one.session_id, 1, "Good mor") };
    bool written[3] = { false, false, false };

    write_turns(g, turns, 3, written);
    assert_true(written[0] && written[1] && written[2]);
    ground_expect(g,
                  "SELECT string_agg(concat_ws(' ', position, role, start_ms, end_ms, text,"
                  " interrupted, t.organization_id = c.organization_id), '; ' ORDER BY position)"
                  " FROM live_turn t JOIN call c ON c.id = t.call_id WHERE c.call_sid = $1",
                  one.call_sid, "0 caller 0 900 Hello. f t; 1 agent 1000 1900 Good mor t t");
}

static void turns_again_and_turns_of_what_is_gone_change_nothing(void **state)
{
    struct ground *g = *state;
    struct live_start one = ground_taken(g, 1), gone = ground_taken(g, 2);
    struct live_turn_row turns[] = { a_turn(gone.session_id, 0, "Who hears me?"),
                                     a_turn(one.session_id, 0, "Hello."),
                                     a_turn(cm_uuid_v7(cm_now_us()), 0, "Nobody's."),
                                     a_turn(one.session_id, 1, "Good morning.") };
    bool written[4] = { true, false, true, true };

    write_turns(g, &turns[1], 1, &written[1]);
    ground_ask(g, "DELETE FROM call WHERE call_sid = $1", gone.call_sid);
    turns[1].text = CM_STR("Something else.");
    write_turns(g, turns, 4, written);
    assert_false(written[0] || written[1] || written[2]);
    assert_true(written[3]);
    ground_expect(g,
                  "SELECT string_agg(text, ' ' ORDER BY position) FROM live_turn t"
                  " JOIN call c ON c.id = t.call_id WHERE c.call_sid = $1",
                  one.call_sid, "Hello. Good morning.");
    write_turns(g, turns, 0, written);
}

/* The last words of a call come when the model has already hung up. */
static void a_turn_after_the_end_is_written_too(void **state)
{
    struct ground *g = *state;
    struct live_start start = ground_taken(g, 1);
    struct live_turn_row turn = a_turn(start.session_id, 0, "Bye.");
    bool written = false;

    assert_true(ground_end(g, start.session_id, "hung-up", NULL));
    write_turns(g, &turn, 1, &written);
    assert_true(written);
}

struct writer {
    struct ground *g;
    struct live_turn_row turn;
    bool written;
    cm_rc rc;
    struct cm_err err;
};

static void *write_one(void *at)
{
    struct writer *w = at;
    CM_OWN(cm_arena) arena = cm_arena_new();
    CM_OWN(cm_tx) tx = NULL;

    w->rc = cm_tx_begin(w->g->db, &tx, &w->err);
    if (!w->rc)
        w->rc = live_store_turns(tx, arena, &w->turn, 1, GROUND_TIME, &w->written, &w->err);
    if (!w->rc)
        w->rc = cm_tx_commit(&tx, &w->err);
    return NULL;
}

static void wait_until_somebody_waits(struct ground *g)
{
    int64_t deadline_ms = cm_mono_ms() + 10000;

    while (cm_str_is(ground_ask(g,
                                "SELECT count(*)::text FROM pg_stat_activity"
                                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                                " AND query LIKE '%live_turn%' AND query NOT LIKE '%activity%'",
                                CM_STR("")),
                     "0"))
        if (cm_mono_ms() > deadline_ms)
            fail_msg("no turn waits for the call's deletion");
}

static void a_turn_of_a_call_that_is_being_deleted_waits_and_is_left_out(void **state)
{
    static const struct cm_stmt sql_delete = { "live_test_delete",
                                               "DELETE FROM call WHERE call_sid = $1" };
    struct ground *g = *state;
    struct live_start start = ground_taken(g, 1);
    struct writer writer = { g, a_turn(start.session_id, 0, "Hello."), true, CM_OK, { 0 } };
    struct cm_args *args = cm_args_new(g->arena);
    CM_OWN(cm_rows) rows = NULL;
    struct cm_tx *tx = begun(g);
    pthread_t thread;

    cm_arg_str(args, start.call_sid);
    assert_int_equal(cm_tx_query(tx, &sql_delete, args, &rows, &g->err), CM_OK);
    assert_int_equal(pthread_create(&thread, NULL, write_one, &writer), 0);
    wait_until_somebody_waits(g);
    committed(g, tx, CM_OK);
    pthread_join(thread, NULL);
    assert_string_equal(writer.err.msg, "");
    assert_int_equal(writer.rc, CM_OK);
    assert_false(writer.written);
}

/* ---- the end ---- */

static void a_session_ends_once_and_says_what_it_was(void **state)
{
    struct ground *g = *state;
    struct live_start start = ground_taken(g, 1);
    struct live_turn_row turn = a_turn(start.session_id, 0, "Hello.");
    struct live_ended_row ended;
    bool written;

    write_turns(g, &turn, 1, &written);
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
    struct cm_tx *tx = begun(g);

    committed(g, tx, live_store_holder(tx, g->arena, g->holder, at_us, &g->err));
}

static size_t lost_before(struct ground *g, int64_t before_us, int64_t most,
                          struct live_ended_row **lost)
{
    struct cm_tx *tx = begun(g);
    size_t count = 0;

    committed(g, tx,
              live_store_lost(tx, g->arena, before_us, GROUND_TIME + 100 * SECOND, most, lost,
                              &count, &g->err));
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
            if (live_store_start(begun(g), g->arena, &start, GROUND_TIME, &answer, &taken, &g->err))
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
    struct cm_tx *tx = begun(g);
    struct live_over *over = NULL;

    committed(g, tx, live_store_over(tx, g->arena, sessions, n, &over, count, &g->err));
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

static void what_was_said_goes_with_its_call_published_or_not(void **state)
{
    struct ground *g = *state;
    struct live_start start = ground_taken(g, 1);
    struct live_turn_row turn = a_turn(start.session_id, 0, "Hello.");
    struct cm_str call_id =
        ground_ask(g, "SELECT id::text FROM call WHERE call_sid = $1", start.call_sid);
    bool written;

    write_turns(g, &turn, 1, &written);
    ground_ask(g,
               "INSERT INTO outbox (id, producer, aggregatetype, aggregateid, type, payload)"
               " VALUES (gen_random_uuid(), 'store_hold_test', 'live.turn', $1, 'LiveTurn', '')",
               call_id);
    ground_ask(g, "DELETE FROM call WHERE call_sid = $1", start.call_sid);
    ground_expect(
        g,
        "SELECT concat_ws(' ', (SELECT count(*) FROM live_session WHERE call_id = $1::text"
        "::uuid), (SELECT count(*) FROM live_turn WHERE call_id = $1::text::uuid),"
        " (SELECT count(*) FROM stream_token WHERE call_id = $1::text::uuid),"
        " (SELECT count(*) FROM outbox WHERE aggregateid = $1))",
        call_id, "0 0 0 0");
}

/* ---- notes ---- */

static void note(struct ground *g, const struct live_note *note)
{
    struct cm_tx *tx = begun(g);

    committed(g, tx, live_store_note(tx, g->arena, note, GROUND_TIME, &g->err));
}

static void a_note_becomes_a_to_do_of_ours_once(void **state)
{
    struct ground *g = *state;
    struct live_start start = ground_taken(g, 1);
    struct live_note dated = { .id = cm_uuid_v7(cm_now_us()),
                               .session_id = start.session_id,
                               .title = CM_STR("Send the quote"),
                               .due = CM_STR("2026-11-27"),
                               .said = CM_STR("Could I have a quote?") };
    struct live_note silent = { .id = cm_uuid_v7(cm_now_us()),
                                .session_id = start.session_id,
                                .title = CM_STR("Call back") };
    struct live_note nobodys = { .id = cm_uuid_v7(cm_now_us()),
                                 .session_id = cm_uuid_v7(cm_now_us()),
                                 .title = CM_STR("Nothing") };

    note(g, &dated);
    note(g, &dated);
    note(g, &silent);
    note(g, &nobodys);
    ground_expect(g,
                  "SELECT string_agg(concat_ws(' | ', title, owner, due_date, evidence,"
                  " fingerprint = 'live:' || t.id), '; ' ORDER BY position, t.id)"
                  " FROM todo t JOIN call c ON c.id = t.call_id WHERE c.call_sid = $1",
                  start.call_sid,
                  "Send the quote | agent | 2026-11-27 | Could I have a quote? | t; "
                  "Call back | agent | Call back | t");
}

/* ---- who sees it ---- */

static struct cm_str seen_by(struct ground *g, struct cm_db *api, struct cm_uuid organization)
{
    static const struct cm_stmt sql_be = {
        "live_test_be", "SELECT set_config('callmill.organization', $1::uuid::text, true)"
    };
    static const struct cm_stmt sql_see = {
        "live_test_see", "SELECT concat_ws(' ', (SELECT count(*) FROM live_session),"
                         " (SELECT string_agg(text, ' ') FROM live_turn))"
    };
    struct cm_args *args = cm_args_new(g->arena);
    CM_OWN(cm_rows) rows = NULL;
    CM_OWN(cm_tx) tx = NULL;

    cm_arg_uuid(args, organization);
    if (cm_tx_begin(api, &tx, &g->err) || cm_tx_send(tx, &sql_be, args, &g->err) ||
        cm_tx_query(tx, &sql_see, NULL, &rows, &g->err))
        fail_msg("%s", g->err.msg);
    return cm_arena_str(g->arena, cm_row_str(rows, 0, 0));
}

static void an_organization_sees_its_own_turns_only(void **state)
{
    struct ground *g = *state;
    CM_OWN(cm_db) api = ground_database(g, "API_DATABASE_URL");
    struct live_start start = ground_taken(g, 1);
    struct live_turn_row turn = a_turn(start.session_id, 0, "Hello.");
    CM_OWN(cm_rows) rows = NULL;
    static const struct cm_stmt sql_token = { "live_test_token", "SELECT 1 FROM stream_token" };
    bool written;

    write_turns(g, &turn, 1, &written);
    assert_true(cm_str_is(seen_by(g, api, g->organization), "1 Hello."));
    assert_true(cm_str_is(seen_by(g, api, cm_uuid_v7(cm_now_us())), "0"));
    assert_int_equal(cm_db_query(api, &sql_token, NULL, &rows, &g->err), CM_FATAL); /* none of it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUND_TEST(turns_of_several_calls_are_written_at_once),
        GROUND_TEST(turns_again_and_turns_of_what_is_gone_change_nothing),
        GROUND_TEST(a_turn_after_the_end_is_written_too),
        GROUND_TEST(a_turn_of_a_call_that_is_being_deleted_waits_and_is_left_out),
        GROUND_TEST(a_session_ends_once_and_says_what_it_was),
        GROUND_TEST(what_a_killed_process_held_is_found_lost),
        GROUND_TEST(a_start_that_was_killed_half_way_leaves_nothing),
        GROUND_TEST(who_says_that_it_lives_keeps_what_it_holds),
        GROUND_TEST(a_holder_that_was_forgotten_may_hold_again),
        GROUND_TEST(tokens_that_expired_are_forgotten),
        GROUND_TEST(an_end_by_another_way_is_told_and_how),
        GROUND_TEST(holders_are_woken_by_the_end_of_a_call_of_a_stream_and_by_its_deletion),
        GROUND_TEST(what_was_said_goes_with_its_call_published_or_not),
        GROUND_TEST(a_note_becomes_a_to_do_of_ours_once),
        GROUND_TEST(an_organization_sees_its_own_turns_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
