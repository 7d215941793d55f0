/* The todo-extractor's route on a real PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ground.h"
#include "handler.h"

struct fixture {
    struct ground ground;
    struct extractor app;
};

static int setup(void **state)
{
    static struct fixture fx;

    fx.app.text = cm_text_rules_new();
    ground_open(&fx.ground, &fx.app);
    *state = &fx;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    ground_close(&fx->ground);
    cm_text_free(fx->app.text);
    return 0;
}

static cm_rc handle(struct fixture *fx, const struct cm_event *event)
{
    return cm_bench_handle(fx->ground.bench, todo_extractor.name, todo_extractor.routes, event,
                           &fx->ground.err);
}

static const struct cm_call_todos_extracted *emitted(struct fixture *fx, size_t n)
{
    return &cm_bench_event(fx->ground.bench, EVENT_CALL_TODOS_EXTRACTED, n)->call_todos_extracted;
}

/* Every to-do of the call as "owner: title [day] done", in order, joined by "; ". */
static const char *todos(struct fixture *fx)
{
    return ground_ask(
        &fx->ground,
        "SELECT string_agg(owner || ': ' || title || coalesce(' [' || due_date || ']', '') ||"
        " CASE WHEN done THEN ' done' ELSE '' END, '; ' ORDER BY position)"
        " FROM todo WHERE call_id = $1::text::uuid");
}

static void given_a_call_with_two_promises(struct fixture *fx)
{
    ground_say(&fx->ground, "agent", "I will send you the quote by Friday.");
    ground_say(&fx->ground, "caller", "I will call you back tomorrow.");
    ground_transcribe(&fx->ground);
}

static void promises_become_to_dos_with_their_day_owner_and_evidence(void **state)
{
    struct fixture *fx = *state;
    struct ground *g = &fx->ground;

    given_a_call_with_two_promises(fx);
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);

    /* In Stockholm the call was on Tuesday already, so tomorrow is Wednesday. */
    assert_string_equal(
        todos(fx), "agent: Send the quote [2026-11-27]; caller: Call the agent back [2026-11-25]");
    assert_string_equal(ground_ask(g,
                                   "SELECT s.text FROM todo t JOIN segment s ON s.id = t.segment_id"
                                   " WHERE t.call_id = $1::text::uuid ORDER BY t.position"),
                        "I will send you the quote by Friday.");
    assert_int_equal(emitted(fx, 0)->todo_count, 2);
    assert_true(cm_str_is(emitted(fx, 0)->todos[1].title, "Call the agent back"));
    assert_true(cm_str_is(emitted(fx, 0)->todos[1].due_date, "2026-11-25"));
    assert_true(cm_uuid_eq(emitted(fx, 0)->todos[1].segment_id, g->segments[1].id));
}

static void the_same_event_again_says_nothing(void **state)
{
    struct fixture *fx = *state;
    const struct cm_event *event;

    given_a_call_with_two_promises(fx);
    event = ground_transcribed(&fx->ground);
    assert_int_equal(handle(fx, event), CM_OK);
    assert_int_equal(handle(fx, event), CM_OK);
    assert_int_equal(cm_bench_emitted(fx->ground.bench, EVENT_CALL_TODOS_EXTRACTED), 1);
}

static void extraction_again_doubles_nothing(void **state)
{
    struct fixture *fx = *state;

    given_a_call_with_two_promises(fx);
    assert_int_equal(handle(fx, ground_transcribed(&fx->ground)), CM_OK);
    assert_int_equal(handle(fx, ground_transcribed(&fx->ground)), CM_OK);

    assert_string_equal(
        todos(fx), "agent: Send the quote [2026-11-27]; caller: Call the agent back [2026-11-25]");
    assert_int_equal(cm_bench_emitted(fx->ground.bench, EVENT_CALL_TODOS_EXTRACTED), 2);
    assert_true(cm_uuid_eq(emitted(fx, 0)->todos[0].id, emitted(fx, 1)->todos[0].id));
}

static void what_a_person_ticked_or_edited_stays(void **state)
{
    struct fixture *fx = *state;
    struct ground *g = &fx->ground;

    given_a_call_with_two_promises(fx);
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);
    ground_execute(
        g, "UPDATE todo SET done = true WHERE call_id = $1::text::uuid AND owner = 'agent'");
    ground_execute(g,
                   "UPDATE todo SET title = 'Ring Ada', due_date = '2026-12-24', edited_at = now()"
                   " WHERE call_id = $1::text::uuid AND owner = 'caller'");
    g->said = 0;
    ground_say(g, "agent", "I will send you the quote by Thursday.");
    ground_transcribe(g);
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);

    assert_string_equal(todos(fx),
                        "agent: Send the quote [2026-11-27] done; caller: Ring Ada [2026-12-24]");
    assert_int_equal(emitted(fx, 1)->todo_count, 2);
}

