/* The contract of transcriber's route. */
#include "ground.h"

#include "base/clock.h"
#include "base/log.h"

/* ---- the four of every handler ---- */

static void a_recorded_call_is_transcribed(void **state)
{
    static const struct cm_stmt segments = {
        "test_segments", "SELECT position, channel, role, start_ms, end_ms, text FROM segment"
                         " WHERE call_id = $1 ORDER BY position"
    };
    struct fixture *fx = *state;
    struct cm_event event = recorded(fx, first_sid, given_recording(fx));
    const struct cm_call_transcribed *told;
    CM_OWN(cm_rows) row = NULL;
    CM_OWN(cm_rows) lines = NULL;

    assert_handled(fx, &event);

    row = transcription(fx);
    assert_int_equal(cm_rows_count(row), 1);
    assert_true(cm_str_is(cm_row_str(row, 0, 0), "Caller: Hello, this is Peter.\n"
                                                 "Agent: What happened?\n"
                                                 "Caller: Two windows were broken."));
    assert_true(cm_str_is(cm_row_str(row, 0, 1), "en"));
    assert_true(cm_str_is(cm_row_str(row, 0, 2), "canned"));
    assert_true(cm_str_is(cm_row_str(row, 0, 3), "two people"));
    assert_int_equal(cm_row_i64(row, 0, 4), 2000);

    lines = query(fx, &segments, ids(fx, 1, &fx->call_id));
    assert_int_equal(cm_rows_count(lines), 3);
    assert_int_equal(cm_row_i64(lines, 1, 0), 1);
    assert_int_equal(cm_row_i64(lines, 1, 1), 1);
    assert_true(cm_str_is(cm_row_str(lines, 1, 2), "agent"));
    assert_int_equal(cm_row_i64(lines, 1, 3), 1000);
    assert_int_equal(cm_row_i64(lines, 1, 4), 1400);
    assert_true(cm_str_is(cm_row_str(lines, 1, 5), "What happened?"));

    assert_int_equal(transcribed(fx), 1);
    told = &cm_bench_event(fx->bench, EVENT_CALL_TRANSCRIBED, 0)->call_transcribed;
    assert_true(cm_uuid_eq(told->transcription_id, cm_row_uuid(row, 0, 6)));
    assert_true(cm_str_eq(told->text, cm_row_str(row, 0, 0)));
    assert_int_equal(told->segment_count, 3);
    assert_true(told->contact_id.set && cm_uuid_eq(told->contact_id.value, fx->contact_id));
    assert_true(cm_str_is(told->from_number, "+15551234567"));
}

static void the_same_event_again_changes_nothing(void **state)
{
    struct fixture *fx = *state;
    struct cm_event event = recorded(fx, first_sid, given_recording(fx));
    CM_OWN(cm_rows) before = NULL;
    CM_OWN(cm_rows) after = NULL;

    assert_handled(fx, &event);
    before = transcription(fx);
    assert_handled(fx, &event);
    after = transcription(fx);

    assert_int_equal(cm_rows_count(after), 1);
    assert_true(cm_uuid_eq(cm_row_uuid(before, 0, 6), cm_row_uuid(after, 0, 6)));
    assert_int_equal(transcribed(fx), 1);
}

static void what_cannot_be_heard_is_rejected(void **state)
{
    struct fixture *fx = *state;
    struct cm_event named = recorded(fx, first_sid, given_recording(fx)), page;
    CM_OWN(cm_rows) row = NULL;

    named.call_recorded.file = CM_STR("../../etc/passwd");
    assert_int_equal(handle(fx, &named), CM_REJECT);

    page = recorded(fx, first_sid, given_file(fx, CM_STR("<html>404 not found</html>")));
    assert_int_equal(handle(fx, &page), CM_REJECT);
    assert_non_null(strstr(fx->err.msg, "not an MP3"));

    row = transcription(fx);
    assert_int_equal(cm_rows_count(row), 0);
    assert_int_equal(transcribed(fx), 0);
}

static void without_the_database_it_is_tried_again(void **state)
{
    struct fixture *fx = *state;
    struct cm_event event = recorded(fx, first_sid, given_recording(fx));
    CM_OWN(cm_db) nowhere = NULL;
    CM_OWN(cm_bench) bench = NULL;

    assert_int_equal(cm_db_new("postgresql://nobody@127.0.0.1:1/none", 1, 1000, "test", NULL,
                               &nowhere, &fx->err),
                     CM_OK);
    bench = cm_bench_new(nowhere, &fx->app, now_us);

    assert_int_equal(cm_bench_handle(bench, "transcriber", transcriber.routes, &event, &fx->err),
                     CM_RETRY);
    assert_true(fx->err.away);
    assert_int_equal(cm_bench_emitted(bench, EVENT_CALL_TRANSCRIBED), 0);
}

