/* store_turns_test.c - what is said on a stream that is held. */
#include "ground.h"

#include <pthread.h>

#include "base/clock.h"

/* ---- turns ---- */

static void turns_of_several_calls_are_written_at_once(void **state)
{
    struct ground *g = *state;
    struct live_start one = ground_taken(g, 1), other = ground_taken(g, 2);
    const struct live_turn_row turns[] = { ground_turn(one.session_id, 0, "Hello."),
                                           ground_turn(other.session_id, 0, "Hej."),
                                           ground_turn(one.session_id, 1, "Good mor") };
    bool written[3] = { false, false, false };

    ground_write_turns(g, turns, 3, written);
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
    struct live_turn_row turns[] = { ground_turn(gone.session_id, 0, "Who hears me?"),
                                     ground_turn(one.session_id, 0, "Hello."),
                                     ground_turn(cm_uuid_v7(cm_now_us()), 0, "Nobody's."),
                                     ground_turn(one.session_id, 1, "Good morning.") };
    bool written[4] = { true, false, true, true };

    ground_write_turns(g, &turns[1], 1, &written[1]);
    ground_ask(g, "DELETE FROM call WHERE call_sid = $1", gone.call_sid);
    turns[1].text = CM_STR("Something else.");
    ground_write_turns(g, turns, 4, written);
    assert_false(written[0] || written[1] || written[2]);
    assert_true(written[3]);
    ground_expect(g,
                  "SELECT string_agg(text, ' ' ORDER BY position) FROM live_turn t"
                  " JOIN call c ON c.id = t.call_id WHERE c.call_sid = $1",
                  one.call_sid, "Hello. Good morning.");
    ground_write_turns(g, turns, 0, written);
}

/* The last words of a call come when the model has already hung up. */
static void a_turn_after_the_end_is_written_too(void **state)
{
    struct ground *g = *state;
    struct live_start start = ground_taken(g, 1);
    struct live_turn_row turn = ground_turn(start.session_id, 0, "Bye.");
    bool written = false;

    assert_true(ground_end(g, start.session_id, "hung-up", NULL));
    ground_write_turns(g, &turn, 1, &written);
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
    int64_t deadline_ms = cm_mono_ms() + 30000;

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
    struct writer writer = { g, ground_turn(start.session_id, 0, "Hello."), true, CM_OK, { 0 } };
    struct cm_args *args = cm_args_new(g->arena);
    CM_OWN(cm_rows) rows = NULL;
    struct cm_tx *tx = ground_begun(g);
    pthread_t thread;

    cm_arg_str(args, start.call_sid);
    assert_int_equal(cm_tx_query(tx, &sql_delete, args, &rows, &g->err), CM_OK);
    assert_int_equal(pthread_create(&thread, NULL, write_one, &writer), 0);
    wait_until_somebody_waits(g);
    ground_committed(g, tx, CM_OK);
    pthread_join(thread, NULL);
    assert_string_equal(writer.err.msg, "");
    assert_int_equal(writer.rc, CM_OK);
    assert_false(writer.written);
}

static void what_was_said_goes_with_its_call_published_or_not(void **state)
{
    struct ground *g = *state;
    struct live_start start = ground_taken(g, 1);
    struct live_turn_row turn = ground_turn(start.session_id, 0, "Hello.");
    struct cm_str call_id =
        ground_ask(g, "SELECT id::text FROM call WHERE call_sid = $1", start.call_sid);
    bool written;

    ground_write_turns(g, &turn, 1, &written);
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
    struct cm_tx *tx = ground_begun(g);

    ground_committed(g, tx, live_store_note(tx, g->arena, note, GROUND_TIME, &g->err));
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
    struct live_turn_row turn = ground_turn(start.session_id, 0, "Hello.");
    CM_OWN(cm_rows) rows = NULL;
    static const struct cm_stmt sql_token = { "live_test_token", "SELECT 1 FROM stream_token" };
    bool written;

    ground_write_turns(g, &turn, 1, &written);
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
        GROUND_TEST(what_was_said_goes_with_its_call_published_or_not),
        GROUND_TEST(a_note_becomes_a_to_do_of_ours_once),
        GROUND_TEST(an_organization_sees_its_own_turns_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