static void what_a_person_put_away_stays_away(void **state)
{
    struct fixture *fx = *state;
    struct ground *g = &fx->ground;

    given_a_call_with_two_promises(fx);
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);
    ground_execute(g, "UPDATE todo SET deleted_at = now() WHERE call_id = $1::text::uuid");
    g->said = 0;
    ground_say(g, "agent", "I will send you the quote by Friday.");
    ground_transcribe(g);
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);

    assert_int_equal(emitted(fx, 1)->todo_count, 0);
    assert_string_equal(ground_ask(g,
                                   "SELECT count(deleted_at)::text || ' of ' || count(*) FROM todo"
                                   " WHERE call_id = $1::text::uuid"),
                        "2 of 2");
}

static void what_a_person_added_stays_and_is_no_news_of_the_call(void **state)
{
    struct fixture *fx = *state;
    struct ground *g = &fx->ground;

    given_a_call_with_two_promises(fx);
    ground_execute(g, "INSERT INTO todo (id, call_id, organization_id, title, owner, evidence,"
                      " fingerprint, position, edited_at)"
                      " SELECT gen_random_uuid(), id, organization_id, 'Thank Ada', 'agent', '',"
                      " 'person:1', 1000, now() FROM call WHERE id = $1::text::uuid");
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);

    assert_string_equal(todos(fx), "agent: Send the quote [2026-11-27]; caller: Call the agent back"
                                   " [2026-11-25]; agent: Thank Ada");
    assert_int_equal(emitted(fx, 0)->todo_count, 2);
}

static void given_a_live_note(struct fixture *fx, const char *title)
{
    char sql[600];

    snprintf(sql, sizeof sql,
             "INSERT INTO todo (id, call_id, organization_id, title, owner, evidence, fingerprint,"
             " position) SELECT gen_random_uuid(), id, organization_id, '%s', 'agent',"
             " 'Could I have a quote?', 'live:' || gen_random_uuid(), -1 FROM call"
             " WHERE id = $1::text::uuid",
             title);
    ground_execute(&fx->ground, sql);
}

static void what_was_noted_in_the_call_stays(void **state)
{
    struct fixture *fx = *state;

    given_a_call_with_two_promises(fx);
    given_a_live_note(fx, "Order the parts");
    assert_int_equal(handle(fx, ground_transcribed(&fx->ground)), CM_OK);
    assert_int_equal(handle(fx, ground_transcribed(&fx->ground)), CM_OK);

    assert_string_equal(todos(fx), "agent: Order the parts; agent: Send the quote [2026-11-27]; "
                                   "caller: Call the agent back [2026-11-25]");
    assert_int_equal(emitted(fx, 1)->todo_count, 2); /* no segment proves it */
}

static void what_was_noted_and_is_found_again_is_one_with_its_proof(void **state)
{
    struct fixture *fx = *state;
    struct ground *g = &fx->ground;

    given_a_call_with_two_promises(fx);
    given_a_live_note(fx, "Send the QUOTE!");
    for (size_t n = 0; n < 2; n++) {
        assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);
        assert_string_equal(
            todos(fx),
            "agent: Send the QUOTE! [2026-11-27]; caller: Call the agent back [2026-11-25]");
        assert_int_equal(emitted(fx, n)->todo_count, 2);
        assert_true(cm_str_is(emitted(fx, n)->todos[0].title, "Send the QUOTE!"));
        assert_true(
            cm_str_is(emitted(fx, n)->todos[0].evidence, "I will send you the quote by Friday."));
        assert_true(cm_uuid_eq(emitted(fx, n)->todos[0].segment_id, g->segments[0].id));
    }
}

static void a_note_that_a_person_put_away_is_not_found_again(void **state)
{
    struct fixture *fx = *state;

    given_a_call_with_two_promises(fx);
    given_a_live_note(fx, "Send the quote");
    ground_execute(&fx->ground,
                   "UPDATE todo SET deleted_at = now() WHERE call_id = $1::text::uuid");
    assert_int_equal(handle(fx, ground_transcribed(&fx->ground)), CM_OK);

    assert_int_equal(emitted(fx, 0)->todo_count, 1);
    assert_string_equal(ground_ask(&fx->ground, "SELECT evidence FROM todo WHERE deleted_at IS NOT "
                                                "NULL AND call_id = $1::text::uuid"),
                        "Could I have a quote?");
}