/* ---- and what else it promises ---- */

static void silence_is_a_transcription_without_words(void **state)
{
    struct fixture *fx = *state;
    struct cm_event event = recorded(fx, first_sid, given_recording(fx));
    CM_OWN(cm_rows) row = NULL;

    fx->engine.channels[0].count = fx->engine.channels[1].count = 0;
    assert_handled(fx, &event);

    row = transcription(fx);
    assert_int_equal(cm_rows_count(row), 1);
    assert_int_equal(cm_row_str(row, 0, 0).len, 0);
    assert_int_equal(transcribed(fx), 1);
    assert_int_equal(
        cm_bench_event(fx->bench, EVENT_CALL_TRANSCRIBED, 0)->call_transcribed.segment_count, 0);
}

static void the_recording_can_be_drawn(void **state)
{
    struct fixture *fx = *state;
    int64_t size_bytes = given_recording(fx);
    struct cm_event dual_channel = recorded(fx, first_sid, size_bytes);
    struct cm_event swapped = recorded(fx, second_sid, size_bytes), single;

    assert_handled(fx, &dual_channel);
    assert_string_equal(waveform(fx, first_sid), "2000 {caller,agent} 2000 loud");

    swapped.call_recorded.caller_channel = 1;
    assert_handled(fx, &swapped);
    assert_string_equal(waveform(fx, second_sid), "2000 {agent,caller} 2000 loud");
    assert_string_equal(waveform(fx, first_sid), ""); /* it was replaced */

    single = recorded(fx, first_sid, given_copy(fx, mono));
    assert_handled(fx, &single);
    assert_string_equal(waveform(fx, first_sid), "1000 {NULL} 1000");
}

static void a_better_recording_replaces_the_transcription(void **state)
{
    static const struct cm_stmt segments = { "test_segment_count",
                                             "SELECT count(*) FROM segment WHERE call_id = $1" };
    struct fixture *fx = *state;
    int64_t size_bytes = given_recording(fx);
    struct cm_event first = recorded(fx, first_sid, size_bytes);
    struct cm_event second = recorded(fx, second_sid, size_bytes);
    CM_OWN(cm_rows) row = NULL;
    CM_OWN(cm_rows) count = NULL;

    given_call_file(fx, fx->call_id, first_sid);
    assert_handled(fx, &first);
    given_call_file(fx, fx->call_id, second_sid);
    fx->engine.channels[1].count = 0;
    assert_handled(fx, &second);

    row = transcription(fx);
    assert_int_equal(cm_rows_count(row), 1);
    assert_true(cm_str_eq(cm_row_str(row, 0, 5), second.call_recorded.recording_sid));
    count = query(fx, &segments, ids(fx, 1, &fx->call_id));
    assert_int_equal(cm_row_i64(count, 0, 0), 2);
    assert_int_equal(transcribed(fx), 2);
}

static void a_recording_that_is_no_longer_the_calls_file_changes_nothing(void **state)
{
    struct fixture *fx = *state;
    int64_t size_bytes = given_recording(fx);
    struct cm_event same_size = recorded(fx, first_sid, size_bytes);
    struct cm_event other_size = recorded(fx, first_sid, size_bytes + 1);
    CM_OWN(cm_rows) row = NULL;

    given_call_file(fx, fx->call_id, second_sid);
    assert_handled(fx, &same_size);
    assert_handled(fx, &other_size);

    row = transcription(fx);
    assert_int_equal(cm_rows_count(row), 0);
    assert_int_equal(transcribed(fx), 0);
}

static void a_file_of_another_size_is_being_replaced_so_it_is_tried_again(void **state)
{
    struct fixture *fx = *state;
    struct cm_event event = recorded(fx, first_sid, given_recording(fx) + 1);

    given_call_file(fx, fx->call_id, first_sid);

    assert_int_equal(handle(fx, &event), CM_RETRY);
    assert_false(fx->err.away);
}

static void a_call_that_was_deleted_meanwhile_stays_deleted(void **state)
{
    static const struct cm_stmt gone = { "test_gone", "DELETE FROM call WHERE id = $1" };
    struct fixture *fx = *state;
    struct cm_event event = recorded(fx, first_sid, given_recording(fx));
    CM_OWN(cm_rows) row = NULL;

    execute(fx, &gone, ids(fx, 1, &fx->call_id));
    assert_handled(fx, &event);

    row = transcription(fx);
    assert_int_equal(cm_rows_count(row), 0);
    assert_int_equal(transcribed(fx), 0);
}

static void an_event_does_not_reach_another_organization(void **state)
{
    static const struct cm_stmt owner = {
        "test_owner", "SELECT organization_id FROM transcription WHERE call_id = $1"
    };
    struct fixture *fx = *state;
    struct cm_event event = recorded(fx, first_sid, given_recording(fx));
    CM_OWN(cm_rows) row = NULL;

    event.head.organization_id = cm_uuid_v7(now_us);
    assert_handled(fx, &event);

    row = query(fx, &owner, ids(fx, 1, &fx->call_id));
    assert_true(cm_uuid_eq(cm_row_uuid(row, 0, 0), fx->organization_id));
    assert_true(
        cm_uuid_eq(cm_bench_event(fx->bench, EVENT_CALL_TRANSCRIBED, 0)->head.organization_id,
                   fx->organization_id));
}

static bool yes(void *ctx)
{
    (void)ctx;
    return true;
}

static void it_gives_up_when_the_service_stops(void **state)
{
    struct fixture *fx = *state;
    struct cm_event event = recorded(fx, first_sid, given_recording(fx));

    cm_bench_context(fx->bench)->stopping = yes;
    assert_int_equal(handle(fx, &event), CM_RETRY);
    assert_int_equal(transcribed(fx), 0);
}

enum { CALLS = 50 };

static void many_calls_are_stored_in_one_transaction(void **state)
{
    static const struct cm_stmt count = {
        "test_count", "SELECT count(DISTINCT t.call_id), count(*) FROM transcription t"
                      " JOIN segment s ON s.transcription_id = t.id WHERE t.organization_id = $1"
    };
    struct fixture *fx = *state;
    struct cm_event events[CALLS];
    struct cm_item items[CALLS], *pointers[CALLS];
    struct cm_context *cx = cm_bench_context(fx->bench);
    int64_t size_bytes = given_recording(fx);
    CM_OWN(cm_tx) tx = NULL;
    CM_OWN(cm_rows) rows = NULL;

    for (int i = 0; i < CALLS; i++) {
        events[i] = recorded(fx, first_sid, size_bytes);
        items[i] = (struct cm_item){ .event = &events[i], .arena = fx->arena, .attempt = 1 };
        pointers[i] = &items[i];
        assert_int_equal(transcribe_recording(cx, &items[i], &fx->err), CM_OK);
        events[i].head.call_id = a_call(fx); /* another call; the same words */
    }
    given_call_file(fx, events[7].head.call_id,
                    second_sid); /* one of them has a better recording */
    assert_int_equal(cm_tx_begin(fx->db, &tx, &fx->err), CM_OK);
    assert_int_equal(store_transcripts(cx, tx, pointers, CALLS, &fx->err), CM_OK);
    if (cm_tx_commit(&tx, &fx->err))
        fail_msg("%s", fx->err.msg);

    rows = query(fx, &count, ids(fx, 1, &fx->organization_id));
    assert_int_equal(cm_row_i64(rows, 0, 0), CALLS - 1);
    assert_int_equal(cm_row_i64(rows, 0, 1), 3 * (CALLS - 1));
}

int main(void)
{
#define story(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        story(a_recorded_call_is_transcribed),
        story(the_same_event_again_changes_nothing),
        story(what_cannot_be_heard_is_rejected),
        story(without_the_database_it_is_tried_again),
        story(silence_is_a_transcription_without_words),
        story(the_recording_can_be_drawn),
        story(a_better_recording_replaces_the_transcription),
        story(a_recording_that_is_no_longer_the_calls_file_changes_nothing),
        story(a_file_of_another_size_is_being_replaced_so_it_is_tried_again),
        story(a_call_that_was_deleted_meanwhile_stays_deleted),
        story(an_event_does_not_reach_another_organization),
        story(it_gives_up_when_the_service_stops),
        story(many_calls_are_stored_in_one_transaction),
    };

    cm_log_setup("handler_test", CM_LOG_WARN, CM_LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