static void a_new_transcription_takes_the_place_of_the_old_to_dos(void **state)
{
    struct fixture *fx = *state;
    struct ground *g = &fx->ground;

    given_a_call_with_two_promises(fx);
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);
    g->said = 0;
    ground_say(g, "agent", "I will send you the quote by Thursday.");
    ground_say(g, "agent", "I will order the parts.");
    ground_transcribe(g);
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);

    assert_string_equal(todos(fx), "agent: Send the quote [2026-11-26]; agent: Order the parts");
    assert_string_equal(
        ground_ask(g, "SELECT count(segment_id)::text FROM todo WHERE call_id = $1::text::uuid"),
        "2");
}

/* Driven again out of the dead letters, for one. The step's state is that of the newer event. */
static void a_transcription_that_was_replaced_promises_nothing(void **state)
{
    struct fixture *fx = *state;
    struct ground *g = &fx->ground;
    const struct cm_event *older;

    given_a_call_with_two_promises(fx);
    older = ground_transcribed(g);
    g->said = 0;
    ground_say(g, "agent", "I will order the parts.");
    ground_transcribe(g);
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);
    ground_execute(g, "UPDATE call_step SET state = 'failed' WHERE call_id = $1::text::uuid");
    assert_int_equal(handle(fx, older), CM_OK);

    assert_string_equal(todos(fx), "agent: Order the parts");
    assert_int_equal(cm_bench_emitted(g->bench, EVENT_CALL_TODOS_EXTRACTED), 1);
    assert_string_equal(ground_ask(g, "SELECT state FROM call_step WHERE call_id = $1::text::uuid"),
                        "failed");
}

static void a_call_without_promises_says_so(void **state)
{
    struct fixture *fx = *state;

    ground_say(&fx->ground, "agent", "Goodbye.");
    assert_int_equal(handle(fx, ground_transcribed(&fx->ground)), CM_OK);
    assert_int_equal(cm_bench_emitted(fx->ground.bench, EVENT_CALL_TODOS_EXTRACTED), 1);
    assert_int_equal(emitted(fx, 0)->todo_count, 0);
}

static void a_segment_that_is_gone_leaves_the_to_do_its_words(void **state)
{
    struct fixture *fx = *state;

    ground_say(&fx->ground, "agent", "I will send you the quote."); /* never stored */
    assert_int_equal(handle(fx, ground_transcribed(&fx->ground)), CM_OK);
    assert_string_equal(todos(fx), "agent: Send the quote");
    assert_true(cm_str_is(emitted(fx, 0)->todos[0].evidence, "I will send you the quote."));
}

static void a_call_that_is_gone_leaves_nothing(void **state)
{
    struct fixture *fx = *state;
    const struct cm_event *event;

    given_a_call_with_two_promises(fx);
    event = ground_transcribed(&fx->ground);
    ground_execute(&fx->ground, "DELETE FROM call WHERE id = $1::text::uuid");
    assert_int_equal(handle(fx, event), CM_OK);
    assert_string_equal(todos(fx), "");
}

static void words_that_are_no_text_are_rejected(void **state)
{
    struct fixture *fx = *state;

    ground_say(&fx->ground, "agent", "I will send you the quote, \xFF\xFE.");
    assert_int_equal(handle(fx, ground_transcribed(&fx->ground)), CM_REJECT);
}

static void a_database_that_is_away_is_waited_for(void **state)
{
    struct fixture *fx = *state;
    struct cm_db *away = NULL;
    struct cm_bench *bench;

    ground_say(&fx->ground, "agent", "I will send you the quote.");
    assert_int_equal(cm_db_new("postgresql://callmill_worker@127.0.0.1:1/callmill", 1, 2000, "test",
                               NULL, &away, &fx->ground.err),
                     CM_OK);
    bench = cm_bench_new(away, &fx->app, 1);
    assert_int_equal(cm_bench_handle(bench, todo_extractor.name, todo_extractor.routes,
                                     ground_transcribed(&fx->ground), &fx->ground.err),
                     CM_RETRY);
    cm_bench_free(bench);
    cm_db_free(away);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(promises_become_to_dos_with_their_day_owner_and_evidence),
        TEST(the_same_event_again_says_nothing),
        TEST(extraction_again_doubles_nothing),
        TEST(what_a_person_ticked_or_edited_stays),
        TEST(what_a_person_put_away_stays_away),
        TEST(what_a_person_added_stays_and_is_no_news_of_the_call),
        TEST(what_was_noted_in_the_call_stays),
        TEST(what_was_noted_and_is_found_again_is_one_with_its_proof),
        TEST(a_note_that_a_person_put_away_is_not_found_again),
        TEST(a_new_transcription_takes_the_place_of_the_old_to_dos),
        TEST(a_transcription_that_was_replaced_promises_nothing),
        TEST(a_call_without_promises_says_so),
        TEST(a_segment_that_is_gone_leaves_the_to_do_its_words),
        TEST(a_call_that_is_gone_leaves_nothing),
        TEST(words_that_are_no_text_are_rejected),
        TEST(a_database_that_is_away_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
